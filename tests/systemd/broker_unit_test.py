#!/usr/bin/env python3
"""What systemd leaves the broker. Arguments: the unit files."""
import sys
from pathlib import Path

from support import ROOT, Case, main

SERVICE = next(Path(name) for name in sys.argv[1:] if Path(name).name == "integrityd-broker.service")
DAEMON = next(Path(name) for name in sys.argv[1:] if Path(name).name == "integrityd.service")
SOCKET = ROOT / "systemd" / "integrityd-broker.socket"


class Broker(Case):
    def test_it_has_few_capabilities_and_no_network(self):
        """[REQ-39]"""
        lines = SERVICE.read_text().splitlines()
        self.assertEqual([line for line in lines if "Capabilit" in line],
                         ["CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_AUDIT_READ CAP_AUDIT_CONTROL CAP_SYS_ADMIN"])
        for line in ("NoNewPrivileges=yes", "IPAddressDeny=any", "RestrictAddressFamilies=AF_NETLINK",
                     "ProtectSystem=strict", "MemoryDenyWriteExecute=yes"):
            self.assertIn(line, lines)

    def test_it_may_use_the_tpm_where_a_group_of_its_own_may(self):
        """[REQ-60] Debian's tpm-udev gives the resource manager to the group tss; a group that is missing fails the unit."""
        self.assertIn("SupplementaryGroups=tss", SERVICE.read_text().splitlines())
        self.assertRegex((ROOT / "policy" / "sysusers.d" / "integrityd.conf").read_text(), r"(?m)^g tss +-$")

    def test_of_the_devices_it_may_write_to_the_tpms_resource_manager_alone(self):
        """[REQ-60][REQ-53]"""
        lines = SERVICE.read_text().splitlines()
        self.assertEqual([line for line in lines if line.startswith(("Device", "BindPaths"))],
                         ["DevicePolicy=closed", "DeviceAllow=block-* r", "DeviceAllow=/dev/mapper/control r",
                          "DeviceAllow=char-tpm rw"])

    def test_it_may_open_without_following_links(self):
        """[REQ-39] RestrictSUIDSGID= answers openat2() with ENOSYS (systemd 252), so that the broker could open nothing."""
        lines = SERVICE.read_text().splitlines()
        self.assertNotIn("RestrictSUIDSGID=yes", lines)
        [allowed] = [line for line in lines if line.startswith("SystemCallFilter=@")]
        self.assertIn("@file-system", allowed)

    def test_it_is_there_before_the_daemon_asks(self):
        """[REQ-39] On a busy device its start by the socket took longer than the daemon waits."""
        lines = DAEMON.read_text().splitlines()
        for key in ("After=", "Wants="):
            self.assertTrue(any(line.startswith(key) and SERVICE.name in line.split("=")[1].split() for line in lines), key)

    def test_its_socket_is_the_daemons_and_not_in_the_daemons_directory(self):
        """[REQ-39]"""
        lines = SOCKET.read_text().splitlines()
        self.assertIn("SocketUser=integrityd", lines)
        self.assertIn("SocketMode=0600", lines)
        [path] = [line.partition("=")[2] for line in lines if line.startswith("ListenSequentialPacket=")]
        self.assertFalse(path.startswith("/run/integrityd/"))
        self.assertIn(f'broker = "{path}"\n', (ROOT / "daemon" / "10-device.toml").read_text())


main()
