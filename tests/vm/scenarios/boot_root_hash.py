"""The root's hash is that of the measured command line; a configuration that names another one is told, and taken back."""
import json

import measured

DROP_IN = "/etc/integrityd/conf.d/90-root.toml"


def root(machine):
    return json.loads(machine.run("integrityctl boot --json").out)["root"]


def run(machine, expect):
    measured.needs_watcher(machine)
    measured.look(machine)
    root_hash = machine.run("sed 's/.*roothash=\\([0-9a-f]*\\).*/\\1/' /proc/cmdline").out.strip()
    expect.equal(root(machine), f"on dm-verity, hash {root_hash[:16]}…, that of the measured command line", "the root")
    expect.from_now()
    machine.write(DROP_IN, f'[boot]\nroot_hash = ["{"0" * 64}"]\n')
    machine.run("systemctl reload integrityd.service")
    measured.look(machine)
    told = expect.event("boot.root.unverified", "/", within=measured.LOOK_SECONDS)
    expect.equal(told["violation"]["severity"], "critical", "severity")
    expect.contains(told["violation"]["summary"], "none that the configuration names", "summary")
    machine.write(DROP_IN, f'[boot]\nroot_hash = ["{root_hash}"]\n')
    machine.run("systemctl reload integrityd.service")
    measured.look(machine)
    expect.event("boot.root.unverified", "/", type="returned", within=measured.LOOK_SECONDS)
