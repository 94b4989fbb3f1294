"""The daemon is killed with SIGKILL: it is back within seconds, nothing that was told is lost, the gap is said."""
import device
from acts import FILE

SHORT = True


def run(machine, expect):
    machine.run(f"sed -i 's/recipe/Recipe/' {FILE}")
    device.check(machine)
    event = expect.event("aide.entry.changed", FILE)
    expect.from_now()
    machine.run("systemctl kill --signal=KILL --kill-whom=main integrityd.service")
    expect.item(lambda item: item["item"] == "lost", "monitoring lost", 10)
    expect.item(lambda item: item["item"] == "back", "monitoring back", 30)
    started = expect.notice("self.started", within=30)
    expect.true(started["sequence"] > event["sequence"], "the sequence went back")
    expect.event("self.coverage.gap", within=30)
    expect.equal([entry["id"] for entry in device.violations(machine, "--kind", "aide.entry.changed")],
                 [event["violation"]["id"]], "the violation after the kill")
    expect.true(device.chain_is_intact(machine), "the chain of events is broken")
