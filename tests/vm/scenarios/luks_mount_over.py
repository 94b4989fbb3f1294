"""Something else is mounted over /var: told at once, although the volume itself is as it was."""
import luks


def run(machine, expect):
    luks.needs_watcher(machine)
    expect.from_now()
    machine.run("mount -t tmpfs -o size=1M planted /var")
    event = expect.event("luks.mapping.unexpected", "var", within=luks.TOLD_WITHIN)
    expect.contains(event["violation"]["summary"], "planted", "the summary")
    machine.run("umount /var")
    expect.event("luks.mapping.unexpected", "var", type="returned", within=luks.TOLD_WITHIN)
    expect.verdict("degraded", within=luks.TOLD_WITHIN)
    expect.status("degraded")
