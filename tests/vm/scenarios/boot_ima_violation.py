"""IMA measures what root reads; a file is written while it is read: told by its name, and PCR 10 stays explained."""
import measured


def run(machine, expect):
    measured.needs_watcher(machine)
    expect.from_now()
    machine.run("echo 'measure func=FILE_CHECK mask=MAY_READ uid=0' >/sys/kernel/security/ima/policy")
    machine.run("echo first >/var/plain; exec 3</var/plain; echo second >>/var/plain; exec 3<&-")
    measured.look(machine)
    expect.event("boot.ima.violation", "/var/plain", within=measured.LOOK_SECONDS)
    for _ in range(3):
        measured.look(machine)
    expect.equal([one["kind"] for one in measured.held(machine) if one["kind"] == "boot.ima.mismatch"], [],
                 "contradictions of list and TPM")
