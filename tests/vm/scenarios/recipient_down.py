"""A required recipient is down: it is said through the others, and it is given what it missed when it is back."""
import device
from acts import FILE

# Who names a recipient names all: journal and bus are there by themselves only where nobody is named.
CONFIG = """\
[[notify.recipient]]
name = "journal"
type = "journal"
[[notify.recipient]]
name = "bus"
type = "dbus"
[[notify.recipient]]
name = "control-room"
type = "unix"
target = "/run/control-room.sock"
required = true
"""
# What a control room would run: takes one connection after the other and writes down what comes.
LISTEN = ("systemd-run --unit=control-room -p StandardOutput=append:/run/control-room.log "
          "python3 -u -c 'import os, socket\n"
          "server = socket.socket(socket.AF_UNIX); server.bind(\"/run/control-room.sock\"); server.listen()\n"
          "os.chmod(\"/run/control-room.sock\", 0o666)\n"
          "while True:\n"
          "    connection, _ = server.accept()\n"
          "    while data := connection.recv(65536): print(data.decode(), end=\"\")'")


def run(machine, expect):
    machine.write("/etc/integrityd/conf.d/60-control-room.toml", CONFIG)
    expect.from_now()
    machine.run("systemctl restart integrityd.service")
    expect.event("self.notify.failed", "control-room", within=60)
    machine.run(f"sed -i 's/recipe/Recipe/' {FILE}")
    device.check(machine)
    event = expect.event("aide.entry.changed", FILE)
    machine.run(LISTEN)
    machine.run("integrityctl notify test control-room", check=False)
    expect.item(lambda item: (item.get("event") or {}).get("type") in ("returned", "resolved")
                and item["event"]["violation"]["kind"] == "self.notify.failed", "the recipient is back", 120)
    expect.contains(machine.run("cat /run/control-room.log").out, event["hash"], "what the control room was given")
