#!/usr/bin/env python3
"""Runs scenarios, each in a machine of its own that is a copy of a sleeping one.

A scenario is a file of scenarios/: a sentence as its docstring, `run(machine, expect)`, and optionally
START ("started", "accepted", bases.py; default "accepted"), SHORT (True: also run by --short) and LONG (True: minutes).
"""
import argparse
import contextlib
import fnmatch
import functools
import importlib
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType
from typing import TextIO

from bases import MEMORY, Bases, copy_of
from common import CACHE, HERE, lock_cache, say
from expect import Expect, Failed, Skipped
from lanes import lanes_of_host, side_by_side
from machine import Machine, MachineError
from qemu import MEMORY_MIB, PROCESSORS

LOGS = CACHE / "logs"
# The same lines as on standard output, for whoever adds the counts up; the last one counts.
RESULT = CACHE / "result"


def choose(patterns: list[str], short: bool) -> list[str]:
    """Names of scenarios, the long ones first: whoever begins them last waits for them longest."""
    known = sorted(path.stem for path in (HERE / "scenarios").glob("*.py"))
    for pattern in patterns:
        if not fnmatch.filter(known, pattern):
            raise SystemExit(f"vm: no such scenario: {pattern}; there are: {' '.join(known)}")
    chosen = [name for name in known if not patterns or any(fnmatch.fnmatch(name, each) for each in patterns)]
    if short and not patterns:
        chosen = [name for name in chosen if getattr(scenario_of(name), "SHORT", False)]
    return sorted(chosen, key=lambda name: not getattr(scenario_of(name), "LONG", False))


def scenario_of(name: str) -> ModuleType:
    return importlib.import_module(f"scenarios.{name}")


def keep_logs(name: str, machine: Machine) -> None:
    """What one needs to understand a failure."""
    LOGS.mkdir(exist_ok=True)
    try:
        journal = machine.run("journalctl -q -b --no-pager | tail -n 400", check=False).out if machine.agent else ""
    except (MachineError, OSError) as error:
        journal = f"no journal: {error}\n"
    (LOGS / f"{name}.journal.log").write_text(journal)
    for kind in ("console", "product", "qemu", "swtpm"):
        log = machine.folder / f"{kind}.log"
        if log.exists():
            shutil.copy(log, LOGS / f"{name}.{kind}.log")


def act(name: str, bases: Bases, scratch: Path) -> tuple[str, str]:
    """("passed" | "failed" | "skipped", why it was, or what was measured)."""
    folder = scratch / name
    scenario = scenario_of(name)
    try:
        base = bases.get(start_of(name))
        with copy_of(base, folder) as machine:
            try:
                machine.start(base / MEMORY)
                expect = Expect(machine)
                scenario.run(machine, expect)
                expect.journal_has_all()
            except Skipped:
                raise
            except Exception:
                keep_logs(name, machine)
                raise
    except Skipped as why:
        return "skipped", str(why)
    except (Failed, MachineError) as why:
        return "failed", str(why)
    except Exception as why:  # a fault of a scenario is no reason to leave out the others
        return "failed", repr(why)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return "passed", "; ".join(expect.notes)


def start_of(name: str) -> str:
    return getattr(scenario_of(name), "START", "accepted")


def act_timed(name: str, bases: Bases, scratch: Path) -> tuple[str, str, float]:
    say(f"{name}: {scenario_of(name).__doc__.splitlines()[0]}")
    began = time.monotonic()
    return *act(name, bases, scratch), time.monotonic() - began


def act_all(names: list[str], bases: Bases, scratch: Path, result: TextIO, lanes: int) -> int:
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    began = time.monotonic()
    bases.make({start_of(name) for name in names})
    act_one = functools.partial(act_timed, bases=bases, scratch=scratch)
    with contextlib.closing(side_by_side(names, act_one, lanes)) as acted:
        for name, answer in acted:
            outcome, why, seconds = answer or ("failed", "its process ended without a word", 0)
            counts[outcome] += 1
            tell(result, f"{outcome.upper() if outcome != 'passed' else outcome}: {name}" +
                 (f": {why}" if why else "") + f" ({seconds:.0f} s)")
    if counts["failed"]:
        say(f"logs of what failed: {LOGS}")
    say(f"{len(names)} scenarios in {time.monotonic() - began:.0f} s, {lanes} at a time")
    tell(result, ", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    return 1 if counts["failed"] or not counts["passed"] else 0


def tell(result: TextIO, line: str) -> None:
    for out in (sys.stdout, result):
        print(line, file=out, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("image", type=Path)
    parser.add_argument("--short", action="store_true", help="only the scenarios marked for it")
    parser.add_argument("--lanes", type=int, default=lanes_of_host(PROCESSORS, 2 * MEMORY_MIB),
                        help="how many machines at a time (as many as have processors and memory of their own)")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="a name, or a pattern ('tls_*')")
    arguments = parser.parse_args()
    # Ended from outside, it still ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    lock_cache()
    shutil.rmtree(LOGS, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="run-") as scratch, open(RESULT, "w", encoding="utf-8") as result:
        bases = Bases(arguments.image.resolve(), Path(scratch))
        names = choose(arguments.scenarios, arguments.short)
        return act_all(names, bases, Path(scratch), result, arguments.lanes)


if __name__ == "__main__":
    sys.exit(main())
