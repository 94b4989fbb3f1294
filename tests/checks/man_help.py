#!/usr/bin/env python3
"""Compares what a program says with --help, itself and each of its verbs, with its manual page: neither may know an option
or a verb that the other does not.

usage: man_help.py PAGE.scd PROGRAM [ARGUMENT...]
"""
import re
import subprocess
import sys
from pathlib import Path

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
VERB_LINE = re.compile(r"^ {2}([a-z][a-z-]*)(?: |$)")


def help_of(command: list[str]) -> str:
    done = subprocess.run([*command, "--help"], capture_output=True, text=True, timeout=20, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} --help ends with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def verbs_of(help_text: str) -> list[str]:
    """The first words of the lines below "Subcommands:" or "Verbs:", up to an empty line."""
    verbs = []
    inside = False
    for line in help_text.splitlines():
        if re.match(r"^(subcommands|verbs|commands):\s*$", line, re.IGNORECASE):
            inside = True
        elif inside and line and not line.startswith(" "):
            inside = False
        elif inside and (verb := VERB_LINE.match(line)):
            verbs.append(verb[1])
    return verbs


def collect(command: list[str], verbs: set[str], options: set[str]) -> None:
    text = help_of(command)
    options.update(OPTION.findall(text))
    for verb in verbs_of(text):
        verbs.add(verb)
        collect([*command, verb], verbs, options)


def page_text(page: Path) -> str:
    """Without scdoc's marks: bold, underline and escapes."""
    return re.sub(r"[*\\]|(?<!\w)_|_(?!\w)", "", page.read_text())


def main() -> int:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    page = page_text(Path(sys.argv[1]))
    verbs: set[str] = set()
    options: set[str] = set()
    collect(sys.argv[2:], verbs, options)
    described = set(OPTION.findall(page))
    faults = [f"the page lacks {option}" for option in sorted(options - described)]
    faults += [f"--help lacks {option}" for option in sorted(described - options)]
    faults += [f"the page lacks the verb {verb}" for verb in sorted(verbs) if not re.search(rf"\b{verb}\b", page)]
    print("\n".join(faults + [f"{len(options)} options, {len(verbs)} verbs, {len(faults)} differences"]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
