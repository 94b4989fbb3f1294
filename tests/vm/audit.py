"""What scenarios do to audit, and how long it took until that was told."""
from datetime import datetime

from expect import Expect
from machine import Machine
from qemu import device_seconds

LOG = "/var/log/audit/audit.log"
ACCOUNTS = "/etc/passwd"
# Promise: what is done to the log is told within one second.
LOG_TOLD_SECONDS = 1.0
# Promise: from the record that says who did it to the event.
ACT_TOLD_SECONDS = 2.0
# Bounds a failure. What no record announces is seen by the look that comes every 30 s.
TOLD_WITHIN = 45


def at_once(machine: Machine, command: str) -> int:
    """Does it and returns when it began, in microseconds since 1970 of the device's clock."""
    return int(machine.run(f"date +%s%6N; {command}").out.split()[0])


def microseconds(time: str) -> int:
    """Since 1970, of a time as JSON has it."""
    return round(datetime.fromisoformat(time).timestamp() * 1e6)


def seconds_between(began: int, event: dict) -> float:
    return (microseconds(event["time"]) - began) / 1e6


def told_in_time(expect: Expect, event: dict, began: int, limit: float, what: str) -> None:
    """By the event's own time; it was stored then, and the product application is told after that."""
    seconds = seconds_between(began, event)
    expect.true(seconds <= device_seconds(limit), f"{what} was told after {seconds:.2f} s")
    expect.note(f"{what} told after {seconds:.2f} s")


def by_person(machine: Machine, command: str) -> None:
    """By an ordinary user who has logged in on a terminal, so that the kernel knows whose session it is."""
    machine.write("/run/by-person.sh", command)
    machine.run("systemd-run --quiet --wait --collect -p PAMName=login -p User=alice -p StandardInput=tty "
                "-p TTYPath=/dev/tty9 -p StandardOutput=file:/run/by-person.out -p StandardError=inherit "
                "bash /run/by-person.sh", check=False)


def may_use_sudo(machine: Machine) -> None:
    machine.write("/etc/sudoers.d/alice", "alice ALL=(ALL) NOPASSWD: ALL\n")


def rotate(machine: Machine) -> None:
    """As auditd does it when the log is full; returns when it is done."""
    machine.run(f"before=$(stat -c %i {LOG}); systemctl kill --signal=USR1 auditd.service; "
                f"until now=$(stat -c %i {LOG} 2>/dev/null) && test $now != $before; do :; done")
