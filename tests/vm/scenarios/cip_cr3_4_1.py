"""The acts of CIP's public test TC_CR3.4_1, which passes; and what it does to AIDE's files is told, as it is tampering.

It prepares AIDE for one file, makes a database, finds no difference, makes the file 0777, and finds one.
"""
import device
from acts import TOLD_WITHIN

SHORT = True
FILE = "/var/testapp/test.conf"
CONFIG = "/etc/aide/aide.conf"
PREPARE = f"""
dpkg -s aide >/dev/null
mkdir -p $(dirname {FILE}) && echo setting >{FILE} && chmod 0644 {FILE}
cp {CONFIG} {CONFIG}.kept
sed -i 's/^@@x_include/#&/' {CONFIG}
echo '{FILE}  VarFile' >>{CONFIG}
aide -c {CONFIG} --init && mv /var/lib/aide/aide.db.new /var/lib/aide/aide.db
"""
CHECK = f"aide -c {CONFIG} --check"


def public_test(machine, expect):
    machine.run(PREPARE, timeout=device.AIDE_SECONDS)
    expect.contains(machine.run(CHECK, timeout=device.AIDE_SECONDS).out, "NO differences", "before the change")
    machine.run(f"chmod 0777 {FILE}")
    expect.contains(machine.run(CHECK, timeout=device.AIDE_SECONDS, check=False).out, "found differences", "after it")


def run(machine, expect):
    expect.from_now()
    public_test(machine, expect)
    expect.event("aide.database.changed", within=30)
    device.check(machine, blind=True)  # AIDE compared with a database that nobody has accepted
    expect.event("aide.config.changed", CONFIG, within=TOLD_WITHIN)
    expect.event("aide.entry.changed", FILE, within=TOLD_WITHIN)
    expect.verdict("violated")

    # The same with an operator who accepts what the test prepares: now the file itself is told.
    machine.run(f"chmod 0644 {FILE}")
    device.make_database(machine)
    device.check(machine, blind=True)
    device.accept(machine, "aide")
    device.check(machine)
    expect.event("aide.entry.changed", FILE, type="returned", within=TOLD_WITHIN)
    expect.from_now()
    machine.run(f"chmod 0777 {FILE}")
    device.check(machine)
    expect.event("aide.entry.changed", FILE, within=TOLD_WITHIN)
