"""The TPM is taken away from the running system: told as what it is."""
import tpm

DRIVER = "/sys/bus/acpi/drivers/tpm_crb"


def run(machine, expect):
    tpm.needs_watcher(machine)
    device = machine.run(f"cd {DRIVER} && ls -d MSFT0101:*").out.strip()
    expect.from_now()
    machine.run(f"echo {device} > {DRIVER}/unbind")
    tpm.look(machine)
    missing = expect.event("tpm.missing", "tpm", within=tpm.LOOK_SECONDS)
    expect.equal(missing["violation"]["severity"], "high", "severity")
    expect.status("violated")
