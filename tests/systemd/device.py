"""A small device: the real systemd with our units, in namespaces of its own, on an overlay over this system's root.

Nothing of this system is changed: what is written goes to a tmpfs that ends with the namespaces.
"""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

SYSTEMD = Path("/lib/systemd/systemd")
# For a slow machine; nothing here waits for it to pass.
DEADLINE = 120

# What is started: nothing of the system that lies below but the bus and the journal.
TARGET = """[Unit]
Description=Everything that the test needs
Requires=dbus.service systemd-journald.service
After=dbus.service systemd-journald.service sysinit.target
Wants=integrityd-broker.socket integrityd-aide.socket
[Install]
"""

# Audit= neither yes nor no: the kernel's auditing is one for the whole machine, and left as it is.
JOURNAL = "[Journal]\nAudit=\n"

# In the new namespaces, before systemd. Arguments: a folder to work in, the installed files, the files of the test,
# where systemd says that it is ready.
BEGIN = r"""
set -e
work=$1 staged=$2 files=$3
mount -t tmpfs -o mode=0755 tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" overlay "$work/root"
cd "$work/root"
cp -a "$staged/." .
cp -a "$files/." .
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 none sys/fs/cgroup
mount -t tmpfs -o mode=0755 tmpfs dev
for node in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "dev/${node%:*}" c 1 "${node#*:}"; done
mknod -m 666 dev/tty c 5 0
# What nobody of us may read: the kernel's log, and a disk that is none (a driver for local use, LANANA).
mknod -m 600 dev/kmsg c 1 11
mknod -m 600 dev/disk b 240 0
mkdir -m 755 dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t tmpfs -o mode=0755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mkdir -p run/old
chroot . systemd-sysusers
chroot . systemd-tmpfiles --create integrityd.conf || true
mount --make-rprivate /
pivot_root . run/old
umount -l /run/old
rmdir /run/old
exec env -i container=test "NOTIFY_SOCKET=$4" PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=integrityd-test.target \
    --log-target=journal --show-status=no
"""


def why_not():
    """Why there can be no such device here; empty: there can."""
    if os.geteuid() != 0:
        return "needs root"
    for program in ("unshare", "nsenter", "dbus-daemon", "pivot_root", "setpriv", "meson"):
        if shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
            return f"{program} is not installed"
    if not SYSTEMD.exists():
        return f"{SYSTEMD} is not there"
    probe = ('d=$(mktemp -d) && mount -t tmpfs t "$d" && mkdir "$d/u" "$d/w" "$d/r" "$d/c" && '
             'mount -t cgroup2 c "$d/c" && mount -t overlay -o lowerdir=/,upperdir=$d/u,workdir=$d/w o "$d/r"')
    run = subprocess.run(["unshare", "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--fork", "sh", "-c", probe],
                         capture_output=True, text=True, check=False)
    return "" if run.returncode == 0 else "no namespaces, cgroups or overlays: " + (run.stderr.strip() or "refused")


class Device:
    """`files`: {path: text}, put over what the build installs."""

    def __init__(self, build, files):
        self.folder = Path(tempfile.mkdtemp(prefix="integrityd-device-"))
        self.process = None
        self.init = 0
        staged = self.folder / "staged"
        subprocess.run(["meson", "install", "-C", str(build), "--no-rebuild", "--quiet", "--destdir", str(staged)],
                       check=True, capture_output=True)
        own = {"/etc/systemd/system/integrityd-test.target": TARGET, "/etc/systemd/journald.conf.d/test.conf": JOURNAL}
        for path, text in {**files, **own}.items():
            place = self.folder / "files" / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
            place.chmod(0o755 if text.startswith("#!") else 0o644)
        (self.folder / "work").mkdir()

    def start(self):
        """Until everything that was asked for is started, which systemd tells as a container's."""
        address = f"integrityd-device-{os.getpid()}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind("\0" + address)
            ready.settimeout(DEADLINE)
            with (self.folder / "log").open("w") as log:
                self.process = subprocess.Popen(
                    ["unshare", "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child",
                     "--propagation", "private", "sh", "-c", BEGIN, "sh", str(self.folder / "work"),
                     str(self.folder / "staged"), str(self.folder / "files"), "@" + address],
                    stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
            try:
                while b"READY=1" not in ready.recv(4096).splitlines():
                    pass
            except TimeoutError:
                raise RuntimeError("systemd is not ready: " + (self.folder / "log").read_text()[-2000:]) from None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.init = int(children[0])

    def run(self, *command, **options):
        """In the device, as its root."""
        return subprocess.run(["nsenter", f"--target={self.init}", "--mount", "--pid", "--uts", "--ipc", "--cgroup",
                               "--root", "--wd", "env", "-i", "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                               *command], capture_output=True, text=True, check=False, timeout=DEADLINE,
                              stdin=subprocess.DEVNULL, **options)

    def must(self, *command):
        done = self.run(*command)
        if done.returncode != 0:
            raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    def read(self, path):
        return self.must("cat", path)

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(why_not())
