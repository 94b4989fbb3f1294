"""Auditing is switched off in the kernel: critical, and gone when it is switched on."""
import audit


def run(machine, expect):
    expect.from_now()
    began = audit.at_once(machine, "auditctl -e 0")
    event = expect.event("audit.disabled", within=audit.TOLD_WITHIN)
    expect.equal(event["violation"]["severity"], "critical", "severity")
    expect.note(f"told after {audit.seconds_between(began, event):.2f} s")
    expect.verdict("violated")
    expect.journal("audit.disabled")
    expect.from_now()
    machine.run("auditctl -e 1")
    expect.event("audit.disabled", type="returned", within=audit.TOLD_WITHIN)
