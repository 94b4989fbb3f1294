"""A required recipient is down: it is said through the others, and it is given what it missed when it is back."""
import device
import recipient
from acts import FILE


def run(machine, expect):
    machine.write(recipient.CONFIG_FILE, recipient.CONFIG)
    expect.from_now()
    machine.run("systemctl restart integrityd.service")
    expect.event("self.notify.failed", recipient.NAME, within=60)
    machine.run(f"sed -i 's/recipe/Recipe/' {FILE}")
    device.check(machine)
    event = expect.event("aide.entry.changed", FILE)
    recipient.up(machine)
    machine.run(f"integrityctl notify test {recipient.NAME}", check=False)
    expect.item(lambda item: (item.get("event") or {}).get("type") in ("returned", "resolved")
                and item["event"]["violation"]["kind"] == "self.notify.failed", "the recipient is back", 120)
    expect.contains(recipient.given(machine), event["hash"], "what the control room was given")
