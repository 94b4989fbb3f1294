"""One line of the audit log is changed where it stands, of the same length: critical at once."""
import audit


def run(machine, expect):
    expect.from_now()
    # The letters of a type of record, so that the line still is one.
    began = audit.at_once(machine, f"printf XXXX | dd of={audit.LOG} bs=1 seek=5 conv=notrunc status=none")
    event = expect.event("audit.log.rewritten", audit.LOG, within=audit.TOLD_WITHIN)
    expect.equal(event["violation"]["severity"], "critical", "severity")
    audit.told_in_time(expect, event, began, audit.LOG_TOLD_SECONDS, "the change")
    expect.verdict("violated")
    expect.journal("audit.log.rewritten", audit.LOG)
