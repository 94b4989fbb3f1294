"""A linear device takes the place of an encrypted one, with its name and its uuid: the active table gives it away."""
import luks

CONFIG = """\
[[luks.volume]]
name = "second"
device = "/dev/loop0"
mapping = "second"
keyslots = ["password"]
"""


def run(machine, expect):
    luks.needs_watcher(machine)
    machine.run(f"printf second >{luks.SECOND}; truncate -s 20M /run/vm-disk; modprobe loop; losetup /dev/loop0 /run/vm-disk; "
                f"cryptsetup luksFormat --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 200000 /dev/loop0 {luks.SECOND}; "
                f"cryptsetup open --key-file {luks.SECOND} /dev/loop0 second", timeout=luks.TOOL_SECONDS)
    machine.write("/etc/integrityd/conf.d/60-second.toml", CONFIG)
    machine.run("systemctl reload integrityd.service")
    luks.look(machine)
    machine.run("integrityctl baseline accept luks --yes; integrityctl baseline accept self --yes")
    luks.look(machine)
    expect.from_now()
    machine.run("dmsetup suspend second; echo '0 8192 linear 7:0 32768' | dmsetup reload second; dmsetup resume second")
    luks.look(machine)
    event = expect.event("luks.mapping.unexpected", "second", within=luks.TOLD_WITHIN)
    expect.contains(event["violation"]["summary"], "linear", "the summary")
