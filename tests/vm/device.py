"""What scenarios do to the device again and again."""
import json

from expect import Skipped
from machine import Machine, MachineError

# What the product's data is: small, so that a look takes seconds also where the processor is emulated.
WATCHED = "/var/lib/plant"
AIDE_CONFIG = f"""\
database_in=file:/var/lib/aide/aide.db
database_out=file:/var/lib/aide/aide.db.new
database_new=file:/var/lib/aide/aide.db.new
gzip_dbout=yes
Plain = ftype+p+u+g+s+sha256+sha512
VarFile = ftype+p+u+g
{WATCHED} Plain
"""
AIDE_SECONDS = 180
AIDE = "/usr/libexec/integrityd/integrityd-aide-check"


def needs_package(machine: Machine) -> None:
    if machine.run("command -v integrityctl", check=False).status != 0:
        raise Skipped("integrityd is not in this image (build.sh takes its packages)")


def wait_on_bus(machine: Machine) -> None:
    """The daemon is ready before it is on the bus, which it does not wait for."""
    machine.run("until busctl --system status org.cip_project.Integrity1 >/dev/null 2>&1; do :; done")


def make_plant(machine: Machine) -> None:
    machine.run(f"mkdir -p {WATCHED} && cd {WATCHED} && for i in $(seq 20); do echo \"recipe $i\" > recipe-$i; done")
    machine.write("/etc/aide/aide.conf", AIDE_CONFIG)


def make_database(machine: Machine) -> None:
    """As an operator would after installation: AIDE's first database, by AIDE's own unit."""
    machine.run(f"{AIDE} init >/dev/null && {AIDE} verify >/dev/null && {AIDE} move", timeout=AIDE_SECONDS)


def accept(machine: Machine, *watchers: str) -> None:
    for watcher in watchers:
        machine.run(f"integrityctl baseline accept {watcher} --yes")


def check(machine: Machine, blind: bool = False) -> None:
    """Asks the daemon for a look, which has AIDE's unit do it; returns when the look is over and its events are told.

    `blind`: a look that the daemon draws no conclusion from is no failure here (nothing is accepted yet)."""
    done = machine.run("integrityctl check --wait aide", timeout=AIDE_SECONDS, check=not blind)
    if blind and done.status not in (0, 1):
        raise MachineError(f"integrityctl check ended with {done.status}: {done.out}")


def daily_check(machine: Machine) -> None:
    """Debian's own daily run; returns when its report is written, and integrityd reads that by itself."""
    # Scenarios look more often than Debian lets this unit start.
    machine.run("systemctl reset-failed dailyaidecheck.service; systemctl start dailyaidecheck.service",
                timeout=AIDE_SECONDS)


def violations(machine: Machine, *options: str) -> list[dict]:
    listed = machine.run(f"integrityctl list --json {' '.join(options)}").out
    return [json.loads(line) for line in listed.splitlines()]


def chain_is_intact(machine: Machine) -> bool:
    return machine.run("integrityctl verify", check=False).status == 0


def watchers(machine: Machine) -> list[dict]:
    listed = machine.run("integrityctl watchers --json").out
    return [json.loads(line) for line in listed.splitlines()]


def looking(machine: Machine) -> list[str]:
    """The watchers that have something to look at on this device, and the daemon's own configuration."""
    return [watcher["name"] for watcher in watchers(machine)
            if watcher["name"] != "self" and watcher["state"] not in ("disabled", "absent")] + ["self"]
