"""Slot B, signed by the right key and never accepted, is started: named by component; accepted, both are good in turn."""
import device
import measured


def run(machine, expect):
    measured.needs_watcher(machine)
    expect.from_now()
    measured.start_slot_b(machine)
    image = expect.event("boot.event.unexpected", "pcr4 kernel image", within=measured.LOOK_SECONDS)
    expect.equal(image["violation"]["severity"], "critical", "severity")
    expect.contains(image["violation"]["summary"], "is not the accepted one", "summary")
    # The keys are the same, and firmware and loader too.
    expect.equal([event for event in measured.unaccepted(machine) if event in ("firmware", "loader", "authorities")], [],
                 "what is not accepted beside it")
    device.accept(machine, "boot")
    measured.told_nothing(machine, expect)
    for start in (measured.start_slot_a, measured.start_slot_b):
        start(machine)
        measured.told_nothing(machine, expect)
