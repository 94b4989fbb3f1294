"""What scenarios do to the machine's own volume: /var, whose one key the TPM has sealed to PCR 7."""
from expect import Skipped
from machine import Machine

DEVICE = "/dev/disk/by-partlabel/var"
# Bounds a failure: a look takes milliseconds, making a key on an emulated processor some seconds.
TOLD_WITHIN = 30
TOOL_SECONDS = 120
SECOND = "/run/vm-second"


def needs_watcher(machine: Machine) -> None:
    if machine.run("integrityctl watchers --json | grep -q '\"name\":\"luks\"'", check=False).status != 0:
        raise Skipped("this image has no watcher of volumes")


def look(machine: Machine) -> None:
    # With violations it ends with 1.
    machine.run("integrityctl check luks --wait", timeout=TOOL_SECONDS, check=False)


def add_password(machine: Machine) -> None:
    """As whoever is root on the running device can: the TPM opens a slot, and that makes another one."""
    machine.run(f"printf second >{SECOND}; cryptsetup luksAddKey --batch-mode --token-only --token-id 0 "
                f"--pbkdf pbkdf2 --pbkdf-force-iterations 200000 {DEVICE} {SECOND}", timeout=TOOL_SECONDS)


def remove_password(machine: Machine) -> None:
    machine.run(f"cryptsetup luksRemoveKey --batch-mode {DEVICE} {SECOND}", timeout=TOOL_SECONDS)


def seal_to_what_stays(machine: Machine) -> None:
    """From now on the TPM opens /var in any state of Secure Boot: sealed to a PCR that nobody extends here."""
    add_password(machine)
    machine.run(f"PASSWORD=second systemd-cryptenroll --wipe-slot=tpm2 --tpm2-device=/dev/tpmrm0 --tpm2-pcrs=14 {DEVICE} "
                "&& sync", timeout=TOOL_SECONDS)
