"""What scenarios do with the measured boot."""
import itertools
import json

from device import violations
from expect import Expect, Skipped
from machine import Machine

# Emulated, a read of all PCRs takes a second; the first look comes with the others of a start.
LOOK_SECONDS = 120
SLOT_B = "/dev/disk/by-partlabel/BOOT1"
# Above those that the image has.
revisions = itertools.count(10)


def needs_watcher(machine: Machine) -> None:
    if machine.run("integrityctl boot --help", check=False).status != 0:
        raise Skipped("this package has no boot watcher")


def look(machine: Machine) -> None:
    machine.run("integrityctl check --wait boot", timeout=LOOK_SECONDS, check=False)


def held(machine: Machine) -> list[dict]:
    """What is told of the boot and holds, the worst first."""
    return [one for one in violations(machine, "--source", "boot") if one["state"] in ("open", "acknowledged")]


def unaccepted(machine: Machine) -> list[str]:
    report = json.loads(machine.run("integrityctl boot --json").out)
    return [event["component"] for event in report["events"] if event.get("accepted") is False]


def start_slot(machine: Machine, letter: str, settled: bool = True) -> None:
    """EFI Boot Guard starts the slot whose revision is the highest."""
    machine.run(f"bg_setenv --part={'ab'.index(letter)} --preserve --revision={next(revisions)} --ustate=0")
    machine.restart(settled)


def told_nothing(machine: Machine, expect: Expect) -> None:
    look(machine)
    expect.equal([(one["kind"], one["subject"]) for one in held(machine)], [], "what is told of the boot")
