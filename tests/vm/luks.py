"""What scenarios do to the machine's own volume: /var, whose one key the TPM has sealed to PCR 7."""
import base64
from dataclasses import dataclass

from common import run
from expect import Expect, Skipped
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


@dataclass
class Beginning:
    """Of a volume: its header and the areas of its first key slots; and where on the disk it belongs."""
    data: bytes
    place: int  # bytes


# Of cryptsetup's defaults: two copies of 16 KiB, and areas of 252 KiB, of which the enrolment uses the second.
BEGINNING = 1 << 20


def made_anew(machine: Machine, keep_key: bool) -> Beginning:
    """The beginning of a volume made under /var's UUID and sealed to the same TPM and PCR, /var itself untouched. With
    `keep_key` it is made around /var's own volume key, which root can take out: so what lies on /var stays readable."""
    # The copy is what gets another password: the TPM opens it as it opens /var.
    take_key = (f"head -c {BEGINNING} {DEVICE} >copy && truncate -s 32M copy && printf second >second && "
                "cryptsetup luksAddKey --batch-mode --token-only --token-id 0 --pbkdf pbkdf2 "
                "--pbkdf-force-iterations 1000 copy second && "
                "cryptsetup luksDump --batch-mode --dump-volume-key --volume-key-file key --key-file second copy >&2")
    said = machine.run(
        f"mkdir /run/vm-anew && cd /run/vm-anew && {take_key if keep_key else ':'} && "
        f"truncate -s $(blockdev --getsize64 {DEVICE}) volume && printf first >first && "
        f"cryptsetup luksFormat --batch-mode --type luks2 --uuid $(cryptsetup luksUUID {DEVICE}) --key-size 512 "
        f"--sector-size $(cryptsetup luksDump {DEVICE} | sed -n 's/.*sector: \\([0-9]*\\).*/\\1/p') "
        f"{'--volume-key-file key' if keep_key else ''} --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "
        "--key-file first volume && "
        "PASSWORD=first systemd-cryptenroll --tpm2-device=/dev/tpmrm0 --tpm2-pcrs=7 volume >&2 && "
        "systemd-cryptenroll --wipe-slot=0 volume >&2 && "
        f"cat /sys/class/block/$(basename $(readlink -f {DEVICE}))/start && "
        f"head -c {BEGINNING} volume | base64 -w 0 && cd / && rm -r /run/vm-anew && sync", timeout=TOOL_SECONDS).out
    start, data = said.split("\n")
    return Beginning(base64.b64decode(data), int(start) * 512)


def put_in_place(machine: Machine, beginning: Beginning) -> None:
    """On a machine that is off."""
    file = machine.folder / "beginning"
    file.write_bytes(beginning.data)
    run("qemu-io", "-f", "qcow2", "-c", f"write -q -s {file} {beginning.place} {len(beginning.data)}",
        machine.folder / "disk.qcow2")


def start_with_another(machine: Machine, expect: Expect, keep_key: bool) -> None:
    """While the machine is off its volume is made anew; what it tells from its start on is then asserted."""
    beginning = made_anew(machine, keep_key)
    machine.power_cut()
    put_in_place(machine, beginning)
    expect.from_now()
    machine.start()
    machine.wait_ready()
