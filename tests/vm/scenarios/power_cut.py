"""The power goes during a burst, ten times: nothing that was told is lost, the gap is said, the chain holds."""
import json

import device

LONG = True
TIMES = 10
BURST_FILES = 200


def burst(machine, round_number):
    """Files that come; those of the burst before go."""
    machine.run(f"cd {device.WATCHED} && rm -f burst-* && "
                f"for i in $(seq {BURST_FILES}); do echo x > burst-{round_number}-$i; done")
    machine.run("integrityctl check aide")


def told_events(machine):
    told = {}
    for _, line in machine.product.all:
        try:
            event = json.loads(line).get("event")
        except ValueError:
            continue
        if event:
            told[event["sequence"]] = event["hash"]
    return told


def kept_events(machine):
    lines = machine.run("integrityctl events --after 0 --json", timeout=120).out.splitlines()
    return {event["sequence"]: event["hash"] for event in map(json.loads, lines)}


def told_of_the_burst(machine, count):
    """Waits for this many events of it, each round somewhat more."""
    seen = machine.product.count()
    burst_began = seen
    for _ in range(count):
        found = machine.product.wait(lambda line: '"aide.entry.added"' in line, device.AIDE_SECONDS, seen)
        if not found:
            break
        seen = found[0] + 1
    return seen > burst_began


def run(machine, expect):
    for round_number in range(TIMES):
        expect.from_now()
        burst(machine, round_number)
        expect.true(told_of_the_burst(machine, 1 + round_number * BURST_FILES // TIMES), f"{round_number}: no burst")
        machine.power_cut()
        told = told_events(machine)

        machine.start()
        machine.wait_ready()
        device.wait_on_bus(machine)
        kept = kept_events(machine)
        lost = {number for number, digest in told.items() if kept.get(number) != digest}
        expect.true(not lost, f"round {round_number}: told and not kept: {sorted(lost)[:10]}")
        # The same happening again, and nobody has acknowledged it: it is counted.
        gap = expect.event("self.coverage.gap", type="changed" if round_number else "raised", within=30)
        expect.equal(gap["violation"]["count"], round_number + 1, "gaps that were said")
        expect.true(device.chain_is_intact(machine), f"round {round_number}: the chain of events is broken")
    expect.note(f"{len(told)} events told, all kept")
