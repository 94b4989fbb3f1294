"""The package is upgraded over itself, removed and purged: an upgrade keeps all, a purge leaves nothing."""
import device

PACKAGES = "/usr/share/vm/packages"
OURS = "$(dpkg-query -W -f '${Package}\\n' 'integrityd*' 'libintegrity*')"
TRACES = ("find /etc /usr /var /run -xdev \\( -iname '*integrityd*' -o -iname '*org.cip_project.Integrity1*' \\) "
          "-not -path '/var/log/journal/*' -not -path '/usr/share/vm/*' -not -path '/var/local/*' "
          "-not -path '/run/usr/*'")


def writable_root(machine):
    """The root is read-only for good: packages are changed on an overlay in memory, as in a container build."""
    machine.run("mkdir -p /run/usr/upper /run/usr/work && "
                "mount -t overlay -o lowerdir=/usr,upperdir=/run/usr/upper,workdir=/run/usr/work overlay /usr && "
                "systemctl daemon-reload")


def run(machine, expect):
    writable_root(machine)
    last = expect.last_sequence()
    expect.from_now()
    machine.run(f"DEBIAN_FRONTEND=noninteractive dpkg --install {PACKAGES}/*.deb", timeout=300)
    started = expect.notice("self.started", within=60)
    expect.true(started["sequence"] > last, "an upgrade lost the history")
    device.check(machine)
    expect.nothing_above("low")

    machine.run("systemctl stop vm-product.service")
    machine.run(f"DEBIAN_FRONTEND=noninteractive dpkg --remove {OURS}", timeout=300)
    expect.equal(machine.run("pgrep -x integrityd", check=False).status, 1, "a daemon runs after removal")
    expect.true(machine.run("test -d /var/lib/integrityd", check=False).status == 0, "removal took the state")
    machine.run(f"DEBIAN_FRONTEND=noninteractive dpkg --purge {OURS}", timeout=300)
    left = machine.run(TRACES, check=False).out
    expect.equal(left, "", "left after a purge")
    expect.contains(machine.run("systemctl is-system-running", check=False).out, "running", "the system")
