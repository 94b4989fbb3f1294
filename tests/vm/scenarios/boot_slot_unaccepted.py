"""SWUpdate brings slot B's image, signed by the right key and never accepted: named by component and by file, then accepted."""
import device
import measured
import update

LONG = True


def run(machine, expect):
    measured.needs_watcher(machine)
    update.take_from_slot_b(machine)
    expect.contains(update.install(machine), "SWUPDATE successful", "SWUpdate")
    expect.from_now()
    machine.restart()
    image = expect.event("boot.event.unexpected", "pcr4 kernel image", within=measured.LOOK_SECONDS)
    expect.equal(image["violation"]["severity"], "critical", "severity")
    expect.contains(image["violation"]["summary"], "is not the accepted one", "summary")
    # The keys are the same, and firmware and loader too.
    expect.equal([event for event in measured.unaccepted(machine) if event in ("firmware", "loader", "authorities")], [],
                 "what is not accepted beside it")
    # Whose image it is, is seen where the partition is mounted.
    machine.run(f"mount -o ro {measured.SLOT_B} /boot")
    measured.look(machine)
    named = expect.event("boot.event.unexpected", "pcr4 kernel image", type="changed", within=measured.LOOK_SECONDS)
    expect.contains(named["violation"]["summary"], "it is the file /boot/linux.efi", "summary")
    device.accept(machine, "boot")
    measured.told_nothing(machine, expect)
