"""The machine is honest: a kernel image with one other byte is not started."""
from machine import BOOT_SECONDS

START = "started"
# Both slots, so that nothing falls back. The byte is in the kernel's compressed part.
OTHER_KERNEL = """
for partition in BOOT0 BOOT1; do
    mkdir -p /run/$partition && mount /dev/disk/by-partlabel/$partition /run/$partition
    size=$(stat -c %s /run/$partition/linux.efi)
    printf X | dd of=/run/$partition/linux.efi bs=1 seek=$((size / 2)) conv=notrunc
    umount /run/$partition
done
sync
"""


def run(machine, expect):
    machine.run(OTHER_KERNEL)
    known = machine.console.count()
    machine.press_reset()
    refused = machine.console.wait(lambda line: "Access Denied" in line or "Security Violation" in line,
                                   BOOT_SECONDS, known)
    expect.true(refused, f"the firmware does not refuse a changed kernel image: {machine.console_end()}")
