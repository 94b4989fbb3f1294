"""20,000 files are deleted in one go: one violation with the exact count, or the exact number that was missed."""
import device
from expect import parsed

FILES = 20_000
FOLDER = "/var/lib/burst"
RULE = f"always,exit -F arch=b64 -S unlink,unlinkat -F dir={FOLDER} -F key=burst"
CONFIG = '[[audit.rule]]\nname = "burst"\nkey = "burst"\nseverity = "low"\n'
BURST_SECONDS = 300
TOLD_SECONDS = 60


def matches(item):
    """What the violation that stands for all counts; 0: another item."""
    violation = (item.get("event") or {}).get("violation") or {}
    return violation["details"]["matches"] if violation.get("subject") == "burst: storm" else 0


def missed(machine):
    lost = device.violations(machine, "--kind", "audit.records.lost")
    return sum(violation["details"].get("events", 0) for violation in lost)


def run(machine, expect):
    machine.run(f"mkdir {FOLDER} && cd {FOLDER} && seq {FILES} | xargs touch", timeout=BURST_SECONDS)
    machine.write("/etc/integrityd/conf.d/70-burst.toml", CONFIG)
    machine.run(f"auditctl -a {RULE} && systemctl reload integrityd.service")
    device.accept(machine, "audit", "self")
    expect.from_now()
    # Not the folder: the kernel drops a rule with the directory that it is about.
    machine.run(f"find {FOLDER} -type f -delete", timeout=BURST_SECONDS)
    whole = machine.product.wait(lambda line: matches(parsed(line) or {}) >= FILES, TOLD_SECONDS)
    counted = max(map(matches, expect.told()))
    expect.true(counted == FILES if whole else counted + missed(machine) == FILES,
                f"{counted} told, {missed(machine)} said to be missed, of {FILES}")
    expect.note(f"{counted} told, {missed(machine)} said to be missed in the log")
    expect.true(device.chain_is_intact(machine), "the chain of events is broken")
