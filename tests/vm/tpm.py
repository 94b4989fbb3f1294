"""What scenarios do to the TPM."""
import subprocess
import tempfile
from pathlib import Path

import luks
from machine import Machine

GUARDED = "0x01800777"
DRIVER = "/sys/bus/acpi/drivers/tpm_crb"
LOOK_SECONDS = luks.TOLD_WITHIN


# The TPM is looked at with the volumes.
needs_watcher = luks.needs_watcher
look = luks.look


def make_guarded(machine: Machine) -> None:
    """A place in the TPM that the dictionary attack protection holds for."""
    machine.run(f"tpm2_nvdefine {GUARDED} -C o -s 8 -a 'authread|authwrite' -p secret && "
                f"printf 12345678 | tpm2_nvwrite {GUARDED} -C {GUARDED} -P secret -i -")


def guess(machine: Machine, times: int) -> None:
    for _ in range(times):
        machine.run(f"tpm2_nvread {GUARDED} -C {GUARDED} -P wrong", check=False)


def take_away(machine: Machine) -> str:
    """What bring_back() needs. The broker starts anew: what it may open is decided while there is no TPM."""
    name = machine.run(f"cd {DRIVER} && ls -d MSFT0101:*").out.strip()
    machine.run(f"echo {name} > {DRIVER}/unbind && systemctl stop integrityd-broker.service")
    return name


def bring_back(machine: Machine, name: str) -> None:
    """The kernel gives it another number, because IMA goes on holding the one before: its node is made where it was."""
    machine.run(f"echo {name} > {DRIVER}/bind && udevadm settle && cd /dev && {{ test -e tpmrm0 || {{ new=$(ls tpmrm*) && "
                "mknod -m 0660 tpmrm0 c 0x$(stat -c %t $new) 0x$(stat -c %T $new) && chgrp --reference=$new tpmrm0; }; }")


def boot_something_else(machine: Machine) -> None:
    """On a machine that is off: another system starts with its TPM, and ends without a word."""
    with tempfile.TemporaryDirectory(prefix="vm-tpm-") as folder:
        pid = Path(folder) / "pid"
        with subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={machine.folder / 'tpm'}", "--server",
                               f"type=unixio,path={folder}/tpm", "--ctrl", f"type=unixio,path={folder}/tpm.ctrl",
                               "--flags", "not-need-init,startup-clear", "--pid", f"file={pid}"]) as other:
            subprocess.run(["tpm2_getcap", "-T", f"swtpm:path={folder}/tpm", "properties-variable"], check=True,
                           stdout=subprocess.DEVNULL, timeout=60)
            other.kill()
