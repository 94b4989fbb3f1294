"""EFI Boot Guard is told that slot B is newer: the machine starts from it, and its /var opens as before."""
START = "started"


def run(machine, expect):
    machine.run("echo kept > /var/lib/kept")
    machine.run("bg_setenv --part=1 --preserve --revision=3 --ustate=0")
    machine.restart()
    expect.contains(machine.run("cat /proc/cmdline").out, "verity.slot=systemb", "the command line")
    expect.contains(machine.run("cat /etc/os-release").out, "IMAGE_VERSION=slot-b", "os-release")
    expect.equal(machine.run("cat /var/lib/kept").out, "kept\n", "what was written before")
