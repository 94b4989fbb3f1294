"""A named recipient: what a control room would run, on a unix socket of the device."""
from machine import Machine

NAME = "control-room"
LOG = "/run/control-room/log"
# Who names a recipient names all: journal and bus are there by themselves only where nobody is named.
CONFIG = f"""\
[[notify.recipient]]
name = "journal"
type = "journal"
[[notify.recipient]]
name = "bus"
type = "dbus"
[[notify.recipient]]
name = "{NAME}"
type = "unix"
target = "/run/control-room/socket"
required = true
"""
CONFIG_FILE = "/etc/integrityd/conf.d/60-control-room.toml"


def up(machine: Machine) -> None:
    """Takes one connection after the other and writes down what comes."""
    machine.run("systemd-run --unit=control-room -p RuntimeDirectory=control-room -p RuntimeDirectoryPreserve=yes "
                f"-p StandardOutput=append:{LOG} /usr/libexec/vm/listen /run/control-room/socket")


def down(machine: Machine) -> None:
    machine.run("systemctl stop control-room.service")


def given(machine: Machine) -> str:
    return machine.run(f"cat {LOG}").out
