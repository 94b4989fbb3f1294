"""While the device is off /var is made anew from nothing, and with it goes all that integrityd had accepted.

The device comes up like one that leaves the factory; but the TPM holds the accepted baseline's digest."""
import device
import luks
import tpm

SEAL = "luks in the TPM"


def run(machine, expect):
    tpm.needs_watcher(machine)
    machine.run("integrityctl tpm provision")
    tpm.look(machine)
    machine.run("integrityctl baseline accept luks --yes")
    luks.start_with_another(machine, expect, keep_key=False)
    told = expect.held("self.baseline.tampered", SEAL, within=luks.TOLD_WITHIN * 4)
    expect.equal(told["severity"], "critical", "severity")
    [watcher] = [each for each in device.watchers(machine) if each["name"] == "luks"]
    expect.equal(watcher["state"], "blind", "the watcher of a volume that nobody accepted")
    expect.status("violated")
    # Only on purpose: accepted by a person, and brought into the TPM.
    machine.run("integrityctl baseline accept luks --yes")
    tpm.look(machine)
    expect.event("self.baseline.tampered", SEAL, type="returned", within=luks.TOLD_WITHIN)
