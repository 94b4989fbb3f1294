#!/usr/bin/env python3
"""Builds the disk image: Debian's packages, ours, two slots, one signed boot chain. Prints the image's folder.

Everything is done on files: no loop device, nothing mounted. What is built is kept by the digest of what it was built
from, the Debian part apart from ours, because that one takes longest and changes least.
"""
import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from boot import build_slot
from common import CACHE, HERE, CommandFailed, digest_of, lock_cache, say
from debian import debian_rootfs, package_list
from disk import assemble
from rootfs import customise

KEEP = 2  # images that are kept; an image takes about 1 GB


def own_packages(arguments: list[str]) -> list[Path]:
    packages: list[Path] = []
    for argument in map(Path, arguments):
        packages += sorted(argument.glob("*.deb")) if argument.is_dir() else [argument]
    return [package.resolve() for package in packages if "-dbgsym_" not in package.name]


def prune(kept: Path) -> None:
    """Older images are of no use: the digest of what is in the tree leads to another one."""
    images = sorted(CACHE.glob("image-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for image in images[KEEP:]:
        if image != kept:
            shutil.rmtree(image)
    # What a run left that was killed; one that still goes on is younger.
    yesterday = time.time() - 24 * 3600
    for scratch in [path for pattern in ("work-*", "run-*", "shell-*") for path in CACHE.glob(pattern)]:
        if scratch.stat().st_mtime < yesterday:
            shutil.rmtree(scratch)


def build_image(image: Path, packages: list[Path]) -> None:
    began = time.monotonic()
    base = debian_rootfs()
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="work-") as work_name:
        work = Path(work_name)
        root = customise(base, packages, work)
        made = work / "image"
        made.mkdir()
        slots = [build_slot(letter, root, work, image.name) for letter in ("a", "b")]
        assemble(slots, work, made / "disk.raw")
        (made / "packages").write_text("".join(f"{package.name}\n" for package in packages))
        os.rename(made, image)
    say(f"image built in {time.monotonic() - began:.0f} s: {image}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="*", help="our packages, or folders with them")
    packages = own_packages(parser.parse_args().packages)
    if os.getuid() != 0:
        raise SystemExit("vm: making a Debian system needs root (chroot)")
    lock_cache()
    inputs = [HERE / "image", HERE / "product",
              *(HERE / f"{name}.py" for name in ("build", "common", "debian", "rootfs", "product", "boot", "disk"))]
    image = CACHE / f"image-{digest_of(*inputs, *packages, extra=package_list())}"
    if not image.exists():
        build_image(image, packages)
    os.utime(image)
    prune(image)
    print(image)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CommandFailed as failed:
        sys.exit(f"vm: {failed}")
