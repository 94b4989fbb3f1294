#!/usr/bin/env python3
"""Tries, in the place of a program of ours and within its unit's sandbox, what the program must not be able to do.

Prints JSON. Arguments: none; SystemCallFilter= may refuse anything at any time, which is an answer as well.
"""
import ctypes
import errno
import json
import os
import socket
import stat

# Where something could be left: systems' own places, other programs', and ours.
PLACES = ("/", "/etc", "/etc/aide", "/etc/integrityd", "/usr", "/usr/local/bin", "/boot", "/home", "/root", "/srv", "/opt",
          "/var", "/var/lib", "/var/lib/aide", "/var/lib/integrityd", "/var/log", "/var/log/aide", "/var/log/journal",
          "/var/tmp", "/tmp", "/run", "/run/integrityd", "/run/integrityd-broker", "/run/systemd", "/run/lock", "/dev",
          "/dev/shm", "/dev/mqueue", "/sys/fs/cgroup")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/kmsg", "/dev/disk")
FAMILIES = {"unix": socket.AF_UNIX, "inet": socket.AF_INET, "inet6": socket.AF_INET6, "netlink": socket.AF_NETLINK,
            "packet": socket.AF_PACKET, "vsock": socket.AF_VSOCK, "alg": socket.AF_ALG}


def tried(action):
    """How it ended: `done`, or the error's name."""
    try:
        action()
        return "done"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))


def write_in(place):
    """What was made counts, whether or not it may be taken away again."""
    path = os.path.join(place, ".probe")
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    tried(lambda: os.unlink(path))


def connect_to(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as own:
        own.connect(path)


def serve(*address):
    """Listening chooses a port by itself where none was bound."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as own:
        if address:
            own.bind(address)
        else:
            own.listen()


def become_root():
    os.setuid(0)


def leave_user_namespace():
    """Python has no call for it before 3.12. It needs no privilege, so that nothing but RestrictNamespaces= refuses it."""
    new_user_namespace = 0x10000000  # CLONE_NEWUSER, linux/sched.h
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(new_user_namespace) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def status():
    lines = (line.split(":", 1) for line in open("/proc/self/status", encoding="ascii"))
    return {name: value.split() for name, value in lines}


def main():
    said = status()
    print(json.dumps({
        "status": {name: said[name] for name in ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb",
                                                 "NoNewPrivs", "Seccomp")},
        "written": [place for place in PLACES if tried(lambda place=place: write_in(place)) == "done"],
        "devices": {path: tried(lambda path=path: os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK)))
                    for path in DEVICES},
        "sockets": {name: tried(lambda family=family: socket.socket(family, socket.SOCK_DGRAM).close())
                    for name, family in FAMILIES.items()},
        # Who is root at one of these has anything done outside of the sandbox.
        "managers": {path: tried(lambda path=path: connect_to(path))
                     for path in ("/run/systemd/private", "/run/dbus/system_bus_socket")},
        "serves": {"bind": tried(lambda: serve("127.0.0.1", 8883)), "listen": tried(serve)},
        "signal": tried(lambda: os.kill(1, 0)),
        "disk_written": tried(lambda: os.close(os.open("/dev/disk", os.O_RDWR | os.O_NONBLOCK))),
        "readable": {path: tried(lambda path=path: os.close(os.open(path, os.O_RDONLY)))
                     for path in ("/etc/shadow", "/root/secret", "/home/secret", "/var/lib/aide/aide.db")},
        # Last, and of these the namespace: who has left his own is nobody to all else.
        "refused": {"setuid": tried(become_root), "chroot": tried(lambda: os.chroot("/")),
                    "mknod": tried(lambda: os.mknod("/dev/shm/.node", stat.S_IFBLK | 0o600, os.makedev(240, 0))),
                    "unshare": tried(leave_user_namespace)},
    }))


main()
