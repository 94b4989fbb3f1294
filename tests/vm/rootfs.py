"""The root file system: to Debian's packages come ours and what belongs to the machine."""
import os
import re
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


def device_packages(packages: list[Path]) -> list[Path]:
    return [package for package in packages if "-dev_" not in package.name]


def next_version(package: Path, folder: Path, work: Path) -> None:
    """The same package as its next version, as an upgrade brings it."""
    unpacked = work / "repacked"
    run("dpkg-deb", "--raw-extract", package, unpacked)
    control = unpacked / "DEBIAN/control"
    text = control.read_text()
    version = re.search(r"^Version: (.*)$", text, re.MULTILINE)[1]
    control.write_text(text.replace(f"Version: {version}\n", f"Version: {version}+1\n")
                       .replace(f"(= {version})", f"(= {version}+1)"))
    run("dpkg-deb", "--root-owner-group", "-Zgzip", "--build", unpacked, folder / package.name)
    shutil.rmtree(unpacked)


def install(root: Path, packages: list[Path], work: Path) -> None:
    """Our packages; what they depend on has to be in image/packages, so that the image needs no network here."""
    if not packages:
        return
    # The scenarios upgrade, remove and install them again.
    kept = root / "usr/share/vm/packages"
    newer = root / "usr/share/vm/newer"
    for folder in (kept, newer):
        folder.mkdir(parents=True)
    for package in packages:
        shutil.copy(package, kept)
        next_version(package, newer, work)
    run("chroot", root, "sh", "-c", "dpkg --install /usr/share/vm/packages/*.deb",
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})


def use_audit_policy(root: Path) -> None:
    """As a product's configuration package does (debian/README.isar.md): a copy, for the broker follows no link."""
    offered = root / "usr/share/integrityd/audit/60-integrityd.rules"
    if offered.exists():
        run("install", "-m", "0640", offered, root / "etc/audit/rules.d")


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
    install(root, device_packages(packages), work)
    use_audit_policy(root)
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
