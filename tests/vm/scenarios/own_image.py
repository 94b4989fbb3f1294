"""As the README says, "Put it on your image": from the first start with the delivered AIDE policy to intact, and back.

A file of the overlay is then changed, which AIDE sees in /etc and in what differs from the image.
"""
import device
from acts import TOLD_WITHIN

START = "started"
LONG = True
# All of /usr and /etc, by an emulated processor.
LOOK_SECONDS = 900
STEPS = f"""
set -e
cp /usr/share/integrityd/aide/integrityd.aide.conf /etc/aide/aide.conf
aide={device.AIDE}
$aide init >/dev/null && $aide verify >/dev/null && $aide move
integrityctl check aide --wait || true
integrityctl baseline accept aide --yes --comment "as delivered"
integrityctl baseline accept audit --yes --comment "as delivered"
integrityctl baseline accept luks --yes --comment "as delivered"
integrityctl baseline accept boot --yes --comment "as delivered"
integrityctl baseline accept self --yes --comment "as delivered"
integrityctl check aide --wait
integrityctl status
"""


def run(machine, expect):
    machine.run(STEPS, timeout=LOOK_SECONDS * 4)
    expect.status("intact")
    expect.from_now()
    machine.run("echo '10.0.0.1 update-server' >>/etc/hosts")
    machine.run("integrityctl check aide --wait", timeout=LOOK_SECONDS)
    expect.item(lambda item: subject_of(item) == "/etc/hosts", "/etc/hosts", TOLD_WITHIN)
    expect.item(lambda item: subject_of(item) == "/var/local/etc/hosts", "/var/local/etc/hosts", TOLD_WITHIN)
    others = [event["violation"]["subject"] for item in expect.told()
              if (event := item.get("event") or {}).get("type") == "raised"
              and not event["violation"]["subject"].endswith("/etc/hosts")]
    expect.equal(others, [], "raised although nobody touched it")


def subject_of(item):
    return ((item.get("event") or {}).get("violation") or {}).get("subject")
