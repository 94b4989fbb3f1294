"""The disk: GPT with CIP's partitions, put together from files."""
import os
from dataclasses import dataclass
from pathlib import Path

from boot import BOOT_GUARD, Slot, sign
from common import run, say

MIB = 1 << 20
ESP_TYPE = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
LINUX_TYPE = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
BASIC_DATA_TYPE = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
BOOT_MIB = 64
VAR_MIB = 1024


@dataclass
class Partition:
    label: str
    type: str
    size: int           # MiB
    content: Path | None
    uuid: str


def fat(file: Path, label: str, size: int, contents: dict[str, Path], volume_id: str) -> Path:
    with open(file, "wb") as out:
        out.truncate(size * MIB)
    run("mformat", "-i", file, "-v", label, "-N", volume_id, "::")
    made: set[str] = set()
    for name, source in contents.items():
        folders = name.split("/")[:-1]
        for depth in range(len(folders)):
            folder = "/".join(folders[:depth + 1])
            if folder not in made:
                run("mmd", "-i", file, f"::{folder}")
                made.add(folder)
        run("mcopy", "-i", file, source, f"::{name}")
    return file


def mebibytes(file: Path) -> int:
    return -(-file.stat().st_size // MIB)


def partitions(slots: list[Slot], work: Path) -> list[Partition]:
    loader = sign(BOOT_GUARD / "efibootguardx64.efi", work / "bootx64.efi", work)
    esp = fat(work / "efi.img", "EFI", 16, {"EFI/BOOT/bootx64.efi": loader}, "d1360f76")
    table = [Partition("efi", ESP_TYPE, 16, esp, "d1360f76-b09a-4bcc-b923-8195088cbe02")]
    for number, slot in enumerate(slots):
        # What EFI Boot Guard means by C:BOOT0: in the environment is this file's word, in UTF-16.
        label = work / f"label{number}"
        label.write_bytes(f"BOOT{number}".encode("utf-16-le"))
        contents = {"linux.efi": slot.kernel_image, "BGENV.DAT": slot.environment, "EFILABEL": label}
        boot = fat(work / f"boot{number}.img", f"BOOT{number}", BOOT_MIB, contents, f"4321dcb{'bc'[number]}")
        table.append(Partition(f"BOOT{number}", BASIC_DATA_TYPE, BOOT_MIB, boot,
                               f"4321dcbb-0000-4000-8000-00000000000{number}"))
    size = max(mebibytes(slot.root_image) for slot in slots)
    for number, slot in enumerate(slots, 1):
        table.append(Partition(f"system{slot.letter}", LINUX_TYPE, size, slot.root_image,
                               f"fedcba98-7654-3210-cafe-5e071000000{number}"))
    # Empty: the machine encrypts it when it starts for the first time.
    table.append(Partition("var", LINUX_TYPE, VAR_MIB, None, "686a2e06-7f96-495b-beac-1731cb98eb0e"))
    return table


def assemble(slots: list[Slot], work: Path, disk: Path) -> None:
    say("putting the disk together")
    table = partitions(slots, work)
    script = ["label: gpt", "unit: sectors"]
    start = 1
    places = []
    for partition in table:
        script.append(f"start={start * 2048}, size={partition.size * 2048}, type={partition.type}, "
                      f"uuid={partition.uuid}, name={partition.label}")
        places.append((partition, start))
        start += partition.size
    with open(disk, "wb") as out:
        out.truncate((start + 1) * MIB)
    run("sfdisk", "--quiet", disk, input="\n".join(script) + "\n")
    for partition, place in places:
        if partition.content:
            run("dd", f"if={partition.content}", f"of={disk}", "bs=1M", f"seek={place}", "conv=notrunc,sparse")
