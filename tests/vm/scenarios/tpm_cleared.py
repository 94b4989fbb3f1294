"""The TPM is cleared on the running device: critical, before the restart that would not unseal."""
import tpm


def run(machine, expect):
    tpm.needs_watcher(machine)
    expect.from_now()
    machine.run("tpm2_clear -c l")
    tpm.look(machine)
    cleared = expect.event("tpm.cleared", "tpm", within=tpm.LOOK_SECONDS)
    expect.equal(cleared["violation"]["severity"], "critical", "severity")
    expect.status("violated")
    expect.journal("tpm.cleared")
