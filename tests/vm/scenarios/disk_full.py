"""/var is full while something is found: the verdict turns at once, and when there is room again nothing is missing.

Root fills it to the last block, so that the reserve that the daemon gives up does not help an ordinary user either.
"""
import device
from acts import FILE

FULL = "/var/tmp/full"
FILL = (f"mkdir {FULL}; for size in 256M 64M 16M 4M 1M 256K 64K 4K; do "
        f"while fallocate -l $size {FULL}/$((count += 1)); do :; done; done 2>/dev/null; "
        f"while echo x >{FULL}/$((count += 1)); do :; done 2>/dev/null; df --output=avail /var | tail -n 1")


def run(machine, expect):
    last = expect.last_sequence()
    expect.from_now()
    expect.equal(machine.run(FILL, timeout=300).out.strip(), "0", "blocks that are left")
    machine.run(f"chmod 0777 {FILE}")
    device.check(machine)
    expect.status("violated")
    journal = machine.run("journalctl --sync; journalctl -q -b -o cat -u integrityd.service").out
    expect.contains(journal, "not yet stored", "the journal")
    expect.true(not expect.told_kind("aide.entry.changed"), "told before it was stored")

    machine.run(f"rm -r {FULL}")
    expect.event("aide.entry.changed", FILE, within=120)
    expect.event("self.store.unwritable", within=60)
    expect.event("self.store.unwritable", type="returned", within=60)
    sequences = [item["sequence"] for item in expect.told() if item["item"] == "event"]
    expect.true(min(sequences) > last, "a sequence was given twice")
    expect.equal(sequences, list(range(sequences[0], sequences[0] + len(sequences))), "each event once and in order")
    expect.true(device.chain_is_intact(machine), "the chain of events is broken")
