"""What others do to Secure Boot: keys that are signed into the firmware's database, and another loader that it lets run."""
import shutil
import struct
import tempfile
from pathlib import Path

from boot import BOOT_GUARD, sign, signing_key
from common import FIRMWARE_VARIABLES_WITHOUT_KEYS, SIGNING_CERTIFICATE, run
from machine import Machine

DB = "/sys/firmware/efi/efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f"
OWNER = "6b0ab6cc-58ca-4bd8-8d13-5a0ba4f0f2e5"
ADDITION = "NON_VOLATILE,BOOTSERVICE_ACCESS,RUNTIME_ACCESS,TIME_BASED_AUTHENTICATED_WRITE_ACCESS,APPEND_WRITE"
ESP = "/dev/disk/by-partlabel/efi"
LOADER = "EFI/BOOT/bootx64.efi"


def addition_to_db() -> bytes:
    """A certificate that nobody knows, as whoever has the key exchange key adds it: what efivarfs is to be written."""
    with tempfile.TemporaryDirectory(prefix="vm-keys-") as name:
        folder = Path(name)
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key", "-out",
            folder / "pem", "-subj", "/CN=Somebody else", "-days", "3650")
        run("openssl", "x509", "-in", folder / "pem", "-outform", "der", "-out", folder / "der")
        run("sbsiglist", "--owner", OWNER, "--type", "x509", "--output", folder / "list", folder / "der")
        run("sbvarsign", "--key", signing_key(folder), "--cert", SIGNING_CERTIFICATE, "--attr", ADDITION,
            "--include-attrs", "--output", folder / "update", "db", folder / "list")
        return (folder / "update").read_bytes()


def add_to_db(machine: Machine) -> None:
    machine.write("/run/vm-db", addition_to_db())
    # In one write: each is a call of the firmware.
    machine.run(f"chattr -i {DB} && cat /run/vm-db >{DB}")


def take_keys_out(machine: Machine) -> None:
    """On a machine that is off: the firmware's variables are those of a machine that never had keys."""
    shutil.copy(FIRMWARE_VARIABLES_WITHOUT_KEYS, machine.folder / "variables.fd")


def other_loader() -> bytes:
    """EFI Boot Guard as it would be of another day: signed as the one that is there, and not it."""
    with tempfile.TemporaryDirectory(prefix="vm-loader-") as name:
        folder = Path(name)
        image = bytearray((BOOT_GUARD / "efibootguardx64.efi").read_bytes())
        header, = struct.unpack_from("<I", image, 0x3c)
        struct.pack_into("<I", image, header + 8, 1)  # the date in its header
        (folder / "loader.efi").write_bytes(image)
        return sign(folder / "loader.efi", folder / "signed.efi", folder).read_bytes()


def put_loader(machine: Machine, path: str) -> None:
    """The one that is there is kept as /var/vm-loader.efi."""
    machine.run(f"mkdir -p /run/esp && mount {ESP} /run/esp && cp -n /run/esp/{LOADER} /var/vm-loader.efi && "
                f"cp {path} /run/esp/{LOADER} && umount /run/esp")
