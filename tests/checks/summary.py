#!/usr/bin/env python3
"""Counts test cases, not programs, out of Meson's test logs, and the scenarios of the machine.

Prints every skipped test with its reason, then what failed and how, so that the end of a long log tells it, and then one
line, "N passed, N failed" or "N passed, N failed, N skipped".
Ends with 1 if anything failed or nothing was run.
"""
import argparse
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

CATCH_PASSED = re.compile(r"^All tests passed \(.* in (\d+) test cases?\)", re.MULTILINE)
CATCH_FAILED = re.compile(r"^test cases: +(\d+) \|(.*)$", re.MULTILINE)
UNITTEST = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
UNITTEST_RESULT = re.compile(r"^(?:OK|FAILED) \((.*)\)$", re.MULTILINE)
COUNTED = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")
SKIPPED = re.compile(r"^SKIPPED: (.*)$", re.MULTILINE)
# The case's name between two rules, the first place, a dotted rule; then each failed assertion up to an empty line.
CATCH_CASE = re.compile(r"^-{79}\n((?:(?!-{79}).+\n)+)-{79}\n.+\n\.{79}\n", re.MULTILINE)
CATCH_FAILURE = re.compile(r"^\S+:\d+: FAILED:\n(?:.+\n)*", re.MULTILINE)
UNITTEST_FAILURE = re.compile(r"^={70}\n((?:FAIL|ERROR): .*)\n-{70}\n((?:.+\n)*)", re.MULTILINE)
SANITIZER = re.compile(r"^.*(?:ERROR: \w+Sanitizer|runtime error): .*\n(?:.+\n){0,15}", re.MULTILINE)
LAST_LINES = 25      # of a program that says nothing that is known here
EXCERPT_LINES = 60   # a program; a log keeps only its end, and others have failed as well


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: "Count") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def unittest_number(output: str, names: str) -> int:
    result = UNITTEST_RESULT.search(output)
    return sum(map(int, re.findall(rf"(?:{names})=(\d+)", result[1]))) if result else 0


def cases_and_failures(output: str) -> tuple[int, int]:
    """What the program itself says it ran; a program that does not count is one test."""
    if found := CATCH_PASSED.search(output):
        return int(found[1]), 0
    if found := CATCH_FAILED.search(output):
        failed = re.search(r"(\d+) failed\b(?! as)", found[2])
        return int(found[1]), int(failed[1]) if failed else 0
    if found := UNITTEST.search(output):
        return int(found[1]), unittest_number(output, "failures|errors")
    return 1, 0


def count_program(entry: dict) -> tuple[Count, list[str]]:
    output = (entry.get("stdout") or "") + "\n" + (entry.get("stderr") or "")
    skips = list(dict.fromkeys(SKIPPED.findall(output)))
    if entry["result"] == "SKIP":
        return Count(skipped=1), skips or [f"{entry['name']}: status 77"]
    cases, failed = cases_and_failures(output)
    # A crash, a time limit or a sanitizer's finding after the last test is a failure that no test case has counted.
    if entry["result"] not in ("OK", "EXPECTEDFAIL") and failed == 0:
        failed, cases = 1, max(cases, 1)
    said = max(len({skip.partition(":")[0] for skip in skips}), unittest_number(output, "skipped"))
    skipped = min(said, cases - failed)
    return Count(cases - failed - skipped, failed, skipped), skips


def case_before(output: str, place: int) -> str:
    names = [found[1].strip() for found in CATCH_CASE.finditer(output, 0, place)]
    return f"in: {names[-1]}\n" if names else ""


def how_it_failed(entry: dict) -> str:
    """What the program says of its failures: assertions with their case, findings of sanitizers, or its last lines."""
    output = (entry.get("stdout") or "") + "\n" + (entry.get("stderr") or "")
    parts = [case_before(output, found.start()) + found[0] for found in CATCH_FAILURE.finditer(output)]
    parts += ["\n".join(found) for found in UNITTEST_FAILURE.findall(output)]
    parts += [found[0] for found in SANITIZER.finditer(output)]
    lines = "".join(parts).splitlines()[:EXCERPT_LINES] or output.strip().splitlines()[-LAST_LINES:]
    return "\n  ".join([f"FAILED: {entry['name']} ({entry['result']})", *lines])


def read_log(log: Path) -> list[dict]:
    return [json.loads(line) for line in log.read_text(errors="replace").splitlines()]


def count_log(log: Path) -> tuple[Count, list[str], list[str]]:
    total = Count()
    skips: list[str] = []
    failures: list[str] = []
    if not log.exists():
        return Count(failed=1), skips, [f"FAILED: {log}: not there; could what it is about be built?"]
    for entry in read_log(log):
        count, program_skips = count_program(entry)
        total.add(count)
        skips += program_skips
        if count.failed:
            failures.append(how_it_failed(entry))
    return total, skips, failures


def count_text(text: Path) -> tuple[Count, list[str], list[str]]:
    """What ends with such a line as ours; without it, what should have counted was ended or has failed before."""
    lines = text.read_text(errors="replace").splitlines() if text.exists() else []
    found = COUNTED.match(lines[-1]) if lines else None
    if not found:
        return Count(failed=1), [], [f"FAILED: {text}: ended before its count"]
    failures = [line for line in lines if line.startswith("FAILED: ")]
    return Count(*(int(number or 0) for number in found.groups())), SKIPPED.findall("\n".join(lines)), failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passed", type=int, default=0, help="steps that passed, to be added")
    parser.add_argument("--failed", type=int, default=0, help="steps that failed, to be added")
    parser.add_argument("--status", type=int, default=0, help="status of `meson test`: the log may not hold all of it")
    parser.add_argument("--text", type=Path, action="append", default=[], help="what ends with its own count, in words")
    parser.add_argument("logs", nargs="+", type=Path, help="meson-logs/testlog.json of a build folder")
    arguments = parser.parse_args()
    total = Count(arguments.passed, arguments.failed)
    said: list[str] = []
    for count, skips, failures in [*map(count_log, arguments.logs), *map(count_text, arguments.text)]:
        total.add(count)
        for skip in skips:
            print(f"SKIPPED: {skip}")
        said += failures
    print(*said, sep="\n", end="\n" if said else "")
    if arguments.status != 0 and total.failed == 0:
        total.failed = 1
    print(total)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
