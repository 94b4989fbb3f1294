"""A file whose name holds a newline and an escape sequence forges no line, in the journal or on a terminal."""
import base64

import device

SHORT = True

NAME = f"{device.WATCHED}/x\nFORGED \x1b[2J"
SUBJECT = f"{device.WATCHED}/x\\x0aFORGED \\x1b[2J"


def run(machine, expect):
    expect.from_now()
    machine.run(f"touch \"$(printf %s {base64.b64encode(NAME.encode()).decode()} | base64 -d)\"")
    device.check(machine)
    event = expect.event("aide.entry.added", SUBJECT)
    path = event["violation"]["details"]["path"]
    expect.equal(path if path == NAME else base64.b64decode(path).decode(), NAME, "the path's raw bytes")
    message = expect.journal("aide.entry.added", SUBJECT)["MESSAGE"]
    expect.true("\n" not in message and "\x1b" not in message, f"control characters in the journal: {message!r}")
    shown = machine.run("integrityctl list").out
    expect.true("\x1b" not in shown and not any(line.startswith("FORGED") for line in shown.splitlines()),
                f"control characters on the terminal: {shown!r}")
