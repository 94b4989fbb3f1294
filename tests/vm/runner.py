#!/usr/bin/env python3
"""Runs scenarios, each in a machine of its own that is a copy of a sleeping one.

A scenario is a file of scenarios/: a sentence as its docstring, `run(machine, expect)`, and optionally
START ("started", "accepted", bases.py; default "accepted") and SHORT (True: also run by --short).
"""
import argparse
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
from machine import Machine, MachineError

LOGS = CACHE / "logs"
# The same lines as on standard output, for whoever adds the counts up; the last one counts.
RESULT = CACHE / "result"


def load(names: list[str], short: bool) -> list[tuple[str, ModuleType]]:
    known = sorted(path.stem for path in (HERE / "scenarios").glob("*.py"))
    if unknown := set(names) - set(known):
        raise SystemExit(f"vm: no such scenario: {' '.join(sorted(unknown))}; there are: {' '.join(known)}")
    modules = [(name, importlib.import_module(f"scenarios.{name}")) for name in names or known]
    return [(name, module) for name, module in modules if names or not short or getattr(module, "SHORT", False)]


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


def act(name: str, scenario: ModuleType, bases: Bases, scratch: Path) -> tuple[str, str]:
    """("passed" | "failed" | "skipped", why it was, or what was measured)."""
    folder = scratch / name
    try:
        base = bases.get(getattr(scenario, "START", "accepted"))
        with copy_of(base, folder) as machine:
            try:
                machine.start(base / MEMORY)
                expect = Expect(machine)
                scenario.run(machine, expect)
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


def act_all(scenarios: list[tuple[str, ModuleType]], bases: Bases, scratch: Path, result: TextIO) -> int:
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    all_began = time.monotonic()
    for name, scenario in scenarios:
        say(f"{name}: {scenario.__doc__.splitlines()[0]}")
        began = time.monotonic()
        outcome, why = act(name, scenario, bases, scratch)
        counts[outcome] += 1
        tell(result, f"{outcome.upper() if outcome != 'passed' else outcome}: {name}" + (f": {why}" if why else "") +
             f" ({time.monotonic() - began:.0f} s)")
    if counts["failed"]:
        say(f"logs of what failed: {LOGS}")
    say(f"{len(scenarios)} scenarios in {time.monotonic() - all_began:.0f} s")
    tell(result, ", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    return 1 if counts["failed"] or not counts["passed"] else 0


def tell(result: TextIO, line: str) -> None:
    for out in (sys.stdout, result):
        print(line, file=out, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("image", type=Path)
    parser.add_argument("--short", action="store_true", help="only the scenarios marked for it")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO")
    arguments = parser.parse_args()
    # Ended from outside, it still ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    lock_cache()
    shutil.rmtree(LOGS, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="run-") as scratch, open(RESULT, "w", encoding="utf-8") as result:
        bases = Bases(arguments.image.resolve(), Path(scratch))
        return act_all(load(arguments.scenarios, arguments.short), bases, Path(scratch), result)


if __name__ == "__main__":
    sys.exit(main())
