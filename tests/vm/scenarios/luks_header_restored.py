"""A header from an old backup is written over /var's: what it brings back is told, and that it is old."""
import luks

AREA = "bs=32k count=1 conv=fsync status=none"


def run(machine, expect):
    luks.needs_watcher(machine)
    luks.add_password(machine)
    machine.run(f"dd if={luks.DEVICE} of=/run/vm-backup {AREA}")
    luks.remove_password(machine)
    machine.run("integrityctl baseline accept luks --yes")
    expect.from_now()
    machine.run(f"dd if=/run/vm-backup of={luks.DEVICE} {AREA}")
    luks.look(machine)
    expect.event("luks.header.rolled-back", "var", within=luks.TOLD_WITHIN)
    expect.event("luks.keyslot.added", "var", within=luks.TOLD_WITHIN)
    expect.status("violated")
