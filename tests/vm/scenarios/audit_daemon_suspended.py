"""auditd is suspended, as a full disk suspends it too: it runs and keeps nothing, which is critical."""
import audit


def run(machine, expect):
    expect.from_now()
    machine.run("systemctl kill --signal=STOP auditd.service")
    machine.run(f"touch {audit.ACCOUNTS}")
    event = expect.event("audit.daemon.stopped", within=audit.TOLD_WITHIN)
    expect.equal(event["violation"]["severity"], "critical", "severity")
    expect.event("audit.rule.matched", f"account files: {audit.ACCOUNTS}", within=audit.TOLD_WITHIN)
    expect.verdict("violated")
    expect.from_now()
    machine.run("systemctl kill --signal=CONT auditd.service; auditctl -m 'it is kept again'")
    expect.event("audit.daemon.stopped", type="returned", within=audit.TOLD_WITHIN)
    expect.true(not expect.told_kind("audit.rule.matched"), "what was told from the kernel is told again from the log")
