"""Debian's own daily unit finds a difference, ends with success as ever, and integrityd tells it."""
import device
from acts import FILE, TOLD_WITHIN



def run(machine, expect):
    expect.from_now()
    machine.run(f"sed -i 's/recipe/Recipe/' {FILE}")
    device.daily_check(machine)
    expect.equal(machine.run("systemctl show -P Result dailyaidecheck.service").out.strip(), "success", "the unit's end")
    expect.event("aide.entry.changed", FILE, within=TOLD_WITHIN)
    expect.verdict("violated")
    expect.journal("aide.entry.changed", FILE)
    expect.from_now()
    machine.run(f"sed -i 's/Recipe/recipe/' {FILE}")
    device.daily_check(machine)
    expect.event("aide.entry.changed", FILE, type="returned", within=TOLD_WITHIN)
    expect.verdict("degraded")
