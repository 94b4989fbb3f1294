"""A file below AIDE is made 0777, as CIP's own test TC_CR3.4_1 does."""
from acts import FILE, found_and_put_back

SHORT = True


def run(machine, expect):
    found_and_put_back(machine, expect, "aide.entry.changed", FILE, f"chmod 0777 {FILE}", f"chmod 0644 {FILE}")
