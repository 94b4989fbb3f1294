"""The power goes during a burst, ten times: nothing that was told is lost, the gap is said, the chain holds."""
import json

import device

TIMES = 10
# Milliseconds after the burst began to be told; spread over its length.
BURST_FILES = 200


def burst(machine, round_number):
    machine.run(f"cd {device.WATCHED} && for i in $(seq {BURST_FILES}); do echo x > burst-{round_number}-$i; done")
    machine.run("systemctl start --no-block dailyaidecheck.service")


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


def run(machine, expect):
    for round_number in range(TIMES):
        before = machine.product.count()
        burst(machine, round_number)
        # Each time somewhat later in the burst.
        seen = before
        for _ in range(1 + round_number * BURST_FILES // TIMES):
            found = machine.product.wait(lambda line: '"aide.entry.added"' in line, device.AIDE_SECONDS, seen)
            if not found:
                break
            seen = found[0] + 1
        expect.true(seen > before, f"round {round_number}: no burst")
        told = told_events(machine)
        machine.power_cut()

        machine.start()
        machine.wait_ready()
        kept = kept_events(machine)
        lost = {number for number, digest in told.items() if kept.get(number) != digest}
        expect.true(not lost, f"round {round_number}: told and not kept: {sorted(lost)[:10]}")
        expect.true(device.chain_is_intact(machine), f"round {round_number}: the chain of events is broken")
        expect.event("self.coverage.gap", within=30)
        expect.from_now()
