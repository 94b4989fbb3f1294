"""/var is full while something is found: the verdict turns at once, and when there is room again nothing is missing."""
import device
from acts import FILE

FULL = "/var/tmp/full"


def run(machine, expect):
    expect.from_now()
    last = expect.last_sequence()
    machine.run(f"sed -i 's/recipe/Recipe/' {FILE}")
    device.check(machine)
    expect.event("aide.entry.changed", FILE)
    expect.from_now()
    machine.run(f"fallocate -l 2G {FULL} || dd if=/dev/zero of={FULL} bs=1M", timeout=300, check=False)
    machine.run(f"dd if=/dev/zero of={FULL}.rest bs=4k", timeout=120, check=False)
    machine.run("systemctl reload integrityd.service", check=False)
    expect.event("self.store.unwritable", within=60)
    expect.contains(machine.run("cat /run/integrityd/state").out, "violated", "the state file")

    machine.run(f"rm {FULL} {FULL}.rest")
    machine.run(f"sed -i 's/Recipe/recipe/' {FILE}")
    device.check(machine)
    expect.event("aide.entry.changed", FILE, type="returned", within=60)
    sequences = [item["sequence"] for item in expect.told() if item["item"] == "event"]
    expect.true(min(sequences) > last, "a sequence was given twice")
    expect.true(device.chain_is_intact(machine), "the chain of events is broken")
