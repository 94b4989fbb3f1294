"""A certificate expires while the clock runs; when the clock is set to 1970, that is said, and nothing is too young."""
import tls

# The next look of its own comes within a minute.
OWN_LOOK_WITHIN = 180


def run(machine, expect):
    tls.begin(machine, expect)
    tls.issue(machine, "short", days=2)
    tls.serve(machine, "short")
    tls.look(machine)
    expect.event("tls.certificate.expiring", tls.NAME, within=tls.TOLD_WITHIN)
    machine.run("systemctl stop chrony; "
                f"end=$(openssl x509 -in {tls.HOME}/short.pem -noout -enddate | cut -d= -f2); "
                "date -s @$(($(date -d \"$end\" +%s) - 45))")
    tls.look(machine)
    expect.true(not expect.told_kind("tls.certificate.expired"), "expired before its time")
    expect.event("tls.certificate.expired", tls.NAME, within=OWN_LOOK_WITHIN)
    expect.status("violated")

    tls.serve(machine, "first")
    tls.look(machine)
    expect.event("tls.certificate.expired", tls.NAME, type="returned", within=tls.TOLD_WITHIN)
    expect.from_now()
    machine.run("date -u -s '1970-01-02 00:00:00'")
    expect.event("self.clock.implausible", within=30)
    tls.look(machine)
    for kind in ("tls.certificate.expired", "tls.certificate.not-yet-valid"):
        expect.equal(expect.told_kind(kind), [], f"{kind} by a clock of 1970")
    expect.contains(machine.run("integrityctl tls").out, "the device's clock is plainly wrong", "the report")
