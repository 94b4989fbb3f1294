"""A named recipient: what a control room would run, on a unix socket of the device."""
from machine import Machine

NAME = "control-room"
FOLDER = "/run/control-room"
LOG = f"{FOLDER}/log"
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
target = "{FOLDER}/socket"
required = true
"""
CONFIG_FILE = "/etc/integrityd/conf.d/60-control-room.toml"


def up(machine: Machine) -> None:
    """Takes one connection after the other and writes down what comes."""
    machine.run(f"mkdir -p -m 0711 {FOLDER} && touch {LOG} && chmod 0600 {LOG} && systemd-run --unit=control-room "
                f"-p StandardOutput=append:{LOG} /usr/libexec/vm/listen {FOLDER}/socket && "
                f"until test -S {FOLDER}/socket; do systemctl is-active control-room >/dev/null || exit 1; done")


def down(machine: Machine) -> None:
    machine.run(f"systemctl stop control-room.service; rm {FOLDER}/socket")


def given(machine: Machine) -> str:
    return machine.run(f"cat {LOG}").out
