"""Who has taken over the daemon asks the broker for what the TPM must not be told: refused, and the TPM is as it was."""
import tpm

EPERM, EINVAL, EMSGSIZE = "1", "22", "90"
PASSWORD = "00000009" "40000009" "0000" "00" "0000"
READ_CLOCK = "80010000000a00000181"
FORBIDDEN = {
    "clear": ("80020000001b00000126" "4000000a" + PASSWORD, EPERM),
    "extend PCR 7": ("80020000004100000182" "00000007" + PASSWORD + "00000001" "000b" + "00" * 32, EPERM),
    "write our index": ("80020000002400000137" "01819401" "01819401" + PASSWORD + "0001" "00" "0000", EPERM),
    "take our index away": ("80020000001f00000122" "40000001" "01819401" + PASSWORD, EPERM),
    "guess a secret": ("8002000000240000014e" "01819401" "01819401" "0000000a400000090000000001" "78" "00200000", EPERM),
    "start a session": ("80010000000a00000176", EPERM),
    "a size that is another": ("80010000000b00000181", EINVAL),
    "half a command": ("8001", EINVAL),
    "one that is too long": ("8001" + "00001400" + "00000181" + "00" * 5110, EMSGSIZE),
}


def ask(machine, *messages):
    return machine.run("setpriv --reuid=integrityd --regid=integrity --clear-groups /usr/libexec/vm/broker "
                       f"'command tpm' {' '.join(messages)}").out.split()


def run(machine, expect):
    tpm.needs_watcher(machine)
    before = machine.run("tpm2_getcap properties-variable; tpm2_pcrread sha256:7").out
    expect.equal(ask(machine, READ_CLOCK, READ_CLOCK), ["0", "0", "0"], "what reading needs")
    for name, (command, status) in FORBIDDEN.items():
        # The clock is not answered any more: the conversation is over.
        expect.equal(ask(machine, command, READ_CLOCK), ["0", status, "closed"], name)
    expect.equal(machine.run("tpm2_getcap properties-variable; tpm2_pcrread sha256:7").out, before, "the TPM")
    expect.equal(machine.run("setpriv --reuid=nobody --clear-groups /usr/libexec/vm/broker 'command tpm'",
                             check=False).status, 1, "what another user gets")
