"""The device's server gets another key: first from the accepted issuer, then from another one; then the first is back."""
import tls


def run(machine, expect):
    tls.begin(machine, expect)
    tls.issue(machine, "second")
    tls.serve(machine, "second")
    tls.look(machine)
    renewed = expect.event("tls.certificate.renewed", tls.NAME, within=tls.TOLD_WITHIN)
    expect.equal(renewed["violation"]["severity"], "low", "severity of a renewal")
    tls.make_authority(machine, "other")
    tls.issue(machine, "third", authority="other")
    # Trusted, and not the one that was accepted.
    machine.run(f"cat {tls.HOME}/other.pem >>{tls.AUTHORITY}")
    tls.serve(machine, "third")
    tls.look(machine)
    changed = expect.event("tls.issuer.changed", tls.NAME, within=tls.TOLD_WITHIN)
    expect.equal(changed["violation"]["severity"], "high", "severity of another issuer")
    expect.journal("tls.issuer.changed", tls.NAME)
    expect.status("violated")
    tls.serve(machine, "first")
    tls.look(machine)
    expect.event("tls.issuer.changed", tls.NAME, type="returned", within=tls.TOLD_WITHIN)
