"""One slot: the root under dm-verity, and a signed unified kernel image that starts that root and no other."""
import re
import uuid
from dataclasses import dataclass
from pathlib import Path

from common import SIGNING_CERTIFICATE, SIGNING_KEY, SIGNING_PASSPHRASE, run, say

BOOT_GUARD = Path("/usr/lib/x86_64-linux-gnu/efibootguard")
# panic=5: what cannot start, starts again. audit=1: from the first process on; with its default of 64 records the
# kernel loses some before auditd runs. systemd.verity=no: the initramfs reads roothash= itself.
COMMAND_LINE = ("console=ttyS0 root=/dev/mapper/verityroot rootfstype=squashfs ro rootwait panic=5 systemd.verity=no "
                "audit=1 audit_backlog_limit=8192 loglevel=5")


@dataclass
class Slot:
    letter: str
    root_image: Path     # squashfs with its hash tree behind it
    kernel_image: Path   # signed
    environment: Path    # EFI Boot Guard's


def signing_key(work: Path) -> Path:
    """sbsign asks for the passphrase on a terminal; so it gets the published test key without one."""
    key = work / "signing.key"
    if not key.exists():
        run("openssl", "pkey", "-in", SIGNING_KEY, "-passin", f"pass:{SIGNING_PASSPHRASE}", "-out", key)
    return key


def sign(program: Path, signed: Path, work: Path) -> Path:
    run("sbsign", "--key", signing_key(work), "--cert", SIGNING_CERTIFICATE, "--output", signed, program)
    return signed


def verity_root(letter: str, root: Path, work: Path, image_uuid: str) -> tuple[Path, str]:
    """The file, and what the kernel command line has to say of it."""
    release = root / "usr/lib/os-release"
    lines = [line for line in release.read_text().splitlines() if not line.startswith("IMAGE_")]
    release.write_text("\n".join([*lines, f"IMAGE_UUID={image_uuid}", f"IMAGE_VERSION=slot-{letter}", ""]))
    file = work / f"system{letter}.verity"
    # lz4: emulated, the processor's time costs more than the disk's space.
    run("mksquashfs", root, file, "-noappend", "-comp", "lz4", "-quiet", "-no-progress")
    offset = file.stat().st_size
    salt = uuid.uuid5(uuid.UUID(image_uuid), "salt").hex
    said = run("veritysetup", "format", file, file, f"--hash-offset={offset}", f"--salt={salt}", f"--uuid={image_uuid}",
               "--data-block-size=4096", "--hash-block-size=4096", f"--data-blocks={offset // 4096}")
    root_hash = re.search(r"^Root hash:\s*([0-9a-f]{64})$", said, re.MULTILINE)[1]
    return file, f"verity.slot=system{letter} roothash={root_hash} verity.offset={offset}"


def unified_kernel(letter: str, command_line: str, work: Path) -> Path:
    # The stub lets the firmware load the kernel, which asks for a signature of its own.
    kernel = work / "vmlinuz.signed"
    if not kernel.exists():
        sign(work / "vmlinuz", kernel, work)
    unsigned = work / f"linux-{letter}.unsigned"
    run("bg_gen_unified_kernel", "--cmdline", command_line, "--initrd", work / "initrd.img",
        BOOT_GUARD / "kernel-stubx64.efi", kernel, unsigned)
    return sign(unsigned, work / f"linux-{letter}.efi", work)


def build_slot(letter: str, root: Path, work: Path, image_name: str) -> Slot:
    say(f"building slot {letter}")
    image_uuid = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{image_name}-{letter}"))
    root_image, verity_options = verity_root(letter, root, work, image_uuid)
    kernel_image = unified_kernel(letter, f"{COMMAND_LINE} {verity_options}", work)
    number = "ab".index(letter)
    environment = work / f"environment-{letter}" / "BGENV.DAT"
    environment.parent.mkdir()
    # The highest revision that is not marked as failed is started. No watchdog: emulated, a start may take minutes.
    run("bg_setenv", f"--filepath={environment}", f"--revision={2 - number}", "--ustate=0", "--watchdog=0",
        f"--kernel=C:BOOT{number}:linux.efi", "--args=")
    return Slot(letter, root_image, kernel_image, environment)
