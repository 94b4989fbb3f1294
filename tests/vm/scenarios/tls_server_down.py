"""The device's server is down for a minute, which is no news, and then for long, which is."""
import tls

# It is tried again after 30 s, and after 60 s more.
DOWN_WITHIN = 300


def wait_for_failures(machine, count):
    machine.run(f"until integrityctl watchers --json | grep -q '\"failures\":{count}'; do :; done", timeout=DOWN_WITHIN)


def run(machine, expect):
    tls.begin(machine, expect)
    before = tls.failures(machine)
    tls.stop(machine)
    expect.contains(tls.look(machine), f"{tls.NAME}: failing: ", "what the check says of the endpoint")
    wait_for_failures(machine, before + 2)
    tls.serve(machine, "first")
    tls.look(machine)
    expect.equal(expect.told_kind("tls.endpoint.unreachable"), [], "a minute without the server")
    tls.stop(machine)
    tls.look(machine)
    down = expect.event("tls.endpoint.unreachable", tls.NAME, within=DOWN_WITHIN)
    expect.equal(down["violation"]["severity"], "medium", "severity")
    expect.status("degraded")
    tls.serve(machine, "first")
    tls.look(machine)
    expect.event("tls.endpoint.unreachable", tls.NAME, type="returned", within=tls.TOLD_WITHIN)
