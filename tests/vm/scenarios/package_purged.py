"""The package is installed over itself, removed and purged: the first keeps all, the last leaves nothing."""
import device
import upgrades

OURS = "$(dpkg-query -W -f '${Package}\\n' 'integrityd*' 'libintegrity*')"
# What is not the package's own: the journal's history, the packages themselves, and the product's configuration. The
# overlays' folders are seen through what they are mounted on.
TRACES = ("find /etc /usr /var /run -xdev \\( -iname '*integrityd*' -o -name 'integrityctl*' -o -name 'integrity-*' "
          "-o -name 'libintegrity*' -o -iname '*org.cip_project.Integrity1*' \\) "
          "-not -path '/var/log/journal/*' -not -path '/usr/share/vm/*' -not -path '/var/local/*' "
          "-not -path '/run/usr/*' -not -path '/usr/lib/integrityd' -not -path '/etc/audit/rules.d/60-integrityd.rules'")
PRODUCTS = "/usr/lib/integrityd/conf.d/50-product.toml"


def run(machine, expect):
    upgrades.writable_root(machine)
    last = expect.last_sequence()
    expect.from_now()
    upgrades.install(machine, upgrades.SAME)
    started = expect.notice("self.started", within=60)
    expect.true(started["sequence"] > last, "the history is lost")
    device.check(machine)
    expect.nothing_above("low")

    machine.run("systemctl stop vm-product.service")
    upgrades.dpkg(machine, f"--remove {OURS}")
    expect.equal(machine.run("pgrep -x integrityd", check=False).status, 1, "a daemon runs after removal")
    expect.true(machine.run("test -d /var/lib/integrityd", check=False).status == 0, "removal took the state")
    upgrades.dpkg(machine, f"--purge {OURS}")
    expect.equal(machine.run(TRACES, check=False).out, "", "left after a purge")
    expect.equal(machine.run("find /usr/lib/integrityd -type f").out.split(), [PRODUCTS], "left after a purge")
    expect.equal(machine.run("getfacl -cp /var/lib/aide /var/log/aide | grep -c integrityd", check=False).out.strip(), "0",
                 "access that was given")
    expect.contains(machine.run("systemctl is-system-running", check=False).out, "running", "the system")
