"""CR 3.4 RE(2): a change reaches a named recipient by itself and in time; what it missed it is given; nobody else is.

CIP's own test looks for AIDE's line in the journal. Here AIDE writes none, and nobody asks for a check.
"""
import json
import time

import device
import recipient
from acts import FILE, TOLD_WITHIN

# Nobody asks: within this time, the shortest that can be configured, AIDE begins to look.
INTERVAL = 60
# Stated: from the change to the recipient. AIDE's run, by an emulated processor, is in it.
NOTIFIED_WITHIN = INTERVAL + 30
OFTEN = f'[aide]\ncheck_interval = "{INTERVAL}s"\n'
OFTEN_FILE = "/etc/integrityd/conf.d/61-often.toml"
OTHER = f"{device.WATCHED}/recipe-5"
ACCEPTED = f"{device.WATCHED}/recipe-9"


def told_to_recipient(machine, kind, subject):
    events = [json.loads(line) for line in recipient.given(machine).splitlines()]
    return [event for event in events if (event.get("violation") or {}).get("kind") == kind
            and event["violation"]["subject"] == subject]


def reaches_by_itself(machine, expect):
    expect.from_now()
    began = time.monotonic()
    machine.run(f"chmod 0777 {FILE}")
    event = expect.event("aide.entry.changed", FILE, within=NOTIFIED_WITHIN)
    expect.note(f"from the change to the recipient {time.monotonic() - began:.0f} s, stated {NOTIFIED_WITHIN} s")
    given = told_to_recipient(machine, "aide.entry.changed", FILE)
    expect.equal([one["hash"] for one in given], [event["hash"]], "what the recipient was given")
    expect.contains(" ".join(event["violation"]["requirements"]), "CR 3.4 RE(2)", "requirements")
    lines = machine.run("journalctl --sync; journalctl -q -b -t aide", check=False).out
    expect.equal(lines, "", "lines of AIDE in the journal")


def down_is_said_and_caught_up(machine, expect):
    machine.run(f"rm {OFTEN_FILE} && systemctl reload integrityd.service")  # from here on the scenario asks
    recipient.down(machine)
    expect.from_now()
    machine.run(f"chmod 0777 {OTHER}")
    device.check(machine)
    missed = expect.event("aide.entry.changed", OTHER, within=TOLD_WITHIN)
    expect.event("self.notify.failed", recipient.NAME, within=60)
    recipient.up(machine)
    machine.run(f"integrityctl notify test {recipient.NAME}", check=False)
    expect.item(lambda item: (item.get("event") or {}).get("type") in ("returned", "resolved")
                and item["event"]["violation"]["kind"] == "self.notify.failed", "the recipient is back", 120)
    given = told_to_recipient(machine, "aide.entry.changed", OTHER)
    expect.equal([one["hash"] for one in given], [missed["hash"]], "what the recipient missed")
    sequences = [json.loads(line)["sequence"] for line in recipient.given(machine).splitlines()]
    expect.equal(sequences, sorted(set(sequences)), "each once and in order")


def accepted_is_silent(machine, expect):
    machine.run(f"chmod 0644 {FILE} {OTHER}; echo better >{ACCEPTED}")
    device.make_database(machine)
    device.check(machine, blind=True)
    device.accept(machine, "aide")
    expect.from_now()
    device.check(machine)
    raised = [item["event"]["violation"]["subject"] for item in expect.told()
              if (item.get("event") or {}).get("type") == "raised"]
    expect.equal(raised, [], "raised after it was accepted")
    expect.equal(told_to_recipient(machine, "aide.entry.changed", ACCEPTED), [], "the accepted change")


def others_get_nothing(machine, expect):
    heard = machine.run("cat /run/heard").out
    expect.true("EventAdded" not in heard and "recipe" not in heard, f"alice heard: {heard[-500:]}")
    for command in ("integrityctl events", "cat /run/integrityd/state", f"cat {recipient.LOG}",
                    "sqlite3 /var/lib/integrityd/events.db || cat /var/lib/integrityd/*"):
        done = machine.run(f"runuser -u alice -- sh -c '{command}'", check=False)
        expect.true(done.status != 0 and not done.out, f"alice: {command}: {done.out[:200]}")
    journal = machine.run("runuser -u alice -- journalctl -q -o cat INTEGRITY_KIND=aide.entry.changed", check=False).out
    expect.equal(journal, "", "what alice reads in the journal")


def run(machine, expect):
    machine.run("systemd-run --unit=listen --uid=alice -p StandardOutput=file:/run/heard "
                "dbus-monitor --system \"sender='org.cip_project.Integrity1'\"")
    recipient.up(machine)
    machine.write(recipient.CONFIG_FILE, recipient.CONFIG)
    machine.write(OFTEN_FILE, OFTEN)
    machine.run("systemctl reload integrityd.service")
    device.accept(machine, "self")
    reaches_by_itself(machine, expect)
    down_is_said_and_caught_up(machine, expect)
    accepted_is_silent(machine, expect)
    others_get_nothing(machine, expect)
