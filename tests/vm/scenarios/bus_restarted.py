"""The bus is restarted: daemon and product application find each other again, and nothing is lost."""
import device
from acts import FILE

SHORT = True


def run(machine, expect):
    expect.from_now()
    machine.run("systemctl restart dbus.service")
    machine.run(f"sed -i 's/recipe/Recipe/' {FILE}")
    device.check(machine)
    expect.event("aide.entry.changed", FILE, within=60)
    sequences = [item["sequence"] for item in expect.told() if item["item"] == "event"]
    expect.equal(sequences, sorted(set(sequences)), "each event once and in order")
