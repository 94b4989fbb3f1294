"""An ordinary user calls, subscribes and floods: refused, told nothing, and nobody else notices."""
import device
from acts import FILE
from qemu import device_seconds

SHORT = True
MANAGER = "org.cip_project.Integrity1 /org/cip_project/Integrity1 org.cip_project.Integrity1.Manager"
FLOOD_SECONDS = 20
FLOODS = 2
# What another client may wait for its answer at most, while the flood keeps the processors busy; without it the slowest
# answer takes some milliseconds.
ANSWER_MS = 1000


def as_user(machine, user, command, timeout=60):
    machine.write("/run/act.sh", command)
    return machine.run(f"chmod 755 /run/act.sh; runuser -u {user} -- sh /run/act.sh", timeout, check=False)


def refused(machine, expect):
    for call in ("ListViolations 'a{sv}tu' 0 0 0", "ListEvents tu 0 0", "Acknowledge ats 1 1 x", "Check s ''",
                 "AcceptBaseline ssats aide x 0 x"):
        said = as_user(machine, "alice", f"busctl --system call {MANAGER} {call}")
        expect.true(said.status != 0, f"alice may call {call}: {said.out}")
        expect.true("denied" in said.err.lower() or "NotAuthorized" in said.err, f"{call}: {said.err}")
    expect.equal(as_user(machine, "alice", "integrityctl status").status, 3, "exit code of integrityctl status")
    expect.equal(as_user(machine, "alice", "integrityctl list").status, 77, "exit code of integrityctl list")
    expect.true(as_user(machine, "alice", "cat /run/integrityd/state").status != 0, "alice reads the state file")


def slowest_answer(machine, expect):
    """Milliseconds, for a client that may ask, of all calls in 5 s."""
    calls, failed, slowest = map(int, machine.run(
        "setpriv --reuid=product --regid=product --groups=$(getent group integrity | cut -d: -f3) "
        "/usr/libexec/vm/probe 5").out.split())
    expect.equal(failed, 0, "calls that failed")
    expect.true(calls > 10, f"{calls} calls in 5 s")
    return slowest


def run(machine, expect):
    refused(machine, expect)
    before = slowest_answer(machine, expect)
    machine.run("systemd-run --unit=listen --uid=alice -p StandardOutput=file:/run/heard "
                "dbus-monitor --system \"type='signal',sender='org.cip_project.Integrity1'\"; "
                f"for i in $(seq {FLOODS}); do systemd-run --unit=flood-$i --uid=alice "
                f"-p StandardOutput=file:/run/flooded-$i /usr/libexec/vm/probe {FLOOD_SECONDS}; done")
    during = slowest_answer(machine, expect)
    expect.true(during < device_seconds(ANSWER_MS), f"an answer took {during} ms, {before} ms without the flood")
    expect.from_now()
    machine.run(f"sed -i 's/recipe/Recipe/' {FILE}")
    device.check(machine)
    expect.event("aide.entry.changed", FILE, within=20)

    machine.run("until ! systemctl -q is-active 'flood-*'; do busctl --system --timeout=5 list >/dev/null; done",
                timeout=FLOOD_SECONDS * 3)
    machine.run("systemctl -q is-active listen && systemctl stop listen")
    for flooded in machine.run("cat /run/flooded-*").out.splitlines():
        calls, denied, _ = map(int, flooded.split())
        expect.true(calls > 100 and denied == calls, f"{denied} of {calls} calls were refused")
    heard = machine.run("cat /run/heard").out
    expect.contains(heard, "NameAcquired", "what alice's monitor heard")
    expect.true("EventAdded" not in heard and "recipe-3" not in heard, f"alice heard: {heard[-500:]}")
    expect.true(not [item for item in expect.told() if item["item"] == "lost"], "the product lost the daemon")
    restarts = machine.run("systemctl show -P NRestarts integrityd.service").out.strip()
    expect.equal(restarts, "0", "restarts of the daemon")
    expect.note(f"slowest answer {before} ms alone, {during} ms during the flood")
