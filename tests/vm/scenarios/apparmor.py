"""With the delivered AppArmor profiles in force daemon and broker do all that they did, and nothing beside."""
import audit
import device
from acts import FILE, TOLD_WITHIN

PROFILES = "/etc/apparmor.d/usr.libexec.integrityd.integrityd*"


def confined(machine, program):
    return machine.run(f"cat /proc/$(pgrep -xf /usr/libexec/integrityd/{program})/attr/current").out.strip()


def denials(machine):
    return machine.run(f"grep -h 'apparmor=\"DENIED\".*profile=\"integrityd' {audit.LOG}*; "
                       "dmesg | grep 'apparmor=\"DENIED\".*profile=\"integrityd'", check=False).out


def ask_for_a_secret(machine, expect):
    """Root's configuration names it, root's broker may read everything: the profile alone stands before it."""
    machine.write("/etc/integrityd/conf.d/60-secret.toml", '[aide]\ndatabase = "/etc/shadow"\n')
    machine.run("systemctl reload integrityd.service")
    device.check(machine, blind=True)
    [aide] = [watcher for watcher in device.watchers(machine) if watcher["name"] == "aide"]
    expect.contains(aide["detail"], "/etc/shadow", "why AIDE's watcher is blind")
    expect.contains(denials(machine), 'name="/etc/shadow"', "what AppArmor refused")


def run(machine, expect):
    machine.run(f"apparmor_parser --replace --skip-cache {PROFILES}", timeout=300)
    expect.from_now()
    machine.run("systemctl restart integrityd-broker.service integrityd.service")
    expect.notice("self.started", within=60)
    for program in ("integrityd", "integrityd-broker"):
        expect.equal(confined(machine, program), f"{program} (enforce)", program)
    # The feed, the log, the kernel's status and rules, AIDE's files: all of it comes from the broker.
    machine.run(f"integrityctl check --wait audit; auditctl -D; sed -i 's/recipe/Recipe/' {FILE}")
    expect.event("audit.rules.changed", within=audit.TOLD_WITHIN)
    device.check(machine)
    expect.event("aide.entry.changed", FILE, within=TOLD_WITHIN)
    machine.run("augenrules --load", check=False)
    expect.event("audit.rules.changed", type="returned", within=audit.TOLD_WITHIN)
    blind = [watcher for watcher in device.watchers(machine) if watcher["state"] == "blind"]
    expect.equal(blind, [], "blind watchers")
    expect.equal(denials(machine), "", "what AppArmor refused")
    ask_for_a_secret(machine, expect)
