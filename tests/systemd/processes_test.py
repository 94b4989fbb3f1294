#!/usr/bin/env python3
"""The table of processes in SECURITY.md, line by line, on a real systemd (device.py).

Two ways: the processes of a check that is held at half its way, as the kernel sees them; and a probe in each unit's
sandbox (probe.py in the program's place), which tries what must not work. Argument: the build folder.
"""
import json
import re
import sys
from pathlib import Path

from device import Device, why_not
from support import ROOT, Case, main

BUILD = Path(sys.argv[1])
CAPABILITIES = {"CAP_DAC_READ_SEARCH": 2, "CAP_SYS_ADMIN": 21, "CAP_AUDIT_WRITE": 29, "CAP_AUDIT_CONTROL": 30, "CAP_AUDIT_READ": 37}
READ_ALL = 1 << CAPABILITIES["CAP_DAC_READ_SEARCH"]
BROKER = READ_ALL | sum(1 << CAPABILITIES[name] for name in ("CAP_SYS_ADMIN", "CAP_AUDIT_CONTROL", "CAP_AUDIT_READ"))
AIDE = READ_ALL | 1 << CAPABILITIES["CAP_AUDIT_WRITE"]
UNITS = ("integrityd.service", "integrityd-failed.service", "integrityd-aide@.service", "integrityd-broker.service")

AIDE_CONFIG = """database_in=file:/var/lib/aide/aide.db
database_out=file:/var/lib/aide/aide.db.new
gzip_dbout=no
report_url=file:/var/log/aide/aide.log
@@x_include /etc/aide/held.d ^hold$
/srv/product p+u+g+ftype+sha256
"""
# AIDE runs this part of its configuration: it stands still until somebody writes to the FIFO, where there is one.
HOLD = """#!/bin/sh
if [ -p /var/lib/aide/hold ]; then read -r word </var/lib/aide/hold; fi
"""
# Not audit: the kernel answers for it in the first process namespace alone.
CONFIG = """[aide]
check_command = ["/usr/libexec/integrityd/integrityd-aide-check"]
database_command = ["/usr/libexec/integrityd/integrityd-aide-check"]
[audit]
enabled = false
"""
LET_DAEMON = """[Service]
ExecStart=
ExecStart=/usr/libexec/integrityd/integrityd-aide-run --new-database
"""
# Only a sanitized build gets these. Leaks are looked for by ptrace, which no sandbox of ours lets through; the other tests
# look for them. Whether memory may be read is learned by writing it into a pipe: where there is no pipe every object is
# taken for none.
SANITIZED = {
    "integrityd.service": "Environment=ASAN_OPTIONS=detect_leaks=0\n",
    "integrityd-aide@.service": "Environment=ASAN_OPTIONS=detect_leaks=0\n",
    "integrityd-broker.service": "Environment=ASAN_OPTIONS=detect_leaks=0\nSystemCallFilter=pipe pipe2\n",
}
# What a unit of the same settings would be without them.
OPEN = "[Service]\nType=oneshot\nDevicePolicy=closed\n"


# On a device with TLS endpoints.
NETWORK = (ROOT / "systemd" / "50-network.conf").read_text()


def probe_unit(text):
    """The unit, with the probe in its program's place. Python needs ioctl to open its script."""
    text = re.sub(r"^(Exec\w+|Restart\w*|OnFailure|WatchdogSec|StandardInput|StandardOutput|Type|Requires|After)=.*\n", "",
                  text, flags=re.M)
    if "SystemCallFilter=" in text:
        text = text.replace("SystemCallErrorNumber=", "SystemCallFilter=ioctl\nSystemCallErrorNumber=")
    return text.replace("[Service]\n", "[Service]\nType=oneshot\nExecStart=/usr/bin/python3 -I -B -S /srv/probe.py\n"
                        "StandardOutput=truncate:/run/probe-%N\nStandardError=journal\n", 1)


def files():
    found = {
        "/etc/aide/aide.conf": AIDE_CONFIG,
        "/etc/aide/held.d/hold": HOLD,
        "/etc/integrityd/conf.d/product.toml": CONFIG,
        "/etc/systemd/system/integrityd-aide@.service.d/product.conf": LET_DAEMON,
        "/etc/systemd/system/open-probe.service": probe_unit(OPEN),
        "/srv/probe.py": (ROOT / "tests" / "systemd" / "probe.py").read_text(),
        "/srv/product/one": "one\n",
        "/root/secret": "secret\n",
        "/home/secret": "secret\n",
    }
    options = json.loads((BUILD / "meson-info" / "intro-buildoptions.json").read_text())
    if any(option["name"] == "b_sanitize" and option["value"] != "none" for option in options):
        command = '["/usr/bin/env", "ASAN_OPTIONS=detect_leaks=0", '  # the daemon's children have a clean environment
        found["/etc/integrityd/conf.d/product.toml"] = CONFIG.replace('command = [', 'command = ' + command)
        found |= {f"/etc/systemd/system/{name}.d/sanitizer.conf": "[Service]\n" + text for name, text in SANITIZED.items()}
    for name in UNITS:
        text = (BUILD / "systemd" / name).read_text()
        found[f"/etc/systemd/system/{name.replace('@', '').replace('.service', '-probe.service')}"] = probe_unit(text)
    found["/etc/systemd/system/integrityd-network-probe.service"] = probe_unit(
        (BUILD / "systemd" / "integrityd.service").read_text() + NETWORK)
    return found


class Processes(Case):
    @classmethod
    def setUpClass(cls):
        cls.device = None
        cls.hindrance = why_not() or ("" if Path("/usr/bin/aide").exists() else "aide is not installed")
        if cls.hindrance:
            return
        cls.device = Device(BUILD, files())
        cls.addClassCleanup(cls.device.close)
        cls.device.start()
        # The first database, as debian/README.isar.md has it.
        cls.device.must("sh", "-c", "mkdir -p /var/lib/aide /var/log/aide && chown _aide:_aide /var/lib/aide /var/log/aide && "
                        "chmod 0700 /var/lib/aide && rm -f /var/lib/aide/* && aide=/usr/libexec/integrityd/integrityd-aide-check && "
                        "$aide init >/dev/null && $aide verify >/dev/null && $aide move")
        cls.device.must("systemctl", "start", "integrityd.service")
        # Blind, for nothing was accepted yet; what it saw is there to be accepted.
        cls.device.run("integrityctl", "check", "aide", "--wait")
        cls.device.must("integrityctl", "baseline", "accept", "--yes", "--comment", "as delivered")

    def setUp(self):
        super().setUp()
        if self.hindrance:
            print(f"SKIPPED: {self.id()}: {self.hindrance}")
            self.skipTest(self.hindrance)

    def probe(self, name):
        if self.device.run("test", "-e", f"/run/probe-{name}").returncode != 0:
            self.device.must("systemctl", "start", f"{name}.service")
        return json.loads(self.device.read(f"/run/probe-{name}"))

    def capabilities(self, status, expected, ambient=0):
        sets = {name: int(status[name][0], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")}
        self.assertEqual(sets, {"CapPrm": expected, "CapEff": expected, "CapBnd": expected, "CapAmb": ambient})
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), (["1"], ["2"]))

    def group_names(self, status):
        lines = self.device.read("/etc/group").splitlines()
        names = {line.split(":")[2]: line.split(":")[0] for line in lines}
        return {names[number] for number in status["Groups"] + status["Gid"][:1]}

    # --- what a probe in the unit can do

    def test_the_daemon_can_write_its_two_folders_and_nothing_else(self):
        """[REQ-38]"""
        found = self.probe("integrityd-probe")
        self.assertEqual(set(found["written"]), {"/var/lib/integrityd", "/run/integrityd", "/tmp", "/var/tmp"})
        self.assertFalse(self.device.must("sh", "-c", "ls -A /tmp").count(".probe"), "its /tmp is its own")
        self.assertEqual(found["sockets"].pop("unix"), "done")
        self.assertEqual(set(found["sockets"].values()), {"EAFNOSUPPORT"})
        self.assertEqual(found["devices"]["/dev/null"], "done")
        self.assertEqual({found["devices"][name] for name in ("/dev/kmsg", "/dev/disk")}, {"ENOENT"})
        self.assertNotIn("done", found["refused"].values())
        self.assertNotIn("done", found["readable"].values())
        self.capabilities(found["status"], 0)
        self.assertEqual(self.group_names(found["status"]), {"integrityd", "integrity"})

    def test_who_tells_of_a_failed_start_can_write_one_folder(self):
        """[REQ-38]"""
        found = self.probe("integrityd-failed-probe")
        self.assertEqual(set(found["written"]), {"/run/integrityd", "/tmp", "/var/tmp"})
        self.assertEqual(found["sockets"].pop("unix"), "done")
        self.assertEqual(set(found["sockets"].values()), {"EAFNOSUPPORT"})
        self.assertEqual({found["devices"][name] for name in ("/dev/kmsg", "/dev/disk")}, {"ENOENT"})
        self.assertNotIn("done", found["refused"].values())
        self.assertNotIn("done", found["readable"].values())
        self.capabilities(found["status"], 0)

    def test_a_daemon_with_a_network_connects_and_is_never_connected_to(self):
        """[REQ-38]"""
        found = self.probe("integrityd-network-probe")
        self.assertEqual({found["sockets"][name] for name in ("unix", "inet", "inet6")}, {"done"})
        self.assertEqual({found["sockets"][name] for name in ("netlink", "packet", "vsock", "alg")}, {"EAFNOSUPPORT"})
        self.assertEqual(found["serves"]["listen"], "EPERM")
        self.assertEqual(set(found["written"]), {"/var/lib/integrityd", "/run/integrityd", "/tmp", "/var/tmp"})
        self.capabilities(found["status"], 0)

    def test_the_broker_can_read_everything_and_write_nothing(self):
        """[REQ-39]"""
        found = self.probe("integrityd-broker-probe")
        self.assertEqual(found["written"], [])
        self.assertEqual(set(found["readable"].values()), {"done"})
        self.assertEqual(found["sockets"].pop("netlink"), "done")
        self.assertEqual(set(found["sockets"].values()), {"EAFNOSUPPORT"})
        # Root, and yet nobody's master: neither at systemd's socket nor on the bus, nor by a signal.
        self.assertEqual(set(found["managers"].values()), {"EAFNOSUPPORT"})
        self.assertEqual(found["signal"], "EPERM")
        # Block devices are within its reach, and the kernel's log is shut off by ProtectKernelLogs=.
        self.assertIn(found["devices"]["/dev/kmsg"], ("EPERM", "ENXIO"))
        self.assertNotIn("done", [found["refused"][name] for name in ("chroot", "mknod", "unshare")])
        self.capabilities(found["status"], BROKER)

    def test_the_broker_is_given_volumes_to_read_and_the_tpm(self):
        """[REQ-39] And the clock, to read, which ProtectClock= adds."""
        shown = self.device.must("systemctl", "show", "-p", "DevicePolicy", "-p", "DeviceAllow", "integrityd-broker.service")
        self.assertEqual(set(shown.split("\n")) - {""}, {
            "DevicePolicy=closed", "DeviceAllow=char-rtc r", "DeviceAllow=block-* r", "DeviceAllow=/dev/mapper/control r", "DeviceAllow=char-tpm rw"})

    def test_aide_can_read_everything_and_write_its_own_two_folders(self):
        """[REQ-38]"""
        found = self.probe("integrityd-aide-probe")
        self.assertEqual(set(found["written"]), {"/var/lib/aide", "/var/log/aide"})
        self.assertEqual(set(found["readable"].values()), {"done"})
        self.assertEqual(found["sockets"].pop("netlink"), "done")
        self.assertEqual(set(found["sockets"].values()), {"EAFNOSUPPORT"})
        self.assertNotIn("done", found["refused"].values())
        self.capabilities(found["status"], AIDE, AIDE)

    def need_device_policy(self):
        if self.probe("open-probe")["devices"]["/dev/disk"] != "EPERM":
            print(f"SKIPPED: {self.id()}: systemd cannot enforce DevicePolicy= here (BPF)")
            self.skipTest("no DevicePolicy= here")

    def test_the_broker_opens_volumes_to_read_alone(self):
        """[REQ-53]"""
        self.need_device_policy()
        found = self.probe("integrityd-broker-probe")
        self.assertEqual(found["disk_written"], "EPERM")
        self.assertNotEqual(found["devices"]["/dev/disk"], "EPERM")

    def test_aide_opens_no_device(self):
        """[REQ-38]"""
        self.need_device_policy()
        found = self.probe("integrityd-aide-probe")
        self.assertEqual({found["devices"][name] for name in ("/dev/kmsg", "/dev/disk")}, {"EPERM"})

    def test_an_open_unit_would_be_found(self):
        found = self.probe("open-probe")
        self.assertIn("/etc", found["written"])
        self.assertEqual(found["sockets"]["inet"], "done")
        # Not mknod: DevicePolicy= refuses it here, too.
        self.assertEqual({found["refused"][name] for name in ("setuid", "chroot", "unshare")}, {"done"})
        self.assertEqual(found["managers"]["/run/systemd/private"], "done")
        self.assertEqual({*found["serves"].values(), found["signal"]}, {"done"})

    # --- the real processes

    def processes(self, before="", after=""):
        """{program: status} of what runs from our folder, and AIDE; `before` and `after`: shell commands around looking."""
        script = (f"{before}\nfor pid in /proc/[0-9]*; do exe=$(readlink $pid/exe) || continue; case $exe in "
                  f"/usr/libexec/integrityd/*|/usr/bin/aide) echo program $exe; cat $pid/status;; esac; done\n{after}")
        found = {}
        for part in self.device.must("sh", "-c", script).split("program ")[1:]:
            exe, *lines = part.splitlines()
            found[Path(exe).name] = {name: value.split() for name, value in (line.split(":", 1) for line in lines)}
        return found

    def test_every_process_of_a_check_is_as_the_table_says(self):
        """[REQ-38] [REQ-39]"""
        self.device.must("mkfifo", "-m", "0666", "/var/lib/aide/hold")
        self.device.must("integrityctl", "check", "aide")
        # The FIFO opens for writing when AIDE has come to its configuration, and lets it go on afterwards.
        found = self.processes("exec 3>/var/lib/aide/hold; rm /var/lib/aide/hold", "echo go >&3")
        self.assertEqual(set(found), {"integrityd", "integrityd-broker", "integrityd-aide-check", "integrityd-aide-run", "aide"})
        expected = {"integrityd": ("integrityd", 0, 0), "integrityd-aide-check": ("integrityd", 0, 0),
                    "integrityd-broker": ("root", BROKER, 0), "integrityd-aide-run": ("_aide", AIDE, AIDE),
                    "aide": ("_aide", AIDE, AIDE)}
        for program, (user, capabilities, ambient) in expected.items():
            with self.subTest(program):
                number = self.device.must("id", "-u", user).strip()
                self.assertEqual(set(found[program]["Uid"]), {number})
                self.capabilities(found[program], capabilities, ambient)
        self.assertEqual(self.group_names(found["integrityd"]), {"integrityd", "integrity"})
        self.device.run("integrityctl", "check", "aide", "--wait")

    # --- who may ask

    def ask(self, user, path, kind, request):
        """What is answered to this user, or the error of connecting."""
        # A stream comes in pieces, to its end.
        receive = "b''.join(iter(lambda: s.recv(4096), b''))" if kind == "SOCK_STREAM" else "s.recv(4096)"
        program = (f"import socket; s = socket.socket(socket.AF_UNIX, socket.{kind})\ntry:\n s.connect({path!r})\n"
                   f" {request!r} and s.send({request!r}); print({receive})\nexcept OSError as error: print(type(error).__name__)")
        return self.device.must("setpriv", f"--reuid={user}", "--clear-groups", "/usr/bin/python3", "-I", "-S", "-c",
                                program).strip()

    def ask_broker(self, user, request=b"open aide.database"):
        return self.ask(user, "/run/integrityd-broker/socket", "SOCK_SEQPACKET", request)

    def test_only_the_daemon_may_ask_the_broker(self):
        """[REQ-39]"""
        self.assertIn(r"b'\x00\x00\x00\x00", self.ask_broker("integrityd"))
        for user in ("nobody", "_aide"):
            self.assertEqual(self.ask_broker(user), "PermissionError")
        # Root gets through to it, and is refused by it.
        self.assertIn("only the daemon may ask, not user 0", self.ask_broker("root", b""))
        self.assertIn("unknown name", self.ask_broker("integrityd", b"open etc.shadow"))
        # An AIDE configuration that names a file is no way to it either.
        self.assertIn("a byte that no name has", self.ask_broker("integrityd", b"open /etc/shadow"))

    def test_only_the_daemon_and_root_may_ask_for_aide(self):
        """[REQ-38]"""
        for user in ("nobody", "_aide"):
            self.assertEqual(self.ask(user, "/run/integrityd-aide/socket", "SOCK_STREAM", b"check\n"), "PermissionError")
        self.assertIn("not a request", self.ask("integrityd", "/run/integrityd-aide/socket", "SOCK_STREAM", b"update\n"))

    def test_who_asks_for_aide_believes_nobody_else_at_the_socket(self):
        """[REQ-38]"""
        program = ("import os, socket, subprocess; s = socket.socket(socket.AF_UNIX); os.seteuid(65534); s.bind('/tmp/theirs'); "
                   "s.listen(); os.seteuid(0); print(subprocess.run(['/usr/libexec/integrityd/integrityd-aide-check', 'check', "
                   "'/tmp/theirs'], capture_output=True, text=True).stderr)")
        self.assertIn("belongs to another user", self.device.must("/usr/bin/python3", "-I", "-S", "-c", program))

    def test_the_broker_begins_when_it_is_asked(self):
        """[REQ-39]"""
        self.device.must("systemctl", "stop", "integrityd-broker.service")
        self.assertEqual(self.device.run("systemctl", "is-active", "integrityd-broker.service").stdout, "inactive\n")
        self.assertIn(r"b'\x00\x00\x00\x00", self.ask_broker("integrityd"))
        self.assertEqual(self.device.must("systemctl", "is-active", "integrityd-broker.service"), "active\n")

    def test_a_broker_that_nobody_asks_ends_and_comes_back(self):
        """[REQ-39]"""
        place = "/run/systemd/system/integrityd-broker.service.d"
        self.device.must("sh", "-c", f"mkdir -p {place} && printf '[Service]\\nExecStart=\\nExecStart=/usr/libexec/integrityd/"
                         f"integrityd-broker --idle 0\\n' >{place}/idle.conf && systemctl daemon-reload")
        self.addCleanup(self.device.must, "sh", "-c", f"rm -r {place} && systemctl daemon-reload")
        self.device.run("systemctl", "stop", "integrityd-broker.service")
        self.device.must("systemctl", "start", "--wait", "integrityd-broker.service")
        self.assertEqual(self.device.run("systemctl", "is-active", "integrityd-broker.service").stdout, "inactive\n")
        self.assertIn(r"b'\x00\x00\x00\x00", self.ask_broker("integrityd"))

    def test_a_configuration_that_others_may_write_is_none_for_the_broker(self):
        """[REQ-39]"""
        config = "/etc/integrityd/conf.d/product.toml"
        self.device.must("chmod", "0666", config)
        self.addCleanup(self.device.must, "chmod", "0644", config)
        self.assertIn("others may write it", self.ask_broker("integrityd"))

    # --- what it is all for

    def test_a_change_is_found_shown_and_accepted_by_a_new_database(self):
        """[REQ-1] [REQ-12] [REQ-15]"""
        device = self.device
        self.assertEqual(device.run("integrityctl", "status").returncode, 0)
        device.must("sh", "-c", "echo ONE >/srv/product/one; echo two >/srv/product/two")
        device.must("integrityctl", "check", "aide", "--wait")
        self.assertEqual(device.run("integrityctl", "status").returncode, 2)
        shown = device.must("integrityctl", "baseline", "diff", "aide")
        self.assertIn("changed /srv/product/one", shown)
        self.assertIn("added /srv/product/two", shown)
        before = device.read("/var/lib/aide/aide.db")
        said = device.must("integrityctl", "baseline", "accept", "aide", "--yes", "--comment", "update")
        self.assertIn("violations resolved by it: 2", said)
        self.assertEqual(device.run("integrityctl", "status").returncode, 0)
        self.assertNotEqual(device.read("/var/lib/aide/aide.db"), before)

    def test_a_daemon_that_cannot_start_is_told_and_not_started_again_and_again(self):
        """[REQ-34]"""
        wrong = "/etc/integrityd/conf.d/99-wrong.toml"
        self.device.must("sh", "-c", f"echo '[aide' >{wrong}")
        self.addCleanup(self.device.run, "rm", "-f", wrong)
        self.assertNotEqual(self.device.run("systemctl", "restart", "integrityd.service").returncode, 0)
        self.device.must("sh", "-c", "until test -e /run/integrityd/failed; do :; done; "
                         "while test $(systemctl is-active integrityd-failed.service) = activating; do :; done")
        self.assertEqual(self.device.run("systemctl", "is-active", "integrityd.service").stdout, "failed\n")
        self.assertEqual(self.device.must("systemctl", "show", "-P", "NRestarts", "integrityd.service"), "0\n")
        self.assertIn("VERDICT=unknown", self.device.read("/run/integrityd/state"))
        self.device.must("journalctl", "--sync")
        told = self.device.must("journalctl", "-q", "-o", "cat", "-p", "2..2", "-u", "integrityd-failed.service")
        self.assertIn("integrityd has failed (exit-code, exited 78)", told)
        self.device.must("rm", wrong)
        self.device.must("systemctl", "start", "integrityd.service")
        self.assertNotEqual(self.device.run("test", "-e", "/run/integrityd/failed").returncode, 0)

    def test_a_killed_daemon_leaves_unknown_and_comes_back(self):
        """[REQ-9] [REQ-14]"""
        self.device.must("systemctl", "stop", "integrityd.service")
        self.assertIn("VERDICT=unknown", self.device.read("/run/integrityd/state"))
        self.device.must("systemctl", "start", "integrityd.service")
        self.device.run("integrityctl", "check", "aide", "--wait")
        self.assertNotIn("VERDICT=unknown", self.device.read("/run/integrityd/state"))


main()
