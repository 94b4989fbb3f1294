"""A file below AIDE is changed, found, put back, acknowledged: violated, degraded, intact."""
from acts import FILE, found_and_put_back

SHORT = True


def run(machine, expect):
    found_and_put_back(machine, expect, "aide.entry.changed", FILE,
                       f"sed -i 's/recipe/Recipe/' {FILE}", f"sed -i 's/Recipe/recipe/' {FILE}")
