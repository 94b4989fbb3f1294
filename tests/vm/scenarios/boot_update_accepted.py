"""The image of an update is accepted before SWUpdate installs and EFI Boot Guard starts it: nothing is told."""
import measured
import update


def run(machine, expect):
    measured.needs_watcher(machine)
    update.take_from_slot_b(machine)
    machine.run(f"integrityctl boot digest --json {update.IMAGE} >/run/update.json && "
                "integrityctl baseline import boot /run/update.json --comment 'the next update'", timeout=60)
    measured.told_nothing(machine, expect)
    expect.contains(update.install(machine), "SWUPDATE successful", "SWUpdate")
    machine.restart()
    expect.contains(machine.run("cat /proc/cmdline").out, "verity.slot=systemb", "the command line")
    measured.told_nothing(machine, expect)
    expect.equal(measured.unaccepted(machine), [], "what is not accepted of this boot")
