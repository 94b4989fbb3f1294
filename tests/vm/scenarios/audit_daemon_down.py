"""The daemon is down while things happen and the log is rotated under it, four times: all of it is told, once."""
import audit
import device

ROTATIONS = 4


def run(machine, expect):
    last = expect.last_sequence()
    expect.from_now()
    machine.run("systemctl stop integrityd.service")
    for number in range(ROTATIONS):
        machine.run(f"echo changed >/etc/while-down-{number}")
        audit.rotate(machine)
    machine.run("echo changed >/etc/while-down-last; systemctl start integrityd.service")
    expect.notice("self.started", within=60)
    for number in (*range(ROTATIONS), "last"):
        expect.event("audit.rule.matched", f"system configuration: /etc/while-down-{number}", within=audit.TOLD_WITHIN)
    machine.run("integrityctl check --wait audit")
    raised = [event["violation"]["subject"] for item in expect.told()
              if (event := item.get("event") or {}).get("type") == "raised"]
    expect.equal(len(raised), len(set(raised)), f"told twice: {raised}")
    wrong = [violation for violation in device.violations(machine) if violation["kind"].startswith("audit.log.")
             or violation["kind"] == "audit.records.lost"]
    expect.equal(wrong, [], "a rotation taken for an attack")
    expect.true(min(item["sequence"] for item in expect.told() if item["item"] == "event") > last, "the history is lost")
