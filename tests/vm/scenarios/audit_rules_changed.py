"""All audit rules are deleted, then one: critical each time, and gone when they are loaded as accepted."""
import audit

SHORT = True
ONE = "always,exit -F arch=b64 -F path=/etc/shadow -F perm=wa -F key=integrityd-identity"


def run(machine, expect):
    for what, act in (("all rules deleted", "auditctl -D"), ("one rule deleted", f"auditctl -d {ONE}")):
        expect.from_now()
        began = audit.at_once(machine, act)
        event = expect.event("audit.rules.changed", within=audit.TOLD_WITHIN)
        expect.equal(event["violation"]["severity"], "critical", "severity")
        expect.note(f"{what} told after {audit.seconds_between(began, event):.2f} s")
        expect.verdict("violated")
        expect.from_now()
        machine.run("augenrules --load", check=False)  # -c: a missing directory makes it end with 1
        expect.event("audit.rules.changed", type="returned", within=audit.TOLD_WITHIN)
        machine.run(f"integrityctl ack {event['violation']['id']} --comment 'loaded again'")
        expect.event("audit.rules.changed", type="resolved")
