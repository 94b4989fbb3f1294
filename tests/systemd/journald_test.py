#!/usr/bin/env python3
"""The daemon's entries in a real journal: a journald of the test's own, in a private mount namespace.

Argument: integrityd. Needs root for the namespace.
"""
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from support import Case, main

JOURNALD = Path("/lib/systemd/systemd-journald")
INTEGRITYD = Path(sys.argv[1]).resolve()
# For a slow machine; nothing here waits for it to pass.
DEADLINE = 30

CONFIG = """[daemon]
state_dir = "{directory}/state"
runtime_dir = "{directory}/run"
[[notify.recipient]]
name = "journal"
type = "journal"
required = true
[aide]
report_log = "{directory}/aide.log"
config = "{directory}/aide.conf"
database = "{directory}/aide.db"
[audit]
enabled = false
"""


class Service:
    """A program that tells its state as under a service manager (sd_notify(3)); there once a line begins with `sign`."""

    def __init__(self, directory, sign, *command):
        path = directory / f"notify-{Path(command[0]).name}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(str(path))
            ready.settimeout(DEADLINE)
            # Not the system's bus, and not the stream of whoever runs the test.
            environment = {"PATH": "/usr/bin:/bin", "NOTIFY_SOCKET": str(path),
                           "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={directory}/no-bus"}
            self.process = subprocess.Popen(command, env=environment)
            while not any(line.startswith(sign) for line in ready.recv(4096).splitlines()):
                pass

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)


def inside(directory):
    """In the namespace: a /run of our own, so that the journal's fixed path is ours."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    settings = Path("/run/systemd/journald.conf.d/test.conf")
    settings.parent.mkdir(parents=True)
    # Audit= neither yes nor no: the machine's auditing is left as it is.
    settings.write_text("[Journal]\nStorage=volatile\nAudit=\nReadKMsg=no\nForwardToWall=no\n")
    (directory / "state").mkdir()
    (directory / "config.toml").write_text(CONFIG.format(directory=directory))
    journald = Service(directory, b"READY=1", str(JOURNALD))
    # No database makes it degraded: the first look is over, and what it saw is told.
    integrityd = Service(directory, b"STATUS=Verdict degraded", str(INTEGRITYD), "--config", str(directory / "config.toml"))
    status = integrityd.end()
    journald.end()
    entries = subprocess.run(["journalctl", "--directory=/run/log/journal", "-o", "json", "SYSLOG_IDENTIFIER=integrityd"],
                             capture_output=True, text=True, check=True).stdout
    (directory / "entries").write_text(entries)
    return status


class Journal(Case):
    def entries(self):
        self.need("unshare")
        self.need("journalctl")
        if os.geteuid() != 0 or not JOURNALD.exists():
            print(f"SKIPPED: {self.id()}: needs root and {JOURNALD}")
            self.skipTest("needs root and journald")
        probe = subprocess.run(["unshare", "--mount", "--propagation", "private", "mount", "-t", "tmpfs", "tmpfs", "/run"],
                               check=False, capture_output=True, text=True)
        if probe.returncode != 0:
            print(f"SKIPPED: {self.id()}: no mount namespace: {probe.stderr.strip()}")
            self.skipTest("no mount namespace")
        run = subprocess.run(["unshare", "--mount", "--propagation", "private", sys.executable, __file__,
                              str(INTEGRITYD), "inside", str(self.directory)], check=False, capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        return [json.loads(line) for line in (self.directory / "entries").read_text().splitlines()]

    def test_every_event_is_an_entry_with_its_fields(self):
        """[REQ-18]"""
        entries = [entry for entry in self.entries() if "INTEGRITY_SEQUENCE" in entry]
        self.assertEqual([int(entry["INTEGRITY_SEQUENCE"]) for entry in entries], list(range(1, len(entries) + 1)))
        kinds = {entry["INTEGRITY_KIND"]: entry for entry in entries}
        for kind in ("self.started", "aide.database.missing", "verdict", "self.stopped"):
            self.assertIn(kind, kinds)
        missing = kinds["aide.database.missing"]
        self.assertEqual(missing["PRIORITY"], "4")
        self.assertEqual(missing["INTEGRITY_SUBJECT"], f"{self.directory}/aide.db")
        self.assertTrue(missing["MESSAGE"].startswith(f"aide.database.missing {self.directory}/aide.db: "))
        self.assertEqual(len(missing["MESSAGE_ID"]), 32)
        for entry in entries:
            self.assertIn(f"hash={entry['INTEGRITY_HASH'][:16]}]", entry["MESSAGE"])


if sys.argv[2:3] == ["inside"]:
    sys.exit(inside(Path(sys.argv[3])))
main()
