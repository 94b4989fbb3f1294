"""While the device is off, something else boots with its TPM: told at the next start."""
import tpm


def run(machine, expect):
    tpm.needs_watcher(machine)
    tpm.look(machine)
    machine.power_cut()
    tpm.boot_something_else(machine)
    expect.from_now()
    machine.start()
    machine.wait_ready()
    unseen = expect.event("tpm.boots.unseen", "tpm", within=tpm.LOOK_SECONDS * 4)
    expect.equal(unseen["violation"]["severity"], "medium", "severity")
    expect.equal(unseen["violation"]["details"]["unseen"], 1, "resets that nobody saw")
