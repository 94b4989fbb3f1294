#!/usr/bin/env python3
"""Writes the event log of a small device's boot, and prints what the TPM is to be extended by, a PCR a line.

    make_boot.py LOG KERNEL        KERNEL: any words that stand for the kernel's image
"""
import hashlib
import struct
import sys

BANKS = ((0x0004, "sha1"), (0x000b, "sha256"), (0x000c, "sha384"), (0x000d, "sha512"))
GLOBAL = bytes.fromhex("61dfe48bca93d211aa0d00e098032b8c")
X509 = bytes.fromhex("a159c0a5e494a74a87b5ab155c2bf072")
NO_ACTION, SEPARATOR, VERSION = 0x3, 0x4, 0x8
VARIABLE, APPLICATION, ACTION, AUTHORITY = 0x80000001, 0x80000003, 0x80000007, 0x800000e0


def variable(name: str, value: bytes) -> bytes:
    return GLOBAL + struct.pack("<QQ", len(name), len(value)) + name.encode("utf-16le") + value


def keys(certificate: bytes) -> bytes:
    size = 16 + len(certificate)
    return X509 + struct.pack("<III", 28 + size, 0, size) + bytes(16) + certificate


def image(path: str) -> bytes:
    name = path.encode("utf-16le") + b"\0\0"
    node = struct.pack("<BBH", 4, 4, 4 + len(name)) + name + b"\x7f\xff\x04\x00"
    return bytes(24) + struct.pack("<Q", len(node)) + node


def events(kernel: str) -> list[tuple[int, int, bytes, bytes]]:
    """(PCR, type, data, what is measured)"""
    def own(pcr: int, kind: int, data: bytes) -> tuple[int, int, bytes, bytes]:
        return pcr, kind, data, data

    product = b"the product's certificate"
    policy = [variable("SecureBoot", b"\1")] + [variable(name, keys(product)) for name in ("PK", "KEK", "db", "dbx")]
    return [own(0, VERSION, "1.0".encode("utf-16le")),
            *[own(7, VARIABLE, data) for data in policy],
            *[own(pcr, SEPARATOR, bytes(4)) for pcr in (7, 0, 1, 2, 3, 4, 5, 6)],
            own(4, ACTION, b"Calling EFI Application from Boot Option"),
            own(7, AUTHORITY, variable("db", bytes(16) + product)),
            (4, APPLICATION, image("\\EFI\\BOOT\\BOOTX64.EFI"), b"loader"),
            (4, APPLICATION, image("\\linux.efi"), kernel.encode())]


def main(log: str, kernel: str) -> None:
    specification = (b"Spec ID Event03\0" + struct.pack("<IBBBB", 0, 0, 2, 0, 2) + struct.pack("<I", len(BANKS)) +
                     b"".join(struct.pack("<HH", bank, hashlib.new(name).digest_size) for bank, name in BANKS) + b"\0")
    with open(log, "wb") as file:
        file.write(struct.pack("<II20xI", 0, NO_ACTION, len(specification)) + specification)
        for pcr, kind, data, measured in events(kernel):
            digests = [(bank, name, hashlib.new(name, measured)) for bank, name in BANKS]
            file.write(struct.pack("<III", pcr, kind, len(digests)) +
                       b"".join(struct.pack("<H", bank) + digest.digest() for bank, _, digest in digests) +
                       struct.pack("<I", len(data)) + data)
            print(f"{pcr}:" + ",".join(f"{name}={digest.hexdigest()}" for _, name, digest in digests))


main(*sys.argv[1:])
