"""Something is mounted over programs, or above the audit log, while the system runs: told at once, gone with it."""
import measured

# Half the interval: nobody asks for a look here, and none falls due. The emulated TPM is asked in between.
TOLD_WITHIN = 30


def run(machine, expect):
    measured.needs_watcher(machine)
    for place in ("/usr/local", "/var/log"):
        subject = f"tmpfs on {place} from shadow"
        expect.from_now()
        machine.run(f"mount -t tmpfs shadow {place}")
        expect.event("boot.mount.shadowed", subject, within=TOLD_WITHIN)
        machine.run(f"umount {place}")
        expect.event("boot.mount.shadowed", subject, type="returned", within=TOLD_WITHIN)
