#!/usr/bin/env python3
"""The generator of the catalogue, and the journal's message catalogue that it makes. Argument: that file."""
import subprocess
import sys
from pathlib import Path

from support import ROOT, Case, main

JOURNAL_CATALOGUE = Path(sys.argv[1])
GENERATOR = ROOT / "daemon" / "core" / "generate_catalogue.py"
KIND = """[[kind]]
name = "aide.a"
severity = "high"
nature = "condition"
requirements = ["CR 3.4"]
meaning = "It is."
action = "Do it."
message_id = "00000000000000000000000000000001"
"""


class Generator(Case):
    def generate(self, text):
        source = self.directory / "catalogue.toml"
        source.write_text(text)
        outputs = [self.directory / name for name in ("kinds.hpp", "data.cpp", "journal", "manual")]
        run = subprocess.run([sys.executable, GENERATOR, source, *outputs], capture_output=True, text=True, check=False)
        return run.returncode, run.stderr.removeprefix(f"{source}: ").strip()

    def test_a_right_entry_is_taken(self):
        self.assertEqual(self.generate(KIND), (0, ""))

    def test_what_is_wrong_stops_the_build(self):
        for old, new, reason in (
            ('severity = "high"\n', "", "aide.a: severity missing"),
            ('"high"', '"grave"', "aide.a: severity must be one of low, medium, high, critical"),
            ('"condition"', '"thing"', "aide.a: nature must be one of condition, happening"),
            ("severity", "x = 1\nseverity", "aide.a: unknown key x"),
            ('"aide.a"', '"Aide"', "Aide: not a dotted lower-case name"),
            ('"aide.a"', '"disk.a"', "disk.a: source must be one of aide, audit, boot, luks, self, tls"),
            ('["CR 3.4"]', "[]", "aide.a: requirements must be a list that is not empty"),
            ("CR 3.4", "3.4", "aide.a: 3.4 is not the name of a requirement"),
            ("It is.", "It is", "aide.a: meaning: must be one printable ASCII sentence that ends with a full stop"),
            ("0001", "1", "aide.a: message_id must be 32 lower-case hex digits"),
            ("[[kind]]", "[[sort]]", "unknown table sort"),
        ):
            with self.subTest(reason):
                self.assertEqual(self.generate(KIND.replace(old, new, 1)), (1, reason))

    def test_nothing_is_there_twice(self):
        other = KIND.replace("aide.a", "aide.b")
        self.assertEqual(self.generate(KIND + KIND)[1], "aide.a: name aide.a is there twice")
        self.assertEqual(self.generate(KIND + other)[1],
                         "aide.b: message_id 00000000000000000000000000000001 is there twice")
        dash = KIND.replace("aide.a", "aide.a-b") + other.replace("aide.b", "aide.a.b").replace("01\"", "02\"")
        self.assertEqual(self.generate(dash)[1], "aide.a.b: constant aide_a_b is there twice")

    def test_journalctl_takes_the_message_catalogue(self):
        journalctl = self.need("journalctl")
        catalogue = self.directory / "usr/lib/systemd/catalog"
        catalogue.mkdir(parents=True)
        (self.directory / "var/lib/systemd/catalog").mkdir(parents=True)
        text = JOURNAL_CATALOGUE.read_text()
        (catalogue / "integrityd.catalog").write_text(text)
        run = subprocess.run([journalctl, "--update-catalog", f"--root={self.directory}"], capture_output=True,
                             text=True, check=False)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        listed = subprocess.run([journalctl, "--list-catalog", f"--root={self.directory}"], capture_output=True,
                                text=True, check=True).stdout
        self.assertEqual(len(listed.splitlines()), text.count("\n-- "))


main()
