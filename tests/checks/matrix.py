#!/usr/bin/env python3
"""Prints the matrix requirement -> design -> test and threat -> mitigation -> test.

Reads the tables of SECURITY.md and the [REQ-n] tags below tests/. With --check it prints only what is
missing and ends with 1 if anything is: IEC 62443-4-1 SD and SVV ask that nothing is left out.
"""
import argparse
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| *((?:REQ|T)-\d+) *\|(.*)\|\s*$")
TAG = re.compile(r"\[(REQ-\d+)\]")
LITERAL = r'(?:"(?:[^"\\]|\\.)*"\s*)+'
# A test case of Catch2: its name, then its tags, each perhaps of several literals. Either may name requirements.
CASE = re.compile(r"\b(?:TEST_CASE|SCENARIO)\s*\(\s*(" + LITERAL + r")(?:,\s*(" + LITERAL + r"))?")
TEST_SUFFIXES = {".cpp", ".c", ".py", ".sh"}


@dataclass
class Requirement:
    text: str
    standard: str
    design: list[str]
    tests: list[str] = field(default_factory=list)


@dataclass
class Threat:
    text: str
    mitigations: list[str]


def read_tables(page: str) -> tuple[dict[str, Requirement], dict[str, Threat], list[str]]:
    requirements: dict[str, Requirement] = {}
    threats: dict[str, Threat] = {}
    faults = []
    for line in page.splitlines():
        row = ROW.match(line)
        if not row:
            continue
        name, cells = row[1], [cell.strip() for cell in row[2].split("|")]
        if name in requirements or name in threats:
            faults.append(f"{name} stands twice in SECURITY.md")
        if name.startswith("REQ") and len(cells) == 3:
            requirements[name] = Requirement(cells[0], cells[1], re.findall(r"`([^`]+)`", cells[2]))
        elif name.startswith("T") and len(cells) == 4:
            threats[name] = Threat(cells[0], re.findall(r"REQ-\d+", cells[3]))
        else:
            faults.append(f"{name}: wrong number of columns")
    return requirements, threats, faults


def joined(literals: str) -> str:
    return TAG.sub("", "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals))).rstrip()


def tagged_tests(path: Path) -> list[tuple[str, str]]:
    """(requirement, test) pairs of one file: per test case, or per file where it holds no Catch2 test case."""
    text = path.read_text(errors="replace")
    where = path.relative_to(ROOT)
    cases = list(CASE.finditer(text)) if path.suffix == ".cpp" else []
    if not cases:
        return [(tag, str(where)) for tag in dict.fromkeys(TAG.findall(text))]
    return [(tag, f"{where}: {joined(case[1])}") for case in cases for tag in TAG.findall(case[1] + (case[2] or ""))]


def collect_tests(requirements: dict[str, Requirement]) -> list[str]:
    faults = []
    for path in sorted((ROOT / "tests").rglob("*")):
        if path.suffix not in TEST_SUFFIXES or "checks" in path.parts:
            continue
        for tag, test in tagged_tests(path):
            if tag in requirements:
                requirements[tag].tests.append(test)
            else:
                faults.append(f"{test}: there is no {tag}")
    return faults


def gaps(requirements: dict[str, Requirement], threats: dict[str, Threat]) -> list[str]:
    faults = []
    for name, requirement in requirements.items():
        if not requirement.design:
            faults.append(f"{name} has no design place")
        faults += [f"{name}: there is no {place}" for place in requirement.design if not (ROOT / place).exists()]
        if not requirement.tests:
            faults.append(f"{name} has no test: {requirement.text}")
    for name, threat in threats.items():
        if not threat.mitigations:
            faults.append(f"{name} has no mitigation")
        faults += [f"{name}: there is no {known}" for known in threat.mitigations if known not in requirements]
    if not requirements or not threats:
        faults.append("SECURITY.md holds no table of requirements or none of threats")
    return faults


def show(requirements: dict[str, Requirement], threats: dict[str, Threat], wanted: list[str]) -> None:
    print("requirement -> design -> test\n")
    for name, requirement in requirements.items():
        if wanted and name not in wanted:
            continue
        print(f"{name}  ({requirement.standard})  {requirement.text}")
        print(f"    design  {', '.join(requirement.design)}")
        for test in requirement.tests or ["NONE"]:
            print(f"    test    {test}")
    print("\nthreat -> mitigation -> test\n")
    for name, threat in threats.items():
        if wanted and name not in wanted:
            continue
        print(f"{name}  {threat.text}")
        for mitigation in threat.mitigations:
            known = requirements.get(mitigation)
            print(f"    {mitigation}  {len(known.tests) if known else 0} tests")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="print only what is missing; status 1 if anything is")
    parser.add_argument("name", nargs="*", help="only these: REQ-n, T-n")
    arguments = parser.parse_args()
    requirements, threats, faults = read_tables((ROOT / "SECURITY.md").read_text())
    faults += collect_tests(requirements) + gaps(requirements, threats)
    if not arguments.check:
        show(requirements, threats, arguments.name)
        print()
    for fault in [] if arguments.name else faults:
        print(fault)
    tests = sum(len(requirement.tests) for requirement in requirements.values())
    print(f"{len(requirements)} requirements, {len(threats)} threats, {tests} traces to tests, {len(faults)} gaps")
    return 1 if faults and not arguments.name else 0


if __name__ == "__main__":
    sys.exit(main())
