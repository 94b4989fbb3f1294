#!/usr/bin/env python3
"""The AppArmor profiles: compiled by AppArmor's own parser, which needs neither root nor a kernel with AppArmor."""
import re
import shutil
import subprocess
from pathlib import Path

from support import ROOT, Case, main

FOLDER = ROOT / "policy" / "apparmor"
PROFILE = FOLDER / "usr.libexec.integrityd.integrityd"
BROKER = FOLDER / "usr.libexec.integrityd.integrityd-broker"


class Profile(Case):
    def compile(self, text):
        parser = self.need("apparmor_parser") if shutil.which("apparmor_parser") else "/sbin/apparmor_parser"
        if not Path(parser).exists() or not Path("/etc/apparmor.d/abstractions/base").exists():
            print(f"SKIPPED: {self.id()}: apparmor is not installed")
            self.skipTest("apparmor is not installed")
        file = self.directory / "profile"
        file.write_text(text)
        return subprocess.run([parser, "--skip-kernel-load", "--skip-cache", str(file)], capture_output=True, text=True,
                              check=False)

    def rules(self, profile):
        text = re.sub(r"#.*", "", profile.read_text())
        self.assertNotRegex(text, r"flags=\([^)]*(complain|unconfined)")
        return text

    def assert_networks(self, text, *networks):
        self.assertEqual(re.findall(r"^\s*network (.*),$", text, flags=re.M), list(networks))

    def assert_only_netlink(self, text):
        """Of all networks the kernel's own messages."""
        self.assert_networks(text, "netlink raw")

    def test_the_parser_takes_them(self):
        for profile in sorted(FOLDER.iterdir()):
            with self.subTest(profile.name):
                run = self.compile(profile.read_text())
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertNotIn("warning", run.stderr.lower())

    def test_a_wrong_profile_would_be_found(self):
        self.assertNotEqual(self.compile(PROFILE.read_text().replace(" mr,", " mrq,", 1)).returncode, 0)

    def test_the_daemons_is_in_force_and_grants_no_privilege(self):
        """[REQ-38]"""
        text = self.rules(PROFILE)
        for word in ("capability", "mount", "ptrace", "ux,", "Ux,", "change_profile"):
            self.assertNotRegex(text, rf"^\s*(owner\s+|audit\s+)*{word}", word)
        # Endpoints and names beside the kernel's messages; none that would let it listen to what passes by.
        self.assert_networks(text, "netlink raw", "inet stream", "inet6 stream", "inet dgram", "inet6 dgram")
        # Written are the daemon's own places and the sockets of the system, nothing else.
        written = re.findall(r"^\s*(?:owner )?(/\S+) [a-z]*w", text, flags=re.M)
        self.assertEqual([path for path in written if not path.startswith(("/var/lib/integrityd/", "/run/", "/dev/log"))], [])

    def test_the_daemons_holds_as_its_unit_runs_it(self):
        """[REQ-38] NoNewPrivileges= refuses a change of profile, and what the broker's namespace opens has no path here."""
        text = self.rules(PROFILE)
        self.assertNotRegex(text, r"->|[CPcp]x,")
        self.assertRegex(text, r"(?m)^profile integrityd .* flags=\(attach_disconnected\) \{$")

    def test_the_brokers_is_in_force_and_lets_it_read_alone(self):
        """[REQ-39]"""
        text = self.rules(BROKER)
        self.assertEqual(re.findall(r"^\s*capability (.*),$", text, flags=re.M), ["dac_read_search", "audit_read", "audit_control", "sys_admin"])
        for word in ("mount", "ptrace", "change_profile", "dbus"):
            self.assertNotRegex(text, rf"^\s*(owner\s+|audit\s+)*{word}", word)
        self.assert_only_netlink(text)
        access = dict(re.findall(r"^\s*(?:owner )?([/@]\S+) (\w+),$", text, flags=re.M))
        # Written is its own memory alone.
        self.assertEqual(access.pop("/memfd:integrityd-{audit-status,luks-header,dm-table}"), "rw")
        # The TPM takes its commands as what is written to it; the broker forwards those that read.
        self.assertEqual(access.pop("/dev/tpmrm[0-9]"), "rw")
        self.assertEqual(set(access.values()), {"r", "mr"})

    def test_what_the_broker_may_open_the_daemon_may_be_passed(self):
        """[REQ-38] [REQ-39]"""
        watched = [re.findall(r"^\s*(/(?:etc/a|var/l)\S+) r,$", self.rules(profile), flags=re.M) for profile in (PROFILE, BROKER)]
        self.assertEqual(set(watched[1]) - set(watched[0]), set())
        self.assertIn("/var/log/aide/{,**}", watched[1])


main()
