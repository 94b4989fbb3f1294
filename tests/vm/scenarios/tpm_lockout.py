"""Somebody guesses at what the TPM guards: told while the count rises, and when the TPM has locked itself."""
import tpm


def run(machine, expect):
    tpm.needs_watcher(machine)
    tpm.make_guarded(machine)
    expect.from_now()
    # The software TPM locks itself at three; then one less is the threshold.
    tpm.guess(machine, 2)
    tpm.look(machine)
    expect.event("tpm.lockout.rising", "tpm", within=tpm.LOOK_SECONDS)
    tpm.guess(machine, 2)
    tpm.look(machine)
    locked = expect.event("tpm.lockout.active", "tpm", within=tpm.LOOK_SECONDS)
    expect.equal(locked["violation"]["severity"], "critical", "severity")
    expect.status("violated")
    machine.run(f"tpm2_dictionarylockout -c && tpm2_nvundefine {tpm.GUARDED} -C o")
    tpm.look(machine)
    expect.event("tpm.lockout.active", "tpm", type="returned", within=tpm.LOOK_SECONDS)
