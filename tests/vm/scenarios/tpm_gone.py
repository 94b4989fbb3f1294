"""The TPM is taken away from the running system, and comes back: told as what it is, and taken back."""
import tpm


def run(machine, expect):
    tpm.needs_watcher(machine)
    expect.from_now()
    name = tpm.take_away(machine)
    tpm.look(machine)
    missing = expect.event("tpm.missing", "tpm", within=tpm.LOOK_SECONDS)
    expect.equal(missing["violation"]["severity"], "high", "severity")
    expect.status("violated")
    tpm.bring_back(machine, name)
    tpm.look(machine)
    expect.event("tpm.missing", "tpm", type="returned", within=tpm.LOOK_SECONDS)
