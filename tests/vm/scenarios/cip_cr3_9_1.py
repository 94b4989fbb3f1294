"""The acts of CIP's public test TC_CR3.9_1: an ordinary user's rm of the audit log fails; the attempt is told."""
import audit
import device

SHORT = True


def run(machine, expect):
    expect.from_now()
    audit.by_person(machine, f"rm -rf {audit.LOG}")
    expect.contains(machine.run("cat /run/by-person.out").out, "Permission denied", "what rm says")
    machine.run(f"test -s {audit.LOG}")
    event = expect.event("audit.attempt.denied", "/usr/bin/rm", within=audit.TOLD_WITHIN)
    expect.equal(event["violation"]["severity"], "medium", "severity")
    expect.contains(event["violation"]["summary"], audit.LOG, "the summary")
    found, = device.violations(machine, "--kind", "audit.attempt.denied")
    expect.equal(str(found["details"]["actor"]["auid"]), machine.run("id -u alice").out.strip(), "who tried")
    audit.told_in_time(expect, event, audit.microseconds(found["details"]["actor"]["time"]),
                       audit.ACT_TOLD_SECONDS, "the attempt")
