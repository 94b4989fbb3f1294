"""A key is signed into db while the system runs: told at once as effective at the next boot, and after that as effective."""
import luks
import measured
import secure_boot


def run(machine, expect):
    measured.needs_watcher(machine)
    luks.seal_to_what_stays(machine)
    expect.from_now()
    secure_boot.add_to_db(machine)
    measured.look(machine)
    soon = expect.event("boot.secureboot.keys-changed", "db at the next boot", within=measured.LOOK_SECONDS)
    expect.equal(soon["violation"]["severity"], "critical", "severity")
    expect.contains(soon["violation"]["summary"], "effective at the next: 1 key added", "summary")
    expect.from_now()
    machine.restart(settled=False)
    now = expect.event("boot.secureboot.keys-changed", "db", within=measured.LOOK_SECONDS)
    expect.contains(now["violation"]["summary"], "db is not what was accepted: 1 key added", "summary")
    expect.event("boot.secureboot.keys-changed", "db at the next boot", type="returned", within=measured.LOOK_SECONDS)
