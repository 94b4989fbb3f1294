"""A file is added below AIDE, found, and taken away again."""
from acts import found_and_put_back
from device import WATCHED

SHORT = True


def run(machine, expect):
    added = f"{WATCHED}/recipe-0"
    found_and_put_back(machine, expect, "aide.entry.added", added, f"echo poison > {added}", f"rm {added}")
