"""First start: nothing is accepted and it says so; AIDE's database is made, accepted, checked: intact."""
import device
from acts import TOLD_WITHIN

SHORT = True
START = "started"


def run(machine, expect):
    device.needs_package(machine)
    aide, = [watcher for watcher in device.watchers(machine) if watcher["name"] == "aide"]
    expect.equal(aide["state"], "blind", "aide without a baseline")
    expect.true(machine.run("integrityctl status", check=False).status != 0, "intact without anything accepted")
    expect.true(device.violations(machine, "--kind", "aide.database.missing"), "the missing database is not said")

    expect.from_now()
    device.make_plant(machine)
    device.make_database(machine)
    # The daemon sees by itself that there is a database now; that it is the right one nobody has said.
    expect.event("aide.database.missing", type="returned", within=TOLD_WITHIN)
    refused = machine.run("integrityctl baseline accept aide </dev/null", check=False)
    expect.true(refused.status != 0, "accepted without being asked")
    expect.from_now()
    device.accept(machine, *device.looking(machine))
    expect.notice("baseline.accepted")
    device.check(machine)
    expect.verdict("intact", within=60)
    expect.status("intact")
    expect.true(device.chain_is_intact(machine), "the chain of events is broken")
