"""Lines that come out of the machine, each with the moment at which it came."""
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path


class Lines:
    """Reads a socket in a thread of its own, so that the machine never waits; keeps all, also in a file."""

    def __init__(self, source: socket.socket, log: Path, before: list[tuple[float, str]] | None = None) -> None:
        """`before`: what had come until the power was cut; it counts as if it had not been."""
        self.all: list[tuple[float, str]] = before or []
        self.ended = False
        self._source = source
        self._log = log
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        rest = b""
        with open(self._log, "ab") as log:
            while data := self._receive():
                log.write(data)
                log.flush()
                *complete, rest = (rest + data).split(b"\n")
                now = time.monotonic()
                with self._changed:
                    self.all += [(now, line.decode(errors="replace").rstrip("\r")) for line in complete]
                    self._changed.notify_all()
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def _receive(self) -> bytes:
        try:
            return self._source.recv(1 << 16)
        except ConnectionResetError:  # the emulator was killed
            return b""

    def count(self) -> int:
        with self._changed:
            return len(self.all)

    def wait(self, wanted: Callable[[str], bool], seconds: float, after: int = 0) -> tuple[int, float, str] | None:
        """The first wanted line from number `after` on: (number, moment, line); None after `seconds`, or at the end."""
        deadline = time.monotonic() + seconds
        at = after
        with self._changed:
            while True:
                while at < len(self.all):
                    moment, line = self.all[at]
                    if wanted(line):
                        return at, moment, line
                    at += 1
                left = deadline - time.monotonic()
                if left <= 0 or self.ended:
                    return None
                self._changed.wait(left)

    def close(self) -> None:
        """To be called when the other end is gone: what it still wrote is read first."""
        self._thread.join()
        self._source.close()
