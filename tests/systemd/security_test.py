#!/usr/bin/env python3
"""How much the units leave open, as systemd itself judges it. Arguments: the unit files."""
import re
import subprocess
import sys
from pathlib import Path

from support import Case, main

UNITS = {Path(name).name: Path(name) for name in sys.argv[1:]}
# Exposure, 0 to 10; the daemon's and the broker's are promises (SECURITY.md), the others keep what was reached. AIDE must see everything
# and hold a capability for it.
LIMITS = {"integrityd.service": 1.5, "integrityd-failed.service": 1.5, "integrityd-aide@.service": 3.0,
          "integrityd-broker.service": 2.5}
WITH_NETWORK = 2.0


def settings(unit):
    """What a unit says: {key: [values]}, in order."""
    found = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", UNITS[unit].read_text(), flags=re.M):
        found.setdefault(key, []).append(value)
    return found


class Security(Case):
    def exposure(self, unit):
        analyze = self.need("systemd-analyze")
        run = subprocess.run([analyze, "security", "--offline=true", "--no-pager", str(unit)],
                             capture_output=True, text=True, check=False)
        found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", run.stdout)
        self.assertIsNotNone(found, run.stdout + run.stderr)
        return float(found[1])

    def test_every_service_is_below_its_limit(self):
        """[REQ-38]"""
        services = {name for name in UNITS if name.endswith(".service")}
        self.assertEqual(services, set(LIMITS))
        for name, limit in LIMITS.items():
            with self.subTest(name):
                exposure = self.exposure(UNITS[name])
                print(f"{name}: exposure {exposure}, limit {limit}")
                self.assertLessEqual(exposure, limit)

    def test_the_daemons_with_a_network_is_hardly_more_open(self):
        """[REQ-38] 50-network.conf, for a device with TLS endpoints."""
        drop_in = Path(__file__).resolve().parents[2] / "systemd" / "50-network.conf"
        unit = self.directory / "integrityd.service"
        unit.write_text(UNITS["integrityd.service"].read_text() + drop_in.read_text())
        exposure = self.exposure(unit)
        print(f"integrityd.service with 50-network.conf: exposure {exposure}, limit {WITH_NETWORK}")
        self.assertLessEqual(exposure, WITH_NETWORK)
        self.assertGreater(exposure, self.exposure(UNITS["integrityd.service"]))

    def test_an_open_unit_would_be_found(self):
        unit = self.directory / "open.service"
        unit.write_text("[Service]\nExecStart=/bin/true\n")
        self.assertGreater(self.exposure(unit), 9)

    def test_what_systemd_judges_a_setting_by_is_what_it_enforces(self):
        """A filter with a misspelt name is dropped with a warning, and the figure would not show it."""
        analyze = self.need("systemd-analyze")
        known = subprocess.run([analyze, "syscall-filter", "--no-pager"], capture_output=True, text=True, check=True).stdout
        groups = set(re.findall(r"^(@[\w-]+)", known, flags=re.M))
        calls = set(re.findall(r"^ +([\w]+)$", known, flags=re.M))
        for name in LIMITS:
            for line in settings(name)["SystemCallFilter"]:
                for word in line.lstrip("~").split():
                    self.assertIn(word, groups | calls, name)

    def test_only_the_daemon_may_ask_for_aide(self):
        """[REQ-38]"""
        socket = settings("integrityd-aide.socket")
        self.assertEqual((socket["SocketUser"], socket["SocketGroup"], socket["SocketMode"]),
                         (["integrityd"], ["integrityd"], ["0600"]))
        self.assertEqual((socket["Accept"], socket["MaxConnections"]), (["yes"], ["2"]))

    def test_aide_holds_no_more_than_reading_and_its_audit_record(self):
        """[REQ-38]"""
        service = settings("integrityd-aide@.service")
        self.assertEqual(service["User"], ["_aide"])
        for key in ("CapabilityBoundingSet", "AmbientCapabilities"):
            self.assertEqual(service[key], ["CAP_DAC_READ_SEARCH CAP_AUDIT_WRITE"])

    def test_nothing_is_hidden_from_aide(self):
        """What a unit hides, AIDE would take for removed."""
        service = settings("integrityd-aide@.service")
        for key in ("ProtectHome", "PrivateTmp", "PrivateDevices", "ProtectProc", "PrivateUsers", "ProtectKernelModules",
                    "InaccessiblePaths", "TemporaryFileSystem", "RootDirectory"):
            self.assertNotIn(key, service)


main()
