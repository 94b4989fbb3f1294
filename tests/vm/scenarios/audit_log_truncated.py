"""The audit log is cut to nothing: critical at once; the rotations after it are nobody's news."""
import audit


def run(machine, expect):
    expect.from_now()
    began = audit.at_once(machine, f"truncate -s 0 {audit.LOG}")
    event = expect.event("audit.log.truncated", audit.LOG, within=audit.TOLD_WITHIN)
    expect.equal(event["violation"]["severity"], "critical", "severity")
    audit.told_in_time(expect, event, began, audit.LOG_TOLD_SECONDS, "the cut")
    expect.verdict("violated")
    expect.journal("audit.log.truncated", audit.LOG)
    expect.from_now()
    for _ in range(3):
        audit.rotate(machine)
    machine.run("auditctl -m 'after the rotations'; integrityctl check --wait audit")
    expect.equal([item["event"]["violation"]["kind"] for item in expect.told()
                  if (item.get("event") or {}).get("type") == "raised"], [], "raised by a rotation")
