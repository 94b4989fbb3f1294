"""What a scenario asserts: at the product application, in the journal, by the operators' tool."""
import json
from collections.abc import Callable
from typing import Any

from machine import Machine
from qemu import device_seconds

SEVERITIES = ["low", "medium", "high", "critical"]
# An event may be on the bus a moment before it is in the journal; asking takes longer than that.
JOURNAL_TRIES = 3


class Failed(AssertionError):
    pass


class Skipped(Exception):
    """What the scenario needs is not in this image; the text says what."""


class Expect:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._from = 0
        self._falls = machine.falls
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """A figure that was measured: printed beside the result."""
        self.notes.append(text)

    def true(self, condition: object, otherwise: str) -> None:
        if not condition:
            raise Failed(otherwise)

    def equal(self, found: object, wanted: object, what: str) -> None:
        self.true(found == wanted, f"{what}: {found!r}, not {wanted!r}")

    def contains(self, text: str, wanted: str, what: str) -> None:
        self.true(wanted in text, f"{what}: no {wanted!r} in {text[-800:]!r}")

    # ---- the product application ----

    def from_now(self) -> None:
        """What the product application was told until now does not count for what is asserted next."""
        self._from = self._machine.product.count()
        self._falls = self._machine.falls

    def told(self) -> list[dict]:
        """All that the product application was told since from_now()."""
        return [item for _, line in self._machine.product.all[self._from:] if (item := parsed(line))]

    def told_kind(self, kind: str) -> list[dict]:
        return [item for item in self.told() if ((item.get("event") or {}).get("violation") or {}).get("kind") == kind]

    def last_sequence(self) -> int:
        """Of the last event that the product application was ever told."""
        every = [item for _, line in self._machine.product.all if (item := parsed(line)) and item.get("event")]
        return every[-1]["event"]["sequence"] if every else 0

    def item(self, wanted: Callable[[dict], bool], what: str, within: float) -> dict:
        """`within`, here and below: seconds of a device."""
        within = device_seconds(within)
        found = self._machine.product.wait(lambda line: (item := parsed(line)) is not None and wanted(item), within,
                                           self._from)
        if not found:
            raise Failed(f"the product application was not told within {within} s: {what}; but: {self._last_told()}")
        return json.loads(found[2])

    def event(self, kind: str, subject: str | None = None, *, type: str = "raised", within: float = 10) -> dict:
        """The event of this type about (kind, subject), as the product application was told of it."""
        def wanted(item: dict) -> bool:
            event = item.get("event") or {}
            violation = event.get("violation") or {}
            return (event.get("type") == type and violation.get("kind") == kind
                    and subject in (None, violation.get("subject")))
        return self.item(wanted, f"{type} {kind} {subject or ''}", within)["event"]

    def held(self, kind: str, subject: str, *, within: float = 10) -> dict:
        """The violation, however the product application came to know of it: after a start of the machine it may have
        been raised before anybody subscribed, and then is in the snapshot."""
        def violation_of(item: dict) -> dict:
            return item.get("violation") or (item.get("event") or {}).get("violation") or {}

        def wanted(item: dict) -> bool:
            violation = violation_of(item)
            return (violation.get("kind"), violation.get("subject"), violation.get("state")) == (kind, subject, "open")
        return violation_of(self.item(wanted, f"{kind} {subject}", within))

    def verdict(self, word: str, within: float = 10) -> None:
        self.item(lambda item: item.get("verdict") == word, f"verdict {word}", within)

    def notice(self, kind: str, within: float = 10) -> dict:
        def wanted(item: dict) -> bool:
            event = item.get("event") or {}
            return event.get("type") == "notice" and event.get("data", {}).get("kind") == kind
        return self.item(wanted, f"notice {kind}", within)["event"]

    def nothing_above(self, severity: str) -> None:
        """Since from_now() nothing was raised that is worse than this."""
        limit = SEVERITIES.index(severity)
        worse = [event["violation"]["kind"] + " " + event["violation"]["subject"]
                 for item in self.told() if (event := item.get("event") or {}).get("type") == "raised"
                 and SEVERITIES.index(event["violation"]["severity"]) > limit]
        self.true(not worse, f"raised above {severity}: {worse}")

    def _last_told(self) -> str:
        return " ".join(line[:300] for _, line in self._machine.product.all[self._from:][-5:]) or "nothing"

    # ---- the journal ----

    def journal(self, kind: str, subject: str | None = None, *, type: str = "raised") -> dict[str, Any]:
        """The journal's entry of it; in this boot or an earlier one."""
        fields = {"INTEGRITY_KIND": kind, "INTEGRITY_TYPE": type} | ({"INTEGRITY_SUBJECT": subject} if subject else {})
        matches = " ".join(f"'{name}={value}'" for name, value in fields.items())
        entries = self._machine.run(f"journalctl --sync; journalctl -q -o json {matches}").out.splitlines()
        self.true(entries, f"the journal has no {type} {kind} {subject or ''}")
        return json.loads(entries[-1])

    def journal_has_all(self) -> None:
        """The journal has every event that the product application was told since from_now(), but for the tests of
        another recipient. Nothing is asked where the power was cut since: journald writes to the disk when it has time."""
        if self._machine.falls != self._falls:
            return
        told = {event["hash"]: event["sequence"] for item in self.told()
                if (event := item.get("event")) and event.get("data", {}).get("kind") != "notify.tested"}
        missing = dict(told)
        for _ in range(JOURNAL_TRIES):
            kept = self._machine.run("journalctl --sync; journalctl -q -F INTEGRITY_HASH", check=False).out.split()
            missing = {digest: sequence for digest, sequence in told.items() if digest not in kept}
            if not missing:
                break
        self.true(not missing, f"the journal lacks events that were told: {sorted(missing.values())}")

    # ---- the operators' tool ----

    def status(self, word: str) -> None:
        """integrityctl's answer, its exit code and the state file say the same."""
        code = {"intact": 0, "degraded": 1, "violated": 2, "unknown": 3}[word]
        result = self._machine.run("integrityctl status --json", check=False)
        self.equal(result.status, code, f"exit code of status ({result.out.strip()}{result.err.strip()})")
        self.contains(self._machine.run("cat /run/integrityd/state").out, word, "the state file")


def parsed(line: str) -> dict | None:
    """An item, or nothing: a power cut may leave half a line."""
    try:
        item = json.loads(line)
    except ValueError:
        return None
    return item if isinstance(item, dict) else None
