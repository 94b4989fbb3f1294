"""A user edits /etc/passwd through sudo: AIDE's verdict on that file joins the record within two seconds, with who did it."""
import audit
import device
from qemu import device_seconds

CONFIG = f"{device.AIDE_CONFIG}={audit.ACCOUNTS}$ Plain\n"


def run(machine, expect):
    audit.may_use_sudo(machine)
    machine.write("/etc/aide/aide.conf", CONFIG)
    device.make_database(machine)
    device.accept(machine, "aide")
    expect.verdict("intact")

    expect.from_now()
    audit.by_person(machine, f"sudo sed -i 's/^alice:\\(.*\\):[^:]*$/alice:\\1:\\/bin\\/dash/' {audit.ACCOUNTS}")
    record = expect.event("audit.rule.matched", f"account files: {audit.ACCOUNTS}", within=audit.TOLD_WITHIN)
    finding = expect.event("aide.entry.changed", audit.ACCOUNTS, within=audit.TOLD_WITHIN)
    expect.verdict("violated")
    seconds = audit.seconds_between(audit.microseconds(record["time"]), finding)
    expect.note(f"AIDE's verdict joined after {seconds:.2f} s")
    expect.true(seconds <= device_seconds(audit.ACT_TOLD_SECONDS), f"AIDE's verdict came {seconds:.2f} s after the record")

    violation, = [found for found in device.violations(machine, "--kind", "aide.entry.changed")
                  if found["subject"] == audit.ACCOUNTS]
    actor = violation["details"]["actor"]
    expect.equal(str(actor["auid"]), machine.run("id -u alice").out.strip(), "who had logged in")
    expect.equal((actor["uid"], actor["exe"]), (0, "/usr/bin/sed"), "as whom, with what")
    expect.true(actor["confidence"] != "none", f"how sure that is: {actor['confidence']}")
