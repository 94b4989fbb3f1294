"""A line is taken out of the audit log with an editor, which puts another file in the log's place: critical at once."""
import audit

KINDS = ("audit.log.removed", "audit.log.rewritten", "audit.log.truncated", "audit.log.permissions")


def run(machine, expect):
    machine.run("auditctl -m 'what somebody wants to hide'")
    expect.from_now()
    began = audit.at_once(machine, f"sed -i '/6f2077616e7473\\|wants to hide/d' {audit.LOG}")
    found = expect.item(lambda item: ((item.get("event") or {}).get("violation") or {}).get("kind") in KINDS,
                        "what was done to the log", audit.TOLD_WITHIN)["event"]
    expect.equal(found["violation"]["severity"], "critical", "severity")
    audit.told_in_time(expect, found, began, audit.LOG_TOLD_SECONDS, found["violation"]["kind"])
    expect.verdict("violated")
