"""The audit log is removed: critical at once; auditd gives the device a new one, and that is no longer so."""
import audit

SHORT = True


def run(machine, expect):
    expect.from_now()
    began = audit.at_once(machine, f"rm {audit.LOG}")
    event = expect.event("audit.log.removed", audit.LOG, within=audit.TOLD_WITHIN)
    expect.equal(event["violation"]["severity"], "critical", "severity")
    audit.told_in_time(expect, event, began, audit.LOG_TOLD_SECONDS, "the removal")
    expect.verdict("violated")
    expect.journal("audit.log.removed", audit.LOG)
    expect.from_now()
    machine.run("systemctl kill --signal=USR1 auditd.service")
    expect.event("audit.log.removed", audit.LOG, type="returned", within=audit.TOLD_WITHIN)
    expect.verdict("degraded")
