"""A normal day: logins, timers, restarts, rotations, time, the daily check, a reboot, an upgrade. Nothing above low."""
import audit
import device
import upgrades


def people(machine):
    audit.by_person(machine, "ls -la ~ /var/log >/dev/null; id; exit")
    machine.run("script -qec 'login -f alice' /dev/null <<<exit; runuser -l alice -c true; sudo -u alice true",
                check=False)


def timers(machine):
    machine.run("for unit in systemd-tmpfiles-clean dpkg-db-backup e2scrub_all fstrim; do systemctl start $unit; done",
                timeout=180, check=False)


def services(machine):
    machine.run("for unit in chrony systemd-journald systemd-udevd integrityd; do systemctl restart $unit; done; "
                "systemctl reload dbus; systemctl daemon-reload", timeout=180)
    machine.run("systemctl is-active chrony systemd-journald systemd-udevd integrityd dbus auditd")


def logs(machine):
    machine.run("journalctl --rotate && journalctl --vacuum-files=2")
    for _ in range(3):
        audit.rotate(machine)


def clock(machine):
    """As chrony does when it finds its servers again: slewed, and a small step."""
    machine.run("chronyc makestep")
    machine.run("date -s '+0.5 seconds'")


def run(machine, expect):
    expect.from_now()
    last = expect.last_sequence()
    before = device.violations(machine, "--severity", "medium")
    for act in (people, timers, services, logs, clock):
        act(machine)
    device.check(machine)
    device.daily_check(machine)
    machine.restart()
    device.check(machine)
    expect.status("intact")
    expect.nothing_above("low")

    upgrades.writable_root(machine)
    expect.from_now()
    upgrades.install(machine, upgrades.NEWER)
    expect.contains(machine.run("dpkg-query -W -f '${Version}' integrityd").out, "+1", "the version")
    device.check(machine)
    expect.status("intact")
    expect.nothing_above("low")
    expect.true(expect.last_sequence() > last, "the history is lost")
    expect.equal([entry["id"] for entry in device.violations(machine, "--severity", "medium")],
                 [entry["id"] for entry in before], "violations at the end of the day, and at its begin")
    expect.true(device.chain_is_intact(machine), "the chain of events is broken")
