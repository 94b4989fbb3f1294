"""The client library offers exactly what its header declares and its map lists, and needs libsystemd and libc alone."""
import re
import subprocess
import sys

# ld-linux is libc's own loader; the sanitizers' runtimes are there in sanitizer builds only.
MAY_NEED = re.compile(r"libsystemd\.so\.0|libc\.so\.6|ld-linux.*|lib(a|ub)san\.so\.\d+|libclang_rt\..*")


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main(library, header_file, map_file):
    header = open(header_file, encoding="utf-8").read()
    declared = set(re.findall(r"^INTEGRITY_API[^;]*?\b(integrity_\w+)\(", header, re.M))
    version, listed = re.search(r"(LIBINTEGRITY_\d+) \{\s*global:(.*?)local:\s*\*;", open(map_file).read(), re.S).groups()
    listed = set(re.findall(r"(\w+);", listed))
    symbols = output_of("nm", "-D", "--defined-only", "--with-symbol-versions", library)
    exported = set(re.findall(r" [TDBRV] (\w+)@@" + version + "$", symbols, re.M))
    others = [line for line in symbols.splitlines() if not line.endswith("@@" + version) and " A " not in line]
    dynamic = output_of("readelf", "-d", library)
    soname = re.search(r"SONAME.*\[(.*)\]", dynamic).group(1)
    needed = re.findall(r"NEEDED.*\[(.*)\]", dynamic)
    wrong = [
        ("declared and not in the map", declared - listed),
        ("in the map and not declared", listed - declared),
        ("in the map and not exported", listed - exported),
        ("exported and not in the map", (exported - listed) | set(others)),
        ("needed", {name for name in needed if not MAY_NEED.fullmatch(name)}),
        ("soname", {soname} - {"libintegrity.so.0"}),
    ]
    for what, names in wrong:
        for name in sorted(names):
            print(f"{what}: {name}")
    return 1 if not declared or any(names for _, names in wrong) else 0


sys.exit(main(*sys.argv[1:]))
