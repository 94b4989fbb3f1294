"""Debian's part of the root file system, kept apart because it takes longest and changes least."""
import os
from pathlib import Path

from common import CACHE, HERE, digest_of, run, say

SUITE = "bookworm"
# Documentation and translations are of no use to the machine and make up a third of its files.
EXCLUDED = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*"]


def package_list() -> str:
    lines = (HERE / "image/packages").read_text().splitlines()
    return ",".join(line for line in lines if line and not line.startswith("#"))


def debian_rootfs() -> Path:
    """A tar file with Debian's packages alone; from the mirror INTEGRITYD_VM_MIRROR, if that is set."""
    tar = CACHE / f"debian-{digest_of(HERE / 'debian.py', extra=package_list())}.tar"
    if tar.exists():
        return tar
    say("fetching and unpacking Debian's packages (one to two minutes)")
    for old in CACHE.glob("debian-*.tar"):
        old.unlink()
    mirror = os.environ.get("INTEGRITYD_VM_MIRROR")
    unfinished = tar.with_suffix(".unfinished")
    run("mmdebstrap", "--variant=minbase", "--format=tar", "--aptopt=APT::Install-Recommends \"false\"",
        *(f"--dpkgopt=path-exclude={path}" for path in EXCLUDED), f"--include={package_list()}",
        SUITE, unfinished, *([mirror] if mirror else []))
    unfinished.rename(tar)
    return tar
