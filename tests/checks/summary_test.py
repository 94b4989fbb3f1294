#!/usr/bin/env python3
"""Tests of summary.py: what it counts decides whether a broken tree passes."""
import tempfile
import unittest
from pathlib import Path

import summary


def program(stdout: str = "", result: str = "OK", stderr: str = "") -> tuple[str, list[str]]:
    count, skips = summary.count_program({"name": "a test", "stdout": stdout, "stderr": stderr, "result": result})
    return str(count), skips


class CountsCases(unittest.TestCase):
    def test_catch2_passed(self) -> None:
        self.assertEqual(program("All tests passed (9 assertions in 3 test cases)\n")[0], "3 passed, 0 failed")

    def test_catch2_failed(self) -> None:
        text = "test cases:  5 |  3 passed | 2 failed\nassertions: 20 | 18 passed | 2 failed\n"
        self.assertEqual(program(text, "FAIL")[0], "3 passed, 2 failed")

    def test_every_catch2_case_failed(self) -> None:
        self.assertEqual(program("test cases: 1 | 1 failed\nassertions: - none -\n", "FAIL")[0], "0 passed, 1 failed")

    def test_crash_without_a_word(self) -> None:
        self.assertEqual(program("", "FAIL")[0], "0 passed, 1 failed")

    def test_time_limit(self) -> None:
        self.assertEqual(program("", "TIMEOUT")[0], "0 passed, 1 failed")

    def test_sanitizer_found_something_after_all_passed(self) -> None:
        self.assertEqual(program("All tests passed (9 assertions in 3 test cases)\n", "FAIL")[0], "2 passed, 1 failed")

    def test_skipped_cases_are_not_passed(self) -> None:
        text = "SKIPPED: a: needs root\nSKIPPED: a: needs root\nAll tests passed (9 assertions in 3 test cases)\n"
        self.assertEqual(program(text), ("2 passed, 0 failed, 1 skipped", ["a: needs root"]))

    def test_skipped_program(self) -> None:
        self.assertEqual(program("", "SKIP"), ("0 passed, 0 failed, 1 skipped", ["a test: status 77"]))

    def test_unittest(self) -> None:
        self.assertEqual(program(stderr="Ran 4 tests in 0.1s\n\nOK\n")[0], "4 passed, 0 failed")
        failed = "Ran 4 tests in 0.1s\n\nFAILED (failures=1, errors=1)\n"
        self.assertEqual(program(stderr=failed, result="FAIL")[0], "2 passed, 2 failed")

    def test_unittest_skips(self) -> None:
        self.assertEqual(program(stderr="Ran 4 tests in 0.1s\n\nOK (skipped=1)\n")[0], "3 passed, 0 failed, 1 skipped")

    def test_a_script_is_one_test(self) -> None:
        self.assertEqual(program("24 files\n")[0], "1 passed, 0 failed")


class SaysHowItFailed(unittest.TestCase):
    def excerpt(self, stdout: str, stderr: str = "") -> str:
        return summary.how_it_failed({"name": "unit-x", "result": "FAIL", "stdout": stdout, "stderr": stderr})

    def test_catch2(self) -> None:
        rule, dots = "-" * 79, "." * 79
        case = f"{rule}\n{{}}\n{rule}\n../x.cpp:1\n{dots}\n\n../x.cpp:{{}}: FAILED:\n  REQUIRE( a == b )\nwith:\n  1 == 2\n\nnoise\n"
        said = self.excerpt("noise\n" + case.format("the first", 2) + case.format("the second", 3))
        self.assertIn("FAILED: unit-x (FAIL)\n  in: the first\n  ../x.cpp:2: FAILED:\n", said)
        self.assertIn("in: the second\n  ../x.cpp:3: FAILED:\n    REQUIRE( a == b )\n  with:\n    1 == 2", said)
        self.assertNotIn("noise", said)

    def test_unittest(self) -> None:
        said = self.excerpt("", f"..F\n{'=' * 70}\nFAIL: test_a (x.T)\n{'-' * 70}\nTraceback:\n  assert\n\nRan 3 tests\n")
        self.assertEqual(said, "FAILED: unit-x (FAIL)\n  FAIL: test_a (x.T)\n  Traceback:\n    assert")

    def test_sanitizer(self) -> None:
        said = self.excerpt("noise\n", "==1==ERROR: AddressSanitizer: heap-use-after-free on address\n    #0 in f\n\nmore\n")
        self.assertIn("AddressSanitizer: heap-use-after-free on address\n      #0 in f", said)
        self.assertNotIn("noise", said)

    def test_last_lines_of_what_is_not_known(self) -> None:
        said = self.excerpt("".join(f"line {number}\n" for number in range(1000)))
        self.assertTrue(said.endswith("line 999"))
        self.assertEqual(len(said.splitlines()), 1 + summary.LAST_LINES)


class CountsWords(unittest.TestCase):
    def count(self, text: str | None) -> tuple[str, list[str]]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "result"
            if text is not None:
                file.write_text(text)
            count, skips, _ = summary.count_text(file)
            return str(count), skips

    def test_the_last_line_counts(self) -> None:
        text = "passed: boot (40 s)\nSKIPPED: clock: no package (1 s)\n7 passed, 1 failed, 1 skipped\n"
        self.assertEqual(self.count(text), ("7 passed, 1 failed, 1 skipped", ["clock: no package (1 s)"]))
        self.assertEqual(self.count("3 passed, 0 failed\n")[0], "3 passed, 0 failed")

    def test_what_was_ended_before_its_count_has_failed(self) -> None:
        for text in (None, "", "passed: boot (40 s)\n", "3 passed, 0 failed\nvm: ended\n"):
            with self.subTest(text):
                self.assertEqual(self.count(text)[0], "0 passed, 1 failed")


if __name__ == "__main__":
    unittest.main()
