"""The audit log is made readable for everybody: critical at once, and gone with the right mode."""
import audit


def run(machine, expect):
    mode = machine.run(f"stat -c %a {audit.LOG}").out.strip()
    expect.from_now()
    began = audit.at_once(machine, f"chmod o+r {audit.LOG}")
    event = expect.event("audit.log.permissions", audit.LOG, within=audit.TOLD_WITHIN)
    expect.equal(event["violation"]["severity"], "critical", "severity")
    audit.told_in_time(expect, event, began, audit.LOG_TOLD_SECONDS, "the mode")
    expect.verdict("violated")
    expect.from_now()
    machine.run(f"chmod {mode} {audit.LOG}")
    expect.event("audit.log.permissions", audit.LOG, type="returned", within=audit.TOLD_WITHIN)
    expect.verdict("degraded")
