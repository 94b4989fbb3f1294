"""The machine is what it claims to be: verified from the firmware on, measured, encrypted, and so after a reset too."""
START = "started"


def secure_boot(machine, expect):
    state = machine.run("od -An -tu1 /sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c").out
    expect.equal(state.split()[-1], "1", "the firmware's variable SecureBoot")
    expect.contains(machine.run("dmesg").out, "Secure boot enabled", "the kernel's messages")
    expect.contains(machine.run("cat /sys/kernel/security/lockdown").out, "[integrity]", "lockdown")


def boot_guard(machine, expect):
    for partition, slot in (("BOOT0", "a"), ("BOOT1", "b")):
        said = machine.run("mkdir -p /run/boot && mount -o ro /dev/disk/by-partlabel/" + partition + " /run/boot && "
                           "bg_printenv --filepath=/run/boot/BGENV.DAT; umount /run/boot").out
        expect.contains(said, f"C:{partition}:linux.efi", f"slot {slot}")
    expect.contains(machine.run("cat /proc/cmdline").out, "verity.slot=systema", "the command line")


def verified_root(machine, expect):
    expect.contains(machine.run("findmnt -n -o SOURCE,FSTYPE,OPTIONS /").out, "/dev/mapper/verityroot squashfs ro", "/")
    status = machine.run("veritysetup status verityroot").out
    expect.contains(status, "verified", "dm-verity")
    expected = machine.run("sed 's/.*roothash=\\([0-9a-f]*\\).*/\\1/' /proc/cmdline").out.strip()
    expect.contains(status, expected, "the root's hash")
    expect.true(machine.run("touch /usr/written", check=False).status != 0, "/usr can be written to")
    overlay = machine.run("findmnt -n -o FSTYPE,OPTIONS /etc").out
    expect.contains(overlay, "upperdir=/root/var/local/etc", "/etc")


def encrypted_var(machine, expect):
    expect.contains(machine.run("findmnt -n -o SOURCE /var").out, "/dev/mapper/encrypted_var", "/var")
    slots = machine.run("systemd-cryptenroll /dev/disk/by-partlabel/var").out.splitlines()[1:]
    expect.equal([line.split()[1] for line in slots], ["tpm2"], "the volume's key slots")
    header = machine.run("cryptsetup luksDump --dump-json-metadata /dev/disk/by-partlabel/var").out
    expect.contains(header.replace(" ", "").replace("\n", ""), '"tpm2-pcrs":[7]', "the header")


def measured(machine, expect):
    size = machine.run("wc -c < /sys/kernel/security/tpm0/binary_bios_measurements").out
    expect.true(int(size) > 4096, f"the event log has {size.strip()} bytes")
    for pcr in (0, 4, 7, 9):
        value = machine.run(f"cat /sys/class/tpm/tpm0/pcr-sha256/{pcr}").out.strip()
        expect.true(set(value) != {"0"}, f"PCR {pcr} was not extended")
    expect.true(machine.run("wc -l < /sys/kernel/security/ima/ascii_runtime_measurements").out.strip() != "0",
                "IMA has measured nothing")


def in_order(machine, expect):
    expect.equal(machine.run("systemctl is-system-running", check=False).out.strip(), "running",
                 "state of the system (" + machine.run("systemctl --failed --plain --no-legend").out.strip() + ")")
    expect.contains(machine.run("auditctl -s").out, "enabled 1", "audit")
    for unit in ("auditd", "dbus", "chrony"):
        expect.equal(machine.run(f"systemctl is-active {unit}", check=False).out.strip(), "active", unit)


def early(machine, expect):
    """Before anything comes over the network, after the file systems."""
    def began(unit, name="ActiveEnterTimestampMonotonic"):
        return int(machine.run(f"systemctl show -P {name} {unit}").out)
    ready = began("integrityd.service")
    expect.true(0 < ready <= began("network-pre.target"), "the network did not wait for the daemon")
    started = began("integrityd.service", "ExecMainStartTimestampMonotonic")
    expect.true(started >= began("local-fs.target"), "the daemon did not wait for the file systems")


def run(machine, expect):
    for look in (secure_boot, boot_guard, verified_root, encrypted_var, measured, in_order, early):
        look(machine, expect)
    before = machine.run("cat /sys/class/tpm/tpm0/pcr-sha256/7; cat /etc/machine-id").out
    boot_id = machine.run("cat /proc/sys/kernel/random/boot_id").out
    machine.run("echo kept > /var/lib/kept; echo kept > /etc/kept; sync")

    machine.restart()
    expect.true(machine.run("cat /proc/sys/kernel/random/boot_id").out != boot_id, "it was not started again")
    expect.equal(machine.run("cat /sys/class/tpm/tpm0/pcr-sha256/7; cat /etc/machine-id").out, before,
                 "PCR 7 and machine id")
    expect.equal(machine.run("cat /var/lib/kept /etc/kept").out, "kept\nkept\n", "what was written before")
    for look in (secure_boot, verified_root, encrypted_var, measured, in_order, early):
        look(machine, expect)
