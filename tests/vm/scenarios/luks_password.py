"""Root adds a password to the sealed /var and takes it away again: told both times, and that the header was written stays."""
import luks


def run(machine, expect):
    luks.needs_watcher(machine)
    expect.contains(machine.run("integrityctl luks").out, "yes, because: PCR 7", "integrityctl luks")
    expect.from_now()
    luks.add_password(machine)
    luks.look(machine)
    event = expect.event("luks.keyslot.added", "var", within=luks.TOLD_WITHIN)
    expect.equal(event["violation"]["severity"], "critical", "severity")
    expect.contains(event["violation"]["summary"], "password", "the summary")
    expect.status("violated")
    expect.journal("luks.keyslot.added", "var")
    expect.from_now()
    luks.remove_password(machine)
    luks.look(machine)
    expect.event("luks.keyslot.added", "var", type="returned", within=luks.TOLD_WITHIN)
    expect.event("luks.header.changed", "var", within=luks.TOLD_WITHIN)
    machine.run("integrityctl baseline accept luks --yes")
    luks.look(machine)
    expect.event("luks.header.changed", "var", type="resolved", within=luks.TOLD_WITHIN)
