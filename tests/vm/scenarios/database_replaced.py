"""Whoever changes a file makes a new database for it too: AIDE finds nothing, integrityd does."""
import device

SHORT = True


def run(machine, expect):
    expect.from_now()
    machine.run(f"echo poison >> {device.WATCHED}/recipe-3")
    device.make_database(machine)
    expect.event("aide.database.changed", "/var/lib/aide/aide.db", within=30)
    expect.verdict("violated")
    expect.journal("aide.database.changed")
    # The new database agrees with the changed file: AIDE's own word must not turn the verdict.
    expect.contains(machine.run("aide --config /etc/aide/aide.conf --check", timeout=device.AIDE_SECONDS).out,
                    "NO differences", "AIDE")
    device.check(machine, blind=True)
    expect.status("violated")
