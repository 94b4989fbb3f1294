"""AIDE's configuration is changed so that it no longer looks: said at its next check."""
import device

SHORT = True


def run(machine, expect):
    expect.from_now()
    machine.run(f"sed -i 's|^{device.WATCHED} Plain$|!{device.WATCHED}/recipe-3|' /etc/aide/aide.conf")
    device.check(machine, blind=True)  # AIDE itself complains of what it does not look at any more
    expect.event("aide.config.changed", within=30)
    expect.verdict("violated")
    expect.journal("aide.config.changed")
    expect.from_now()
    machine.write("/etc/aide/aide.conf", device.AIDE_CONFIG)
    device.check(machine)
    expect.event("aide.config.changed", type="returned", within=30)
    expect.verdict("degraded")
