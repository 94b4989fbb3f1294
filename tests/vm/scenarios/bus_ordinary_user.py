"""An ordinary user calls, subscribes and floods: refused, told nothing, and nobody else notices."""
import device
from acts import FILE

SHORT = True
MANAGER = "org.cip_project.Integrity1 /org/cip_project/Integrity1 org.cip_project.Integrity1.Manager"


def as_alice(machine, command, timeout=60):
    machine.write("/run/alice.sh", command)
    return machine.run("chmod 755 /run/alice.sh; runuser -u alice -- sh /run/alice.sh", timeout, check=False)


def refused(machine, expect):
    for call in ("ListViolations 'a{sv}tu' 0 0 0", "ListEvents tu 0 0", "Acknowledge ats 1 1 x", "Check s ''",
                 "AcceptBaseline ssats aide x 0 x"):
        said = as_alice(machine, f"busctl --system call {MANAGER} {call}")
        expect.true(said.status != 0, f"alice may call {call}: {said.out}")
        expect.true("denied" in said.err.lower() or "NotAuthorized" in said.err, f"{call}: {said.err}")
    expect.true(as_alice(machine, "integrityctl status").status == 3, "alice learns the verdict")
    expect.equal(as_alice(machine, "integrityctl list").status, 77, "exit code of integrityctl list")
    expect.true(as_alice(machine, "cat /run/integrityd/state").status != 0, "alice reads the state file")


def run(machine, expect):
    refused(machine, expect)
    machine.write("/run/listen.sh", "exec timeout 120 dbus-monitor --system "
                  "\"type='signal',sender='org.cip_project.Integrity1'\"")
    machine.write("/run/flood.sh", f"end=$((SECONDS + 60)); while [ $SECONDS -lt $end ]; do "
                  f"busctl --system call {MANAGER} Check s aide; done")
    machine.run("systemd-run --unit=listen --uid=alice -p StandardOutput=file:/run/heard sh /run/listen.sh; "
                "for i in 1 2 3; do systemd-run --unit=flood-$i --uid=alice bash /run/flood.sh; done")
    expect.from_now()
    machine.run(f"sed -i 's/recipe/Recipe/' {FILE}")
    device.check(machine)
    expect.event("aide.entry.changed", FILE, within=20)
    machine.run("systemctl stop listen 'flood-*'", check=False)
    heard = machine.run("cat /run/heard").out
    expect.true("EventAdded" not in heard and "recipe-3" not in heard, f"alice heard: {heard[-500:]}")
    lost = [item for item in expect.told() if item["item"] == "lost"]
    expect.true(not lost, "the product application lost the daemon")
    restarts = machine.run("systemctl show -P NRestarts integrityd.service").out.strip()
    expect.equal(restarts, "0", "restarts of the daemon")
