#!/usr/bin/env python3
"""Finds files and functions that have grown too long (CONTRIBUTING.md); ends with 1 if there are any.

A reader, not a parser: with the tree's own format a function's body begins on a line that ends with "{" after a ")" and
ends on the next line that begins with "}" in the same column or left of it.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE_LINES = 400      # a reader holds no more than that
FUNCTION_LINES = 70   # the aim is 15, and 50 for a table of cases; beyond this it does two things
PUBLIC = ROOT / "lib" / "include"  # an interface is one document, and its C++ side is header only by contract
FOLDERS = ("daemon", "lib", "tests")
NO_FUNCTION = r"(?:namespace|class|struct|enum|union|extern|if|for|while|switch)\b"
OPENING = re.compile(r"^( *)(?!" + NO_FUNCTION + r")[^\s}].*\).*\{$")
CLOSING = re.compile(r"^( *)\}")


def long_functions(lines: list[str]) -> list[tuple[int, int]]:
    """(line, length) of each function that is too long."""
    found = []
    begin, column = 0, 0
    for number, line in enumerate(lines, 1):
        if not begin:
            if opening := OPENING.match(line):
                begin, column = number, len(opening[1])
        elif (closing := CLOSING.match(line)) and len(closing[1]) <= column:
            if number - begin + 1 > FUNCTION_LINES:
                found.append((begin, number - begin + 1))
            begin = 0
    return found


def main() -> int:
    faults = []
    for top in FOLDERS:
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix not in {".cpp", ".hpp", ".c", ".h", ".py", ".sh"}:
                continue
            lines = path.read_text(errors="replace").splitlines()
            where = path.relative_to(ROOT)
            if PUBLIC in path.parents:
                continue
            if len(lines) > FILE_LINES:
                faults.append(f"{where}: {len(lines)} lines, limit {FILE_LINES}")
            if path.suffix not in {".py", ".sh"}:
                faults += [f"{where}:{at}: a function of {length} lines, limit {FUNCTION_LINES}"
                           for at, length in long_functions(lines)]
    print("\n".join(faults + [f"{len(faults)} too long"]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
