"""An update as a product gets it: SWUpdate writes the kernel image into slot B and has EFI Boot Guard start it next.

The root of slot B is there already: it is large, and nothing of the boot's judgement depends on how it came.
"""
import tempfile
from pathlib import Path

from boot import signing_key
from common import SIGNING_CERTIFICATE, run
from machine import Machine
from measured import SLOT_B

FOLDER = "/var/vm-update"
IMAGE = f"{FOLDER}/linux.efi"
KEY = "/usr/share/swupdate-signing/swupdate-sign.crt"
SECONDS = 300
NEXT = "#!/bin/sh\nbg_setenv --part=1 --preserve --revision=3 --ustate=0\n"
DESCRIPTION = """\
software =
{{
    version = "2";
    hardware-compatibility: [ "1" ];
    files: ( {{ filename = "linux.efi"; path = "/linux.efi"; device = "{device}"; filesystem = "vfat";
               sha256 = "{image}"; }} );
    scripts: ( {{ filename = "next.sh"; type = "postinstall"; sha256 = "{script}"; }} );
}}
"""


def take_from_slot_b(machine: Machine) -> None:
    """The slot waits for its update; IMAGE is what that brings."""
    machine.run(f"mkdir -p {FOLDER} /run/boot && mount {SLOT_B} /run/boot && cp /run/boot/linux.efi {IMAGE} && "
                "rm /run/boot/linux.efi && umount /run/boot")


def signature(description: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="vm-update-") as name:
        folder = Path(name)
        (folder / "description").write_text(description)
        run("openssl", "cms", "-sign", "-in", folder / "description", "-out", folder / "signature", "-signer",
            SIGNING_CERTIFICATE, "-inkey", signing_key(folder), "-outform", "DER", "-nosmimecap", "-binary")
        return (folder / "signature").read_bytes()


def install(machine: Machine) -> str:
    """What SWUpdate says of it."""
    machine.write(f"{FOLDER}/next.sh", NEXT)
    sums = machine.run(f"cd {FOLDER} && sha256sum linux.efi next.sh").out.split()
    description = DESCRIPTION.format(device=SLOT_B, image=sums[0], script=sums[2])
    machine.write(f"{FOLDER}/sw-description", description)
    machine.write(f"{FOLDER}/sw-description.sig", signature(description))
    # A folder of its own: the service has its sockets in /tmp, and nothing in /run may be executed.
    return machine.run(f"cd {FOLDER} && printf '%s\\n' sw-description sw-description.sig linux.efi next.sh | "
                       "cpio --quiet -o -H crc >update.swu && mkdir -p tmp && "
                       f"TMPDIR={FOLDER}/tmp swupdate -v -k {KEY} -H machine:1 -i update.swu",
                       timeout=SECONDS).out
