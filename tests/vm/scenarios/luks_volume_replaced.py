"""While the device is off its volume is made anew under the same UUID, sealed to the same TPM and around the same key.

Everything opens and is where it was; who made it may have kept a key slot's secret, or the volume's key."""
import luks


def run(machine, expect):
    luks.needs_watcher(machine)
    luks.start_with_another(machine, expect, keep_key=True)
    replaced = expect.event("luks.volume.replaced", "var", within=luks.TOLD_WITHIN * 4)
    expect.equal(replaced["violation"]["severity"], "critical", "severity")
    details = replaced["violation"]["details"]
    expect.equal(details["uuid"], details["accepted_uuid"], "the UUID")
    expect.journal("luks.volume.replaced", "var")
    expect.status("violated")
