#!/usr/bin/env python3
"""The AppArmor profile: compiled by AppArmor's own parser, which needs neither root nor a kernel with AppArmor."""
import re
import shutil
import subprocess
from pathlib import Path

from support import ROOT, Case, main

PROFILE = ROOT / "policy" / "apparmor" / "usr.libexec.integrityd.integrityd"


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

    def test_the_parser_takes_it(self):
        run = self.compile(PROFILE.read_text())
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertNotIn("warning", run.stderr.lower())

    def test_a_wrong_profile_would_be_found(self):
        self.assertNotEqual(self.compile(PROFILE.read_text().replace(" mr,", " mrq,", 1)).returncode, 0)

    def test_it_is_in_force_and_grants_no_privilege(self):
        """[REQ-38]"""
        text = re.sub(r"#.*", "", PROFILE.read_text())
        self.assertNotRegex(text, r"flags=\([^)]*(complain|unconfined)")
        for word in ("capability", "mount", "ptrace", "network", "ux,", "Ux,", "change_profile"):
            self.assertNotRegex(text, rf"^\s*(owner\s+|audit\s+)*{word}", word)
        # Written are the daemon's own places and the sockets of the system, nothing else.
        written = re.findall(r"^\s*(?:owner )?(/\S+) [a-z]*w", text, flags=re.M)
        self.assertEqual([path for path in written if not path.startswith(("/var/lib/integrityd/", "/run/", "/dev/log"))], [])


main()
