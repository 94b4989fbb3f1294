"""PCR 7 is extended while the system runs, as by a change of the firmware's keys: told before the reboot."""
import luks


def run(machine, expect):
    luks.needs_watcher(machine)
    # Log and variables can be read from within the sandbox: else it would not be known.
    expect.contains(machine.run("integrityctl luks").out, "would unseal  yes", "integrityctl luks at first")
    expect.from_now()
    machine.run("tpm2_pcrextend 7:sha256=$(printf %064d 1)", timeout=luks.TOOL_SECONDS)
    luks.look(machine)
    event = expect.event("luks.unseal.failing", "var", within=luks.TOLD_WITHIN)
    expect.contains(event["violation"]["summary"], "PCR 7", "the summary")
    expect.contains(machine.run("integrityctl luks").out, "no, because: PCR 7", "integrityctl luks")
