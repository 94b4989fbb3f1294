"""The file system of the events comes late: until then nobody is told "intact"; then all that happened meanwhile is."""
import device
from acts import FILE, TOLD_WITHIN

# Waits, without a limit, until somebody opens the other end of the FIFO.
HELD = """\
[Unit]
DefaultDependencies=no
Before=var-lib-integrityd.mount
[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=infinity
ExecStart=/bin/sh -c 'rm -f /run/late; mkfifo /run/late; read -r go </run/late'
"""
# As "nofail" in fstab: the start of the device does not wait for it.
MOUNT = """\
[Unit]
DefaultDependencies=no
Requires=vm-late.service
After=vm-late.service
[Mount]
What=/var/late
Where=/var/lib/integrityd
Type=none
Options=bind
"""


def state(machine):
    return machine.run("systemctl show -P ActiveState integrityd.service").out.strip()


def run(machine, expect):
    machine.write("/etc/systemd/system/vm-late.service", HELD)
    machine.write("/etc/systemd/system/var-lib-integrityd.mount", MOUNT)
    last = expect.last_sequence()
    # Stopped first, so that what is copied is complete.
    machine.run("systemctl stop integrityd.service; cp -a /var/lib/integrityd /var/late; rm -r /var/lib/integrityd/*; sync")
    machine.restart(settled=False)

    expect.equal(state(machine), "inactive", "the daemon before its file system is there")
    expect.equal(machine.run("timeout 5 integrityctl status", check=False).status not in (0, 1), True, "somebody calms")
    expect.true("intact" not in machine.run("cat /run/integrityd/state", check=False).out, "the state file calms")
    expect.equal(machine.run("ls /var/lib/integrityd").out, "", "written below the mount")
    # Something happens meanwhile, and Debian's own unit finds it.
    machine.run(f"sed -i 's/recipe/Recipe/' {FILE}")
    device.daily_check(machine)

    expect.from_now()
    machine.run("echo go >/run/late")
    started = expect.notice("self.started", within=120)
    expect.true(started["sequence"] > last, "the history is lost")
    expect.event("aide.entry.changed", FILE, within=TOLD_WITHIN + 20)
    expect.equal(state(machine), "active", "the daemon")
    expect.status("violated")
    expect.true(device.chain_is_intact(machine), "the chain of events is broken")
