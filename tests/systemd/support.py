"""What the tests of this folder share."""
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Case(unittest.TestCase):
    """A test with a directory of its own."""

    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="integrityd-test-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def need(self, program):
        """The program's path; without it the test is skipped and says so, as the C++ tests do."""
        found = shutil.which(program)
        if found is None:
            print(f"SKIPPED: {self.id()}: {program} is not installed")
            self.skipTest(f"{program} is not installed")
        return found


def main():
    unittest.main(argv=sys.argv[:1], verbosity=2)
