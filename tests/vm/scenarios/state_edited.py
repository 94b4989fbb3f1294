"""Somebody edits the state file, which is put right, and the store while the daemon is stopped: said at the start."""
import device

SHORT = True

# In the page of the database that holds it, a kind is written as another one of the same length.
EDIT = r"sed -i 's/aide\.entry\.changed/aide.entry.chanced/g' /var/lib/integrityd/*.db"


def run(machine, expect):
    machine.run(f"sed -i 's/recipe/Recipe/' {device.WATCHED}/recipe-3")
    device.check(machine)
    expect.event("aide.entry.changed", f"{device.WATCHED}/recipe-3")
    expect.verdict("violated")
    machine.run("sed -i 's/^VERDICT=.*/VERDICT=intact/' /run/integrityd/state")
    # With the daemon's next sign of life.
    machine.run("until grep -q VERDICT=violated /run/integrityd/state; do busctl --system list >/dev/null; done", timeout=90)
    machine.run("systemctl stop integrityd.service")
    expect.from_now()
    machine.run(EDIT)
    machine.run("systemctl start integrityd.service")
    expect.item(lambda item: ((item.get("event") or {}).get("violation") or {}).get("kind")
                in ("self.events.tampered", "self.store.damaged"), "the store was edited", 60)
    expect.verdict("violated", within=60)
