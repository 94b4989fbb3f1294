"""Machines put to sleep, from which scenarios wake copies: so they share one start.

started   the first start is over, nothing is accepted
accepted  AIDE has a database, what is there is accepted, the verdict is "intact"
"""
import contextlib
import shutil
import time
from pathlib import Path

import device
from common import CACHE, HERE, digest_of, run, say
from expect import Expect, Skipped
from machine import Machine, MachineError
from qemu import accelerator

MEMORY = "memory"
ACCEPTED_SECONDS = 60


def start_first(machine: Machine, _: Path) -> None:
    machine.start()
    machine.wait_ready()


def accept_what_is_there(machine: Machine, started: Path) -> None:
    machine.start(started / MEMORY)
    device.needs_package(machine)
    device.make_plant(machine)
    device.make_database(machine)
    device.check(machine, blind=True)
    expect = Expect(machine)
    device.accept(machine, *device.looking(machine))
    device.check(machine)
    expect.verdict("intact", within=ACCEPTED_SECONDS)


def copy_of(base: Path, folder: Path) -> Machine:
    """A machine that goes on where `base` was put to sleep: start(base / MEMORY)."""
    folder.mkdir(parents=True)
    run("qemu-img", "create", "-q", "-f", "qcow2", "-b", base / "disk.qcow2", "-F", "qcow2", folder / "disk.qcow2")
    shutil.copy(base / "variables.fd", folder)
    shutil.copytree(base / "tpm", folder / "tpm")
    return Machine(folder)


class Bases:
    def __init__(self, image: Path, scratch: Path) -> None:
        self._image = image
        self._scratch = scratch
        self._failed: dict[str, Exception] = {}  # that which could not be made is not tried again
        inputs = [HERE / f"{name}.py" for name in ("bases", "qemu", "machine")]
        started = digest_of(*inputs, extra=image.name + accelerator())
        self._keys = {"started": started, "accepted": digest_of(HERE / "device.py", extra=started)}

    def get(self, name: str) -> Path:
        """The folder of a sleeping machine; makes it, once."""
        folder = CACHE / f"base-{name}-{self._keys[name]}"
        if name in self._failed:
            raise self._failed[name]
        if not (folder / MEMORY).exists():
            try:
                self._make(name, folder)
            except Skipped as why:
                self._failed[name] = why
                raise
            except Exception as why:
                self._failed[name] = MachineError(f"there is no machine \"{name}\": {why}")
                raise
        return folder

    def make(self, names: set[str]) -> None:
        """Before scenarios share them; what cannot be made is said by get()."""
        for name in sorted(names):
            with contextlib.suppress(Exception):
                self.get(name)

    def _make(self, name: str, folder: Path) -> None:
        began = time.monotonic()
        unfinished = self._scratch / f"base-{name}"
        if name == "started":
            prepare, before = start_first, self._image
            machine = Machine.create(unfinished, self._image / "disk.raw", "raw")
        else:
            prepare, before = accept_what_is_there, self.get("started")
            machine = copy_of(before, unfinished)
        with machine:
            try:
                prepare(machine, before)
                machine.sleep(unfinished / MEMORY)
            except Skipped:
                raise
            except Exception:
                (CACHE / "logs").mkdir(exist_ok=True)
                for log in unfinished.glob("*.log"):
                    shutil.copy(log, CACHE / f"logs/base-{name}.{log.name}")
                raise
        self._forget_others(name)
        shutil.move(unfinished, folder)
        say(f"machine \"{name}\" made in {time.monotonic() - began:.0f} s")

    def _forget_others(self, name: str) -> None:
        for other in CACHE.glob(f"base-{name}-*"):
            shutil.rmtree(other)
