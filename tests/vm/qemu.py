"""How the emulators are called."""
import functools
import subprocess
import tempfile
from pathlib import Path

from common import FIRMWARE, say

MEMORY_MIB = 1024
PROCESSORS = 2
MACHINE = ["-machine", "q35,smm=on", "-smp", str(PROCESSORS)]
ACCELERATION = {"tcg": ["-accel", "tcg,thread=multi", "-cpu", "max"], "kvm": ["-accel", "kvm", "-cpu", "host"]}
# A boot sector that writes 0x10 to the port of isa-debug-exit and stops: QEMU ends with 0x10 * 2 + 1.
PROBE = bytes.fromhex("b010 e6f4 f4") + bytes(505) + b"\x55\xaa"
PROBE_STATUS = 0x21
PROBE_SECONDS = 10
# How much longer than a device an emulated processor may take, on a host that has other things to do as well.
EMULATED_TIMES = 6


def ends_with(status: int, *options: str, say_to_it: str = "") -> bool:
    command = ["qemu-system-x86_64", *options, "-nodefaults", "-display", "none"]
    try:
        return subprocess.run(command, input=say_to_it.encode(), capture_output=True, timeout=PROBE_SECONDS,
                              check=False).returncode == status
    except subprocess.TimeoutExpired:
        return False


def kvm_works() -> bool:
    """/dev/kvm alone says little: there are hosts where no guest runs, and others without SMM or a processor's parts."""
    if not Path("/dev/kvm").exists():
        return False
    with tempfile.NamedTemporaryFile(suffix=".img") as sector:
        sector.write(PROBE)
        sector.flush()
        runs = ends_with(PROBE_STATUS, "-accel", "kvm", "-m", "16", "-drive", f"file={sector.name},format=raw",
                         "-device", "isa-debug-exit,iobase=0xf4,iosize=1")
    return runs and ends_with(0, *MACHINE, *ACCELERATION["kvm"], "-qmp", "stdio",
                              say_to_it='{"execute": "qmp_capabilities"} {"execute": "quit"}')


@functools.cache
def accelerator() -> str:
    found = "kvm" if kvm_works() else "tcg"
    say(f"accelerator: {found}")
    return found


def device_seconds(seconds: float) -> float:
    """So many seconds of a device, for this machine."""
    return seconds if accelerator() == "kvm" else seconds * EMULATED_TIMES


def tpm_command(state: Path, control_fd: int) -> list[str]:
    # The folder has to be absolute. No startup-clear: QEMU does the initialisation.
    return ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--ctrl", f"type=unixio,fd={control_fd}",
            "--terminate", "--log", f"file={state.parent}/swtpm.log,level=1"]


def create_tpm(state: Path) -> list[str]:
    return ["swtpm_setup", "--tpm2", "--tpmstate", str(state), "--overwrite", "--create-ek-cert",
            "--create-platform-cert"]


def machine_command(folder: Path, sockets: Path, console: list[str] | None, incoming: bool) -> list[str]:
    """QEMU connects to our sockets, not we to its: so nobody has to wait until a socket is there."""
    console = console or ["-chardev", f"socket,id=console,path={sockets}/console", "-serial", "chardev:console"]
    ports = []
    for name in ("agent", "product"):
        ports += ["-chardev", f"socket,id={name},path={sockets}/{name}",
                  "-device", f"virtserialport,chardev={name},name=vm.{name}"]
    return ["qemu-system-x86_64", *MACHINE, *ACCELERATION[accelerator()], "-m", str(MEMORY_MIB),
            "-nodefaults", "-display", "none", "-nic", "none",
            "-global", "driver=cfi.pflash01,property=secure,value=on",
            "-global", "ICH9-LPC.disable_s3=1",
            "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={FIRMWARE}",
            "-drive", f"if=pflash,format=raw,unit=1,file={folder}/variables.fd",
            "-drive", f"if=virtio,format=qcow2,file={folder}/disk.qcow2,cache=writeback",
            "-chardev", f"socket,id=tpm,path={sockets}/tpm", "-tpmdev", "emulator,id=tpm,chardev=tpm",
            "-device", "tpm-crb,tpmdev=tpm",
            "-device", "virtio-rng-pci", "-device", "virtio-serial-pci", *ports,
            "-chardev", f"socket,id=monitor,path={sockets}/monitor", "-mon", "chardev=monitor,mode=control",
            *console, *(["-incoming", "defer"] if incoming else [])]
