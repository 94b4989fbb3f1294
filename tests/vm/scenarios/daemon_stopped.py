"""An operator stops the daemon: unknown at once, said in the journal; started again it says who was there."""
import device

SHORT = True


def run(machine, expect):
    expect.from_now()
    machine.run("systemctl stop integrityd.service")
    expect.item(lambda item: item["item"] == "lost", "monitoring lost", 10)
    expect.verdict("unknown")
    expect.contains(machine.run("cat /run/integrityd/state").out, "unknown", "the state file")
    expect.equal(machine.run("integrityctl status", check=False).status, 3, "exit code of status")
    notices = machine.run("journalctl --sync; journalctl -q -b -o cat INTEGRITY_TYPE=notice").out
    expect.contains(notices, "self.stopped", "the journal")

    machine.run(f"rm {device.WATCHED}/recipe-7")
    expect.from_now()
    machine.run("systemctl start integrityd.service")
    expect.notice("self.started", within=30)
    device.check(machine)
    expect.event("aide.entry.removed", f"{device.WATCHED}/recipe-7")
