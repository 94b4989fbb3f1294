#!/usr/bin/env python3
"""Holds integrityctl's manual page and bash completion against its --help: the same verbs, the same options.

usage: ctl_words.py INTEGRITYCTL; ends with 1 and a list of what differs.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

CTL = Path(__file__).resolve().parents[2] / "lib" / "ctl"
EVERYWHERE = {"--help", "--json"}  # described once in the manual page
# No daemon: what is completed then comes from the program itself.
NO_BUS = {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent/bus", "LC_ALL": "C.UTF-8"}


def help_of(program, path):
    """(verbs below, options) of a verb as its --help names them."""
    done = subprocess.run([program, *path, "--help"], capture_output=True, text=True, check=True)
    verbs, options, section = [], set(), ""
    for line in done.stdout.splitlines():
        if line and not line.startswith(" "):
            section = line.strip()
        elif section == "Verbs:" and (verb := re.match(r"  ([a-z-]+) ", line)):
            verbs.append(verb[1])
        elif section == "Options:" and (option := re.match(r"  (?:-\w,)?(--[a-z-]+)", line)):
            options.add(option[1])
    return verbs, options


def read_help(program, path=()):
    """Every verb, as a tuple of words -> (verbs below, options)."""
    verbs, options = help_of(program, path)
    tree = {path: (verbs, options)}
    for verb in verbs:
        tree |= read_help(program, (*path, verb))
    return tree


def read_manual():
    """Every verb of the manual page, as a tuple of words -> options."""
    verbs, current = {}, None
    for line in (CTL / "integrityctl.1.scd").read_text().splitlines():
        if line.startswith("## "):
            current = tuple(word for word in line[3:].split() if re.fullmatch(r"[a-z-]+", word))
            verbs[current] = set()
        elif line.startswith("# "):
            current = () if line == "# OPTIONS" else None
            if current is not None:
                verbs[current] = set()
        elif current is not None and (option := re.match(r"\*(--[a-z-]+)\*", line)):
            verbs[current].add(option[1])
    return verbs


def complete(program, words):
    """What the completion offers for the last of these words."""
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _integrityctl; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    environment = os.environ | NO_BUS | {"PATH": f"{Path(program).resolve().parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-euc", script, "bash", CTL / "completion" / "integrityctl", "integrityctl", *words],
                          capture_output=True, text=True, check=True, env=environment)
    return set(done.stdout.split())


def compare(what, found, expected):
    return [f"{what}: {word} is missing" for word in sorted(expected - found)] + \
           [f"{what}: there is no {word}" for word in sorted(found - expected)]


def manual_faults(tree, manual):
    # What has verbs below it is a verb itself where it has options of its own.
    leaves = {path: options for path, (verbs, options) in tree.items() if path and (not verbs or options - {"--help"})}
    faults = compare("manual page", {" ".join(path) for path in manual if path}, {" ".join(path) for path in leaves})
    for path, options in leaves.items():
        faults += compare(f"manual page, {' '.join(path)}", manual.get(path, set()), options - EVERYWHERE)
        faults += compare(f"--help of {' '.join(path)}", options & EVERYWHERE, EVERYWHERE)
    return faults + compare("manual page, OPTIONS", manual[()], tree[()][1] | EVERYWHERE)


def completion_faults(program, tree):
    faults = []
    for path, (verbs, options) in tree.items():
        name = f"completion of integrityctl {' '.join(path)}".rstrip()
        faults += compare(name, complete(program, [*path, "--"]), options)
        if verbs:
            faults += compare(name, complete(program, [*path, ""]), set(verbs))
        if len(path) > 1:
            again = complete(program, [*path, ""]) & set(tree[path[:-1]][0])
            faults += [f"{name}: offers {word}, which stands beside it" for word in sorted(again)]
    page = str(CTL / "integrityctl.1")
    faults += compare("completion of a file to import",
                      complete(program, ["baseline", "import", "--comment", "known", "boot", page]), {page + ".scd"})
    faults += compare("completion of a watcher to import", complete(program, ["baseline", "import", "b"]), {"boot"})
    faults += compare("completion of a watcher", complete(program, ["check", "a"]), {"aide", "audit"})
    faults += compare("completion of a kind", complete(program, ["explain", "audit.log.re"]),
                      {"audit.log.removed", "audit.log.rewritten"})
    return faults + compare("completion of a severity", complete(program, ["list", "--severity", "h"]), {"high"})


def main(program):
    tree = read_help(program)
    faults = manual_faults(tree, read_manual()) + completion_faults(program, tree)
    print("\n".join(faults + [f"{len(tree)} verbs, {len(faults)} differences"]))
    return 1 if faults or len(tree) < 2 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
