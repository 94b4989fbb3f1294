"""The TPM is taken away from the running system, and comes back."""
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
    machine.run(f"echo {device} > {DRIVER}/bind; until test -c /dev/tpmrm0; do :; done")
    # systemd lets a service use the devices that were there when it started.
    machine.run("udevadm settle; systemctl stop integrityd-broker.service")
    tpm.look(machine)
    expect.event("tpm.missing", "tpm", type="returned", within=tpm.LOOK_SECONDS)
