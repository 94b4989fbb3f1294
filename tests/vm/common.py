"""What building and running share: places, commands, and one way to say something."""
import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = Path(os.environ.get("INTEGRITYD_VM_CACHE", ROOT / "build-vm")).resolve()

FIRMWARE = Path("/usr/share/OVMF/OVMF_CODE_4M.secboot.fd")
# Platform key, key exchange key and database hold one published test key, the one of CIP's own reference image.
FIRMWARE_VARIABLES = Path("/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd")
FIRMWARE_VARIABLES_WITHOUT_KEYS = Path("/usr/share/OVMF/OVMF_VARS_4M.fd")
SIGNING_KEY = Path("/usr/share/ovmf/PkKek-1-snakeoil.key")
SIGNING_CERTIFICATE = Path("/usr/share/ovmf/PkKek-1-snakeoil.pem")
SIGNING_PASSPHRASE = "snakeoil"


class CommandFailed(RuntimeError):
    pass


def say(text: str) -> None:
    print(f"vm: {text}", file=sys.stderr, flush=True)


def lock_cache() -> int:
    """One at a time works on what is kept; held until the returned descriptor is closed, by the end of the process."""
    CACHE.mkdir(parents=True, exist_ok=True)
    lock = os.open(CACHE / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("waiting for another one that works in the same folder")
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def run(*command: str | Path, **options) -> str:
    """Runs a command and returns what it wrote, or throws it."""
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **options)
    if done.returncode != 0:
        raise CommandFailed(f"{command[0]} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def digest_of(*paths: Path, extra: str = "") -> str:
    """One digest over names, modes and contents of files and folders."""
    total = hashlib.sha256(extra.encode())
    for top in paths:
        for path in sorted([top, *top.rglob("*")] if top.is_dir() else [top]):
            if "__pycache__" in path.parts:
                continue
            total.update(f"{path.relative_to(top.parent)}\0{path.lstat().st_mode & 0o170111:o}\0".encode())
            if path.is_symlink():
                total.update(os.readlink(path).encode())
            elif path.is_file():
                total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]
