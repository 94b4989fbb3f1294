"""Somebody guesses a password: from the fifth failure on it is told, with the account."""
import audit
import device

FAILURES = 5


def run(machine, expect):
    expect.from_now()
    # At the same time: PAM lets each of them wait.
    machine.run(f"for i in $(seq {FAILURES}); do runuser -u alice -- su -c true root <<<guess-$i & done; wait",
                check=False)
    event = expect.event("audit.login.failures", "logins", within=audit.TOLD_WITHIN)
    expect.equal(event["violation"]["severity"], "medium", "severity")
    expect.equal(event["violation"]["details"]["failures"], FAILURES, "failures")
    expect.verdict("degraded")
    found, = device.violations(machine, "--kind", "audit.login.failures")
    expect.equal(found["details"]["actor_accounts"], ["root"], "the account")
