"""A file below AIDE is removed, found, and put back as it was."""
from acts import FILE, found_and_put_back

SHORT = True


def run(machine, expect):
    found_and_put_back(machine, expect, "aide.entry.removed", FILE,
                       f"mv {FILE} /var/lib/taken", f"mv /var/lib/taken {FILE}")
