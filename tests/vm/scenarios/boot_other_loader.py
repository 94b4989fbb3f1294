"""Another loader, signed by the right key, starts the machine once in between: told by component and file, and gone after."""
import measured
import secure_boot


def run(machine, expect):
    measured.needs_watcher(machine)
    machine.write("/run/vm-loader.efi", secure_boot.other_loader())
    secure_boot.put_loader(machine, "/run/vm-loader.efi")
    expect.from_now()
    machine.restart(settled=False)
    loader = expect.event("boot.event.unexpected", "pcr4 loader", within=measured.LOOK_SECONDS)
    expect.equal(loader["violation"]["severity"], "critical", "severity")
    machine.run(f"mount -o ro {secure_boot.ESP} /boot")
    measured.look(machine)
    named = expect.event("boot.event.unexpected", "pcr4 loader", type="changed", within=measured.LOOK_SECONDS)
    expect.contains(named["violation"]["summary"].lower(), f"it is the file /boot/{secure_boot.LOADER}".lower(), "summary")
    expect.equal(set(measured.unaccepted(machine)), {"loader"}, "what is not accepted of this boot")
    machine.run("umount /boot")
    secure_boot.put_loader(machine, "/var/vm-loader.efi")
    expect.from_now()
    machine.restart(settled=False)
    expect.event("boot.event.unexpected", "pcr4 loader", type="returned", within=measured.LOOK_SECONDS)
    measured.told_nothing(machine, expect)
