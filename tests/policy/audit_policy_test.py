#!/usr/bin/env python3
"""The audit rules for a device: their form, and that each call they name is known for every architecture they are for.

That the kernel takes them, and what it records by them, is tests/integration/audit_policy_test.cpp.
"""
import re
import subprocess
import tomllib

from support import ROOT, Case, main

TOLD = ROOT / "daemon" / "20-audit.toml"
POLICY = ROOT / "policy" / "audit" / "60-integrityd.rules"
TABLES = {"b64": ("x86_64", "aarch64"), "b32": ("i386", "arm")}
# The kernel's classes of calls (2047 less AUDIT_CLASS_* of <linux/audit.h>), and open() of x86_64.
NUMBERS = {"b64": {"2", "2041", "2043", "2045"}, "b32": {"2040", "2042", "2044"}}


def rules():
    return [line for line in POLICY.read_text().splitlines() if line and not line.startswith("#")]


class Policy(Case):
    def test_only_rules_are_in_it(self):
        """What rules there are besides, how long the queue is and whether all is locked, is not for this file to say."""
        first, *others = rules()
        self.assertEqual(first, "-c")
        for line in others:
            self.assertRegex(line, r"^-a always,exit -F arch=b(64|32) .*-F key=integrityd-[a-z]+$")

    def test_both_abis_are_watched(self):
        """For each rule of one there is the same of the other; but kexec, which libaudit does not know for i386."""
        def without_abi(line):
            return re.sub(r" -S \S+", "", line.replace("arch=b32", "arch=b64"))
        counts = {abi: [without_abi(line) for line in rules()[1:] if f"arch={abi}" in line] for abi in TABLES}
        only = [line for line in rules()[1:] if "kexec" in line]
        self.assertEqual(len(only), 1)
        self.assertEqual(sorted(counts["b64"]), sorted(counts["b32"] + [without_abi(only[0])]))

    def test_every_call_has_a_number_wherever_the_file_is_loaded(self):
        program = self.need("ausyscall")
        for line in rules()[1:]:
            abi = re.search("arch=(b..)", line)[1]
            for name in ",".join(re.findall(r"-S (\S+)", line)).split(","):
                if not name or name in NUMBERS[abi]:
                    continue
                for table in TABLES[abi]:
                    with self.subTest(call=name, table=table):
                        run = subprocess.run([program, table, name, "--exact"], capture_output=True, text=True, check=False)
                        self.assertRegex(run.stdout, r"^\d+\n$")

    def test_directories_end_with_a_slash_and_name_their_calls(self):
        """Without its calls a rule about a directory is asked at every call that anybody makes."""
        for line in rules()[1:]:
            for directory in re.findall(r"dir=(\S+)", line):
                self.assertTrue(directory.endswith("/"), line)
                self.assertIn(" -S ", line)

    def test_every_key_is_told_by_a_rule_of_the_configuration_and_no_other(self):
        """What is recorded and never told costs flash for nothing; a rule for a key that nobody records is an error."""
        told = tomllib.loads(TOLD.read_text())["audit"]["rule"]
        recorded = set(re.findall(r"-F key=(\S+)", "\n".join(rules())))
        self.assertEqual({rule["key"] for rule in told}, recorded)

    def test_a_rule_that_is_limited_to_places_leaves_no_other_place_unsaid(self):
        """Places of a key that no rule of the configuration tells are listed in it as silent, and no others are."""
        told = tomllib.loads(TOLD.read_text())["audit"]["rule"]
        silent = set(re.findall(r"^#   (.*?)  ", TOLD.read_text(), re.MULTILINE))
        silent = {place for places in silent for place in places.split()}
        untold = set()
        for line in rules()[1:]:
            key = re.search(r"key=(\S+)", line)[1]
            place = re.search(r"-F (?:path|dir)=(\S+)", line)
            prefixes = [rule.get("path", "") for rule in told if rule["key"] == key]
            if place and not any(place[1].startswith(prefix) for prefix in prefixes):
                untold.add(place[1].rstrip("/"))
        self.assertEqual(untold, silent)

    def test_only_what_no_ordinary_day_brings_weighs_more_than_low(self):
        told = tomllib.loads(TOLD.read_text())["audit"]["rule"]
        heavy = {rule["key"] for rule in told if rule["severity"] != "low"}
        self.assertEqual(heavy, {"integrityd-identity", "integrityd-trust", "integrityd-inject"})


main()
