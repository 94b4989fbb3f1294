#!/usr/bin/env python3
"""What integrityd-ended leaves behind."""
import os
import subprocess

from support import ROOT, Case, main


class Ended(Case):
    def run_script(self, *arguments, **environment):
        return subprocess.run(
            [ROOT / "systemd" / "integrityd-ended", *arguments],
            env={"PATH": "/usr/bin:/bin", "RUNTIME_DIRECTORY": str(self.directory), **environment},
            capture_output=True, text=True, check=True)

    def state(self):
        return dict(line.split("=", 1) for line in (self.directory / "state").read_text().splitlines())

    def test_a_killed_daemon_leaves_unknown(self):
        """[REQ-9]"""
        path = self.directory / "state"
        path.write_text("VERDICT=intact\nSINCE=5\nSEQUENCE=42\nREASON=nothing is wrong\n")
        os.utime(path, (1000, 1000))
        self.run_script(SERVICE_RESULT="watchdog")
        state = self.state()
        self.assertEqual(state["VERDICT"], "unknown")
        self.assertEqual(state["SEQUENCE"], "42")
        self.assertEqual(state["REASON"], "the daemon has ended: watchdog")
        self.assertGreater(int(state["SINCE"]), 5)
        self.assertEqual(path.stat().st_mode & 0o777, 0o640)
        self.assertEqual(path.stat().st_mtime, 1000, "the last sign of life must stay")
        self.assertEqual([entry.name for entry in self.directory.iterdir()], ["state"])

    def test_what_is_unknown_already_stays(self):
        text = "VERDICT=unknown\nSINCE=5\nSEQUENCE=42\nREASON=the daemon has ended\n"
        (self.directory / "state").write_text(text)
        self.run_script(SERVICE_RESULT="success")
        self.assertEqual((self.directory / "state").read_text(), text)

    def test_a_failed_start_is_told_and_flagged(self):
        """[REQ-34]"""
        run = self.run_script("failed", MONITOR_SERVICE_RESULT="exit-code", MONITOR_EXIT_CODE="exited",
                              MONITOR_EXIT_STATUS="78")
        self.assertTrue(run.stdout.startswith("<2>integrityd has failed (exit-code, exited 78)"), run.stdout)
        self.assertEqual(run.stdout.count("\n"), 1)
        self.assertEqual(self.state()["VERDICT"], "unknown")
        self.assertEqual(self.state()["SEQUENCE"], "0")
        self.assertTrue((self.directory / "failed").exists())


main()
