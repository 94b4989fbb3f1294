#!/usr/bin/env python3
"""AIDE's configuration for a device, with the real AIDE on a small root."""
import json
import os
import shutil
import subprocess

from support import ROOT, Case, main

POLICY = ROOT / "policy" / "aide" / "integrityd.aide.conf"
FOLDERS = ("boot", "etc/ssh", "home/user", "root/.ssh", "tmp", "usr/bin", "usr/lib", "var/cache", "var/lib/aide",
           "var/lib/integrityd", "var/local/etc", "var/log/aide")
LINKS = {"bin": "usr/bin", "etc/localtime": "../usr/lib/zone1", "var/local/etc/product.conf": "/usr/lib/product1"}
FILES = ("boot/vmlinuz", "etc/passwd", "etc/ssh/sshd_config", "etc/resolv.conf", "home/user/notes", "root/.ssh/id",
         "usr/bin/login", "usr/lib/libc.so.6", "var/cache/anything", "var/lib/integrityd/events.db", "var/local/etc/passwd",
         "var/log/syslog")


class Device(Case):
    def setUp(self):
        super().setUp()
        self.aide_program = self.need("aide")
        self.root = self.directory / "root"
        for folder in FOLDERS:
            (self.root / folder).mkdir(parents=True)
        for name in FILES:
            (self.root / name).write_text(name)
        for name, target in LINKS.items():
            (self.root / name).symlink_to(target)
        # AIDE's own files stand outside of what it looks at; everything else is the policy as it is delivered.
        text = POLICY.read_text()
        for place in ("/var/lib/aide/", "/var/log/aide/"):
            text = text.replace(f"file:{place}", f"file:{self.directory}/")
        self.config = self.directory / "aide.conf"
        self.config.write_text(text)

    def aide(self, *arguments):
        return subprocess.run([self.aide_program, f"--config={self.config}", f"--before=root_prefix={self.root}", *arguments],
                              capture_output=True, text=True, check=False)

    def accept(self):
        run = self.aide("--init")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        shutil.move(self.directory / "aide.db.new", self.directory / "aide.db")

    def check(self):
        """The report's entries: {path: flags}."""
        run = self.aide("--check")
        self.assertEqual(run.stderr, "")
        report = json.loads(run.stdout)
        found = {}
        for kind in ("added", "removed", "changed"):
            found.update(dict.fromkeys(report.get(kind, {}), kind))
        return found

    def test_aide_takes_the_delivered_file(self):
        run = subprocess.run([self.aide_program, f"--config={POLICY}", "--config-check"], capture_output=True, text=True,
                             check=False)
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))

    def test_rules_with_debians_names_are_understood(self):
        """CIP's TC_CR3.4_1 appends one to whatever configuration the device has."""
        self.config.write_text(self.config.read_text() + "/var/testapp/test.conf  VarFile\n")
        run = subprocess.run([self.aide_program, f"--config={self.config}", "--config-check"], capture_output=True, text=True,
                             check=False)
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_nothing_has_happened_on_a_device_where_nothing_happened(self):
        self.accept()
        self.assertEqual(self.check(), {})

    def test_what_matters_is_found(self):
        """[REQ-1]"""
        self.accept()
        # Same size and time: only the digests can tell.
        login = self.root / "usr/bin/login"
        before = login.stat()
        login.write_text("usr/bin/nigol")
        os.utime(login, ns=(before.st_atime_ns, before.st_mtime_ns))
        (self.root / "etc/passwd").chmod(0o777)
        (self.root / "boot/vmlinuz").unlink()
        (self.root / "var/local/etc/shadow").write_text("new")
        (self.root / "root/.ssh/authorized_keys").write_text("new")
        os.utime(self.root / "root/.ssh", (0, 0))  # a directory is told by its entries, whatever its time
        (self.root / "var/lib/integrityd").chmod(0o777)
        self.assertEqual(self.check(), {
            "/usr/bin/login": "changed", "/etc/passwd": "changed", "/boot/vmlinuz": "removed",
            "/var/local/etc/shadow": "added", "/root/.ssh/authorized_keys": "added", "/var/lib/integrityd": "changed"})

    def test_a_link_that_leads_elsewhere_is_found(self):
        """[REQ-1] Same length, times and owner: only the target can tell."""
        self.accept()
        for name, target in LINKS.items():
            link = self.root / name
            before = link.lstat()
            link.unlink()
            link.symlink_to(target[:-1] + "0")
            os.utime(link, ns=(before.st_atime_ns, before.st_mtime_ns), follow_symlinks=False)
        self.assertEqual(self.check(), dict.fromkeys(("/" + name for name in LINKS), "changed"))

    def test_a_link_below_a_rule_with_debians_name_is_found(self):
        """[REQ-1]"""
        self.config.write_text(self.config.read_text() + "/var/testapp VarFile\n")
        (self.root / "var/testapp").symlink_to("var/cache")
        self.accept()
        (self.root / "var/testapp").unlink()
        (self.root / "var/testapp").symlink_to("home/user")
        self.assertEqual(self.check(), {"/var/testapp": "changed"})

    def test_a_normal_day_is_silent(self):
        self.accept()
        for name in ("etc/resolv.conf", "etc/.updated", "home/user/notes", "var/lib/integrityd/events.db", "var/log/syslog",
                     "var/log/syslog.1", "var/cache/anything", "tmp/file", "var/local/etc/resolv.conf"):
            (self.root / name).write_text("written every day")
        # Copied up by the overlay: another inode with the same content.
        config = self.root / "etc/ssh/sshd_config"
        times = config.stat()
        copy = self.root / "etc/ssh/copy"
        shutil.copy2(config, copy)
        copy.rename(config)
        os.utime(config, ns=(times.st_atime_ns, times.st_mtime_ns))
        self.assertEqual(self.check(), {})

    def test_each_file_has_exactly_two_digests(self):
        self.accept()
        shown = subprocess.run(["zcat", self.directory / "aide.db"], capture_output=True, text=True, check=False).stdout
        if not shown:
            shown = (self.directory / "aide.db").read_text()
        spec = next(line for line in shown.splitlines() if line.startswith("@@db_spec"))
        digests = {"md5", "sha1", "rmd160", "tiger", "crc32", "haval", "gost", "whirlpool", "sha256", "sha512"}
        self.assertEqual(digests & set(spec.split()), {"sha256", "sha512"})


main()
