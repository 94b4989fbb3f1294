"""The clock is set to 1970 and to 2040: each is said, nothing expires, order is kept by the sequence."""
import device
from acts import FILE

SHORT = True


def set_clock(machine, date):
    machine.run(f"systemctl stop chrony; date -u -s '{date}'")


def run(machine, expect):
    now = machine.run("date -u +%FT%T").out.strip()
    expect.from_now()
    set_clock(machine, "1970-01-02 00:00:00")
    expect.event("self.clock.implausible", within=30)
    expect.event("self.clock.stepped", within=30)
    expect.from_now()
    # A year that may well be is a step like the one before.
    set_clock(machine, "2040-01-01 00:00:00")
    expect.event("self.clock.stepped", type="changed", within=30)
    expect.event("self.clock.implausible", type="returned", within=30)
    expect.from_now()
    machine.run(f"sed -i 's/recipe/Recipe/' {FILE}")
    device.check(machine)
    found = expect.event("aide.entry.changed", FILE, within=30)
    set_clock(machine, now.replace("T", " "))
    machine.run(f"sed -i 's/Recipe/recipe/' {FILE}")
    device.check(machine)
    back = expect.event("aide.entry.changed", FILE, type="returned", within=30)
    expect.true(back["sequence"] > found["sequence"] and back["boottime"] > found["boottime"], "order is lost")
    overdue = [item for item in expect.told()
               if ((item.get("event") or {}).get("violation") or {}).get("kind") == "aide.check.overdue"]
    expect.true(not overdue, "a wrong clock made the check overdue")
    expect.true(device.chain_is_intact(machine), "the chain of events is broken")
