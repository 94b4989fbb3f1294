"""What scenarios do to the TPM."""
import subprocess
import tempfile
from pathlib import Path

import luks
from machine import Machine

GUARDED = "0x01800777"
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
