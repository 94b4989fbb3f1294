"""A normal day: logins, restarts, log rotation, time, a reboot. Nothing is raised above low."""
import device


def run(machine, expect):
    expect.from_now()
    machine.run("runuser -l alice -c true; sudo -u alice true", check=False)
    machine.run("systemctl restart chrony; systemctl restart systemd-journald; journalctl --rotate; "
                "systemctl kill --signal=USR1 auditd", check=False)
    machine.run("date -s '+2 seconds'")
    device.check(machine)
    machine.restart()
    device.check(machine)
    expect.verdict("intact", within=60)
    expect.nothing_above("low")
    expect.status("intact")
