"""Both slots were accepted and are started in turn, ten times: each time all is intact, and nothing above low is told."""
import device
import measured

LONG = True
TIMES = 10
INTACT_SECONDS = 600


def accept_slot_b(machine, expect):
    measured.start_slot(machine, "b")
    device.check(machine, blind=True)
    device.accept(machine, *device.looking(machine))
    device.check(machine)
    unseen = [str(one["id"]) for one in device.violations(machine) if one["state"] in ("open", "returned")]
    machine.run(f"integrityctl ack {' '.join(unseen)} --comment 'the other slot is good, too'")
    expect.status("intact")


def run(machine, expect):
    measured.needs_watcher(machine)
    accept_slot_b(machine, expect)
    for number in range(TIMES):
        expect.from_now()
        measured.start_slot(machine, "ab"[number % 2], settled=False)
        expect.verdict("intact", within=INTACT_SECONDS)
        expect.equal(measured.unaccepted(machine), [], f"what is not accepted of start {number + 1}")
        expect.nothing_above("low")
