"""A user edits /etc/passwd through sudo: told within two seconds, with user, program and terminal for who may know."""
import json

import audit
import device

SHORT = True
SUBJECT = f"account files: {audit.ACCOUNTS}"


def run(machine, expect):
    audit.may_use_sudo(machine)
    expect.from_now()
    audit.by_person(machine, f"sudo sed -i 's/^alice:\\(.*\\):[^:]*$/alice:\\1:\\/bin\\/dash/' {audit.ACCOUNTS}")
    expect.contains(machine.run(f"grep ^alice: {audit.ACCOUNTS}").out, "/bin/dash", "what the user has edited")
    event = expect.event("audit.rule.matched", SUBJECT, within=audit.TOLD_WITHIN)
    expect.equal(event["violation"]["severity"], "medium", "severity")
    expect.true("actor" not in json.dumps(event), f"the product application sees the actor: {event}")
    expect.verdict("degraded")
    expect.journal("audit.rule.matched", SUBJECT)

    violation, = [found for found in device.violations(machine, "--kind", "audit.rule.matched")
                  if found["subject"] == SUBJECT]
    actor = violation["details"]["actor"]
    expect.equal(str(actor["auid"]), machine.run("id -u alice").out.strip(), "who had logged in")
    expect.equal((actor["uid"], actor["exe"], actor["comm"]), (0, "/usr/bin/sed", "sed"), "as whom, with what")
    expect.true(actor["tty"].startswith(("tty", "pts")), f"the terminal: {actor['tty']}")
    audit.told_in_time(expect, event, audit.microseconds(actor["time"]), audit.ACT_TOLD_SECONDS, "the edit")
