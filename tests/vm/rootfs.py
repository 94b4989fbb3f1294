"""The root file system: to Debian's packages come ours and what belongs to the machine."""
import os
import shutil
from pathlib import Path

from common import HERE, SIGNING_CERTIFICATE, run, say
from product import build_product

# Drivers and protocols of what the machine does not have; they make up half of the image.
UNUSED_MODULES = [
    "drivers/gpu", "drivers/media", "drivers/net/ethernet", "drivers/net/wireless",
    "drivers/infiniband", "drivers/iio", "drivers/staging", "drivers/scsi", "drivers/ata",
    "drivers/usb", "drivers/hid", "drivers/input", "drivers/isdn", "drivers/hwmon", "drivers/mfd",
    "drivers/mtd", "drivers/platform", "sound", "drivers/video", "drivers/edac", "drivers/power",
    "drivers/leds", "drivers/i2c",
]
# In a read-only root the package database belongs to the image, as in CIP's.
IMMUTABLE = Path("usr/share/immutable-data/var/lib/dpkg")


def install(root: Path, packages: list[Path]) -> None:
    """Our packages; what they depend on has to be in image/packages, so that the image needs no network here."""
    if not packages:
        return
    target = root / "tmp/packages"
    target.mkdir()
    for package in packages:
        shutil.copy(package, target)
    run("chroot", root, "sh", "-c", "dpkg --install /tmp/packages/*.deb",
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})
    # The scenarios upgrade, remove and install them again.
    kept = root / "usr/share/vm/packages"
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(target, kept)


def strip(root: Path) -> None:
    kernel, = (root / "usr/lib/modules").iterdir()
    for name in UNUSED_MODULES:
        shutil.rmtree(kernel / "kernel" / name, ignore_errors=True)
    run("chroot", root, "depmod", kernel.name)


def make_immutable(root: Path) -> None:
    (root / IMMUTABLE).parent.mkdir(parents=True)
    shutil.move(root / "var/lib/dpkg", root / IMMUTABLE)
    shutil.rmtree(root / "var")
    (root / "var").mkdir()
    shutil.rmtree(root / "home")
    (root / "home").symlink_to("var/home")
    for name in ("boot", "tmp", "run"):
        shutil.rmtree(root / name)
        (root / name).mkdir()
    # Empty: made at the first start and kept in the overlay, as every device has its own.
    (root / "etc/machine-id").write_text("")
    for leftover in root.glob("*.old"):
        leftover.unlink()


def customise(base: Path, packages: list[Path], work: Path) -> Path:
    """The finished root; kernel and initramfs are moved to `work`."""
    root = work / "root"
    root.mkdir()
    run("tar", "--extract", "--preserve-permissions", "--numeric-owner", "--file", base, "--directory", root,
        "--exclude=./dev/*")
    say("installing what is ours")
    install(root, packages)
    build_product(root, packages, work)
    run("cp", "--archive", "--no-preserve=ownership", f"{HERE}/image/files/.", root)
    (root / "usr/share/swupdate-signing").mkdir()
    shutil.copy(SIGNING_CERTIFICATE, root / "usr/share/swupdate-signing/swupdate-sign.crt")
    # An ordinary user, and the one whom the product application runs as.
    run("chroot", root, "useradd", "--no-create-home", "--shell", "/bin/bash", "alice")
    run("chroot", root, "useradd", "--system", "--no-create-home", "product")
    strip(root)
    kernel, = (root / "usr/lib/modules").iterdir()
    run("chroot", root, "mkinitramfs", "-o", "/boot/initrd.img", kernel.name)
    shutil.move(root / "boot/initrd.img", work / "initrd.img")
    shutil.move(root / f"boot/vmlinuz-{kernel.name}", work / "vmlinuz")
    for link in ("vmlinuz", "initrd.img"):
        (root / link).unlink(missing_ok=True)
    make_immutable(root)
    return root
