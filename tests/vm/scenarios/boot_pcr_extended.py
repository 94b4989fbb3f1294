"""Somebody with root's rights extends a PCR that must not move any more: told, and gone with the next start."""
import measured


def run(machine, expect):
    measured.needs_watcher(machine)
    expect.equal(measured.unaccepted(machine), [], "what is not accepted of this boot")
    expect.from_now()
    machine.run(f"tpm2_pcrextend 8:sha256={'5a' * 32}")
    measured.look(machine)
    moved = expect.event("boot.pcr.extended", "pcr8", within=measured.LOOK_SECONDS)
    expect.equal(moved["violation"]["severity"], "critical", "severity")
    expect.verdict("violated")
    machine.run("systemctl restart integrityd.service")
    expect.notice("self.started", within=60)
    expect.true([one for one in measured.held(machine) if one["kind"] == "boot.pcr.extended"], "forgotten by a restart")
    expect.from_now()
    machine.restart()
    expect.event("boot.pcr.extended", "pcr8", type="returned", within=measured.LOOK_SECONDS)
