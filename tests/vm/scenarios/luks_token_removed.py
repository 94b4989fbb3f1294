"""The token that lets the TPM open /var is removed: told before the restart that would not come up."""
import luks


def run(machine, expect):
    luks.needs_watcher(machine)
    machine.run(f"cryptsetup token export --token-id 0 {luks.DEVICE} >/run/vm-token")
    expect.from_now()
    machine.run(f"cryptsetup token remove --token-id 0 {luks.DEVICE}")
    luks.look(machine)
    expect.event("luks.token.removed", "var", within=luks.TOLD_WITHIN)
    expect.status("violated")
    expect.from_now()
    machine.run(f"cryptsetup token import --token-id 0 --json-file /run/vm-token {luks.DEVICE}")
    luks.look(machine)
    expect.event("luks.token.removed", "var", type="returned", within=luks.TOLD_WITHIN)
