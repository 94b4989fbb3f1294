#!/usr/bin/env python3
"""The unit files as systemd understands them. Arguments: the built and the plain unit files."""
import re
import subprocess
import sys
from pathlib import Path

from support import Case, main

UNITS = [Path(name) for name in sys.argv[1:]]


class Units(Case):
    def test_systemd_finds_nothing_wrong(self):
        analyze = self.need("systemd-analyze")
        for unit in UNITS:
            # The programs are not installed: /bin/true stands in, so that everything else is judged.
            text = re.sub(r"^(Exec\w+=)\S*/integrityd\S*", r"\1/bin/true", unit.read_text(), flags=re.M)
            (self.directory / unit.name).write_text(text)
        run = subprocess.run(
            [analyze, "verify", "--man=no", "--recursive-errors=no", *sorted(map(str, self.directory.iterdir()))],
            env={"SYSTEMD_UNIT_PATH": f"{self.directory}:", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            capture_output=True, text=True, check=False)
        ours = [line for line in run.stderr.splitlines() if "integrity" in line]
        self.assertEqual(ours, [])
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_a_wrong_unit_would_be_found(self):
        analyze = self.need("systemd-analyze")
        wrong = self.directory / "wrong.service"
        wrong.write_text("[Service]\nType=maybe\n")
        run = subprocess.run([analyze, "verify", "--man=no", str(wrong)], capture_output=True, text=True, check=False)
        self.assertIn("wrong.service", run.stderr)

    def test_the_daemon_has_no_capability(self):
        """[REQ-28]"""
        service = next(unit for unit in UNITS if unit.name == "integrityd.service").read_text()
        self.assertIn("\nCapabilityBoundingSet=\n", service)
        self.assertNotIn("AmbientCapabilities", service)
        self.assertIn("\nLogRateLimitIntervalSec=0\n", service)
        self.assertIn("\nUser=integrityd\n", service)

    def test_flags_and_targets_belong_together(self):
        """[REQ-9]"""
        texts = {unit.name: unit.read_text() for unit in UNITS}
        for word, other in (("violated", "restored"), ("restored", "violated")):
            self.assertIn(f"PathExists=/run/integrityd/{word}\n", texts[f"integrity-{word}.path"])
            self.assertIn(f"Unit=integrity-{word}.target\n", texts[f"integrity-{word}.path"])
            self.assertIn(f"Conflicts=integrity-{other}.target\n", texts[f"integrity-{word}.target"])


main()
