"""auditd is killed and does not come back: critical; what happens meanwhile is told all the same, from the kernel."""
import audit

SUBJECT = f"account files: {audit.ACCOUNTS}"
STAYS_AWAY = "[Service]\nRestart=no\n"


def run(machine, expect):
    machine.write("/run/systemd/system/auditd.service.d/stays-away.conf", STAYS_AWAY)
    machine.run("systemctl daemon-reload")
    expect.from_now()
    machine.run("systemctl kill --signal=KILL auditd.service")
    machine.run(f"touch {audit.ACCOUNTS}")
    event = expect.event("audit.daemon.stopped", within=audit.TOLD_WITHIN)
    expect.equal(event["violation"]["severity"], "critical", "severity")
    expect.event("audit.rule.matched", SUBJECT, within=audit.TOLD_WITHIN)
    expect.verdict("violated")
    expect.journal("audit.daemon.stopped")
    expect.from_now()
    machine.run("systemctl reset-failed auditd.service; systemctl start auditd.service")
    expect.event("audit.daemon.stopped", type="returned", within=audit.TOLD_WITHIN)
    # Before and after are the same rules: started again, auditd has them loaded anew.
    machine.run("integrityctl check --wait audit")
    expect.true(not expect.told_kind("audit.rules.changed"), "the rules that auditd loads are not the accepted ones")
