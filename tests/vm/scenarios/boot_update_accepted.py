"""The image of slot B is accepted before it is started: nothing is told."""
import measured


def run(machine, expect):
    measured.needs_watcher(machine)
    measured.mount_slot_b(machine)
    machine.run(f"integrityctl boot digest --json {measured.IMAGE} >/run/slot-b.json && umount /run/boot && "
                "integrityctl baseline import boot /run/slot-b.json --comment 'the next update'", timeout=60)
    measured.told_nothing(machine, expect)
    measured.start_slot_b(machine)
    measured.told_nothing(machine, expect)
    expect.equal(measured.unaccepted(machine), [], "what is not accepted of this boot")
