"""Somebody changes a password: told by what the program says of it, and by what happens to the file."""
import audit


def run(machine, expect):
    expect.from_now()
    machine.run("echo alice:other | chpasswd")
    for subject in ("accounts: alice", "account files: /etc/shadow"):
        event = expect.event("audit.rule.matched", subject, within=audit.TOLD_WITHIN)
        expect.equal(event["violation"]["severity"], "medium", f"severity of {subject}")
    expect.nothing_above("medium")
    expect.verdict("degraded")
