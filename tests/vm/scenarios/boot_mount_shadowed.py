"""Something is mounted over programs while the system runs: told, and gone when it is taken away."""
import measured


def run(machine, expect):
    measured.needs_watcher(machine)
    expect.from_now()
    machine.run("mount -t tmpfs shadow /usr/local")
    measured.look(machine)
    expect.event("boot.mount.shadowed", "tmpfs on /usr/local from shadow", within=measured.LOOK_SECONDS)
    machine.run("umount /usr/local")
    measured.look(machine)
    expect.event("boot.mount.shadowed", "tmpfs on /usr/local from shadow", type="returned", within=measured.LOOK_SECONDS)
