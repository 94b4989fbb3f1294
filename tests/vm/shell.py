#!/usr/bin/env python3
"""Starts a machine with its console on the terminal (Ctrl-A X ends it)."""
import sys
import tempfile
from pathlib import Path

from common import CACHE
from machine import Machine


def main() -> int:
    image = Path(sys.argv[1])
    console = ["-chardev", "stdio,id=console,mux=on,signal=off", "-serial", "chardev:console",
               "-mon", "chardev=console"]
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="shell-") as folder:
        with Machine.create(Path(folder) / "machine", image / "disk.raw", "raw") as machine:
            machine.start(console=console)
            machine.wait_person()
    return 0


if __name__ == "__main__":
    sys.exit(main())
