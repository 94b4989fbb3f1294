"""Somebody takes the keys out of the firmware, which switches Secure Boot off: told at the next start, and what is gone."""
import luks
import measured
import secure_boot

GONE = ("PK", "KEK", "db")


def run(machine, expect):
    measured.needs_watcher(machine)
    # Else the machine would not come far enough to tell: its /var is sealed to PCR 7.
    luks.seal_to_what_stays(machine)
    machine.power_cut()
    secure_boot.take_keys_out(machine)
    expect.from_now()
    machine.start()
    machine.wait_ready()
    off = expect.event("boot.secureboot.disabled", "Secure Boot", within=measured.LOOK_SECONDS)
    expect.equal(off["violation"]["severity"], "critical", "severity")
    expect.event("boot.secureboot.setup-mode", "Secure Boot", within=measured.LOOK_SECONDS)
    for name in GONE:
        expect.event("boot.secureboot.keys-changed", name, within=measured.LOOK_SECONDS)
    expect.status("violated")
