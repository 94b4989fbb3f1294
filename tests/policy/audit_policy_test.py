#!/usr/bin/env python3
"""The audit rules for a device: their form, and that each call they name is known for every architecture they are for.

That the kernel takes them, and what it records by them, is tests/integration/audit_policy_test.cpp.
"""
import re
import subprocess

from support import ROOT, Case, main

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


main()
