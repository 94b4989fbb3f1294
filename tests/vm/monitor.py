"""QEMU's monitor protocol: commands and events as JSON lines."""
import json
import socket
import time
from typing import Any


class MonitorError(RuntimeError):
    pass


class Monitor:
    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._rest = b""
        self._events: list[dict] = []
        self._read(30)  # the greeting
        self.command("qmp_capabilities")

    def _read(self, seconds: float) -> dict:
        deadline = time.monotonic() + seconds
        while b"\n" not in self._rest:
            self._connection.settimeout(max(deadline - time.monotonic(), 0.001))
            data = self._connection.recv(1 << 16)
            if not data:
                raise MonitorError("QEMU has ended")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return json.loads(line)

    def command(self, name: str, seconds: float = 60, **arguments: Any) -> Any:
        self._connection.sendall(json.dumps({"execute": name, "arguments": arguments}).encode())
        while True:
            message = self._read(seconds)
            if "event" in message:
                self._events.append(message)
            elif "error" in message:
                raise MonitorError(f"{name}: {message['error']['desc']}")
            else:
                return message["return"]

    def wait_event(self, name: str, seconds: float) -> dict:
        """The data of the next such event; those before it are forgotten."""
        deadline = time.monotonic() + seconds
        while True:
            message = self._events.pop(0) if self._events else self._read(max(deadline - time.monotonic(), 0.001))
            if message.get("event") == name:
                return message.get("data", {})

    def migrate(self, name: str, uri: str) -> None:
        """The state of the machine's memory and devices to or from a command (`migrate`, `migrate-incoming`)."""
        self.command("migrate-set-capabilities", capabilities=[{"capability": "events", "state": True}])
        self.command("migrate-set-parameters", **{"max-bandwidth": 1 << 33})  # to a file: as fast as it goes
        self.command(name, uri=uri)
        while (status := self.wait_event("MIGRATION", 300)["status"]) != "completed":
            if status in ("failed", "cancelled"):
                raise MonitorError(f"{name}: {status}")

    def close(self) -> None:
        self._connection.close()
