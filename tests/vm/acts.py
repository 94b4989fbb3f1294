"""Acts that several scenarios share: something is done to a file, is found, is put back, is gone."""
import device
from expect import Expect
from machine import Machine

FILE = f"{device.WATCHED}/recipe-3"
# From the end of AIDE's run to the product application; the run itself is not integrityd's time.
TOLD_WITHIN = 10


def found_and_put_back(machine: Machine, expect: Expect, kind: str, subject: str, act: str, put_back: str) -> None:
    expect.from_now()
    machine.run(act)
    device.check(machine)
    event = expect.event(kind, subject, within=TOLD_WITHIN)
    expect.equal(event["violation"]["severity"], "high", "severity")
    expect.contains(" ".join(event["violation"]["requirements"]), "CR 3.4", "requirements")
    expect.verdict("violated")
    expect.journal(kind, subject)
    expect.status("violated")

    expect.from_now()
    machine.run(put_back)
    device.check(machine)
    expect.event(kind, subject, type="returned", within=TOLD_WITHIN)
    expect.verdict("degraded")
    machine.run(f"integrityctl ack {event['violation']['id']} --comment 'put back'")
    expect.event(kind, subject, type="resolved", within=TOLD_WITHIN)
    expect.verdict("intact")
    expect.status("intact")
