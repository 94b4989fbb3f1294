"""Packages that are installed, upgraded and removed on the device."""
import device
from machine import Machine

SAME = "/usr/share/vm/packages"
NEWER = "/usr/share/vm/newer"
DPKG_SECONDS = 300


def writable_root(machine: Machine) -> None:
    """The root is read-only for good: packages are changed on an overlay in memory, as in a container build.

    Mounting over programs is what an attacker would do, and is told: so it is accepted."""
    machine.run("mkdir -p /run/usr/upper /run/usr/work && "
                "mount -t overlay -o lowerdir=/usr,upperdir=/run/usr/upper,workdir=/run/usr/work overlay /usr && "
                "systemctl daemon-reload")
    machine.run("integrityctl check --wait boot", check=False)
    device.accept(machine, "boot")


def dpkg(machine: Machine, action: str) -> None:
    machine.run(f"DEBIAN_FRONTEND=noninteractive dpkg {action}", timeout=DPKG_SECONDS)


def install(machine: Machine, folder: str) -> None:
    dpkg(machine, f"--install {folder}/*.deb")
