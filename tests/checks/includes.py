#!/usr/bin/env python3
"""Checks who includes whom (daemon/ARCHITECTURE.md, "Folders"); ends with 1 if a rule is broken."""
import re
import sys
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)

# Folder of daemon/ -> what of daemon/ it may include. Patterns are matched against the include's own words.
PROJECT = {
    "core": ["core/*"],
    "sources": ["core/*", "sources/*"],
    "state": ["core/*", "state/*"],
    "watchers": ["core/*", "sources/*", "watchers/*", "state/baseline.hpp"],
    "publish": ["core/*", "state/*", "publish/*"],
    "bus": ["core/*", "state/*", "bus/*", "publish/publisher.hpp", "watchers/watcher.hpp"],
    "broker": ["core/*", "broker/*", "sources/aide_includes.hpp", "sources/audit_kernel.hpp"],
    "aide_run": ["core/*", "aide_run/*"],
}

# What lib/ctl may include of daemon/: the kinds for `explain`, and what verbs without a daemon read.
CTL = ["core/catalogue.hpp", "sources/*"]

# Library (by the words of its includes) -> the files that may include it. A C library stays inside one .cpp file.
LIBRARIES = {
    "sqlite3.h": ["daemon/state/store*.cpp"],
    "toml++/*": ["daemon/core/config*.cpp"],
    "nlohmann/*": ["daemon/core/*json*.cpp", "lib/ctl/json.cpp"],
    "openssl/*": ["daemon/core/digest.cpp", "lib/ctl/chain.cpp", "daemon/sources/*.cpp",
                  "daemon/sources/tls_openssl.hpp", "daemon/sources/tls_context_parts.hpp"],
    "zlib.h": ["daemon/sources/*.cpp"],
    "libaudit.h": ["daemon/sources/audit_*.cpp"],
    "tss2/*": ["daemon/sources/tpm_*.cpp"],
    "auparse*.h": ["daemon/sources/audit_people.cpp"],
    "systemd/*": ["daemon/core/*_sd.cpp", "daemon/core/log*.cpp", "daemon/publish/*.cpp", "daemon/bus/*",
                  "daemon/main.cpp", "daemon/daemon*.cpp", "daemon/service_manager.cpp", "lib/*"],
    "sdbus-c++/*": ["daemon/bus/*", "daemon/publish/bus*", "daemon/daemon*.cpp", "daemon/main.cpp"],
    "CLI/*": ["lib/ctl/options.cpp"],
    "spdlog/*": ["daemon/*"],
    "fmt/*": ["daemon/*"],
}
# Folders of system headers: the rest of the operating system's headers stand without a folder.
SYSTEM_FOLDERS = {"sys", "linux", "arpa", "netinet", "net"}


def project_fault(path: Path, include: str) -> str | None:
    parts = path.parts
    if parts[0] == "lib":
        allowed = CTL if parts[1] == "ctl" else []
        foreign = include.split("/")[0] in PROJECT and not any(fnmatch(include, pattern) for pattern in allowed)
        return "nothing of daemon/ is for lib/" if foreign else None
    if len(parts) < 3 or "/" not in include:
        return None  # daemon.cpp and main.cpp may include all; a name without a folder is a neighbour or generated
    allowed = PROJECT.get(parts[1])
    if allowed is None:
        return f"daemon/{parts[1]} has no rule in tests/checks/includes.py"
    if not any(fnmatch(include, pattern) for pattern in allowed):
        return f"daemon/{parts[1]} may include {', '.join(allowed)}"
    return None


def library_fault(path: Path, include: str) -> str | None:
    for words, allowed in LIBRARIES.items():
        if fnmatch(include, words):
            inside = any(fnmatch(str(path), pattern) for pattern in allowed)
            return None if inside else f"{words} is for {', '.join(allowed)}"
    folder, _, rest = include.partition("/")
    if rest and folder not in SYSTEM_FOLDERS | {"integrity"}:
        return "a library that tests/checks/includes.py does not know"
    return None


def faults_of(path: Path) -> list[str]:
    faults = []
    where = path.relative_to(ROOT)
    text = path.read_text()
    for found in INCLUDE.finditer(text):
        quoted, include = found[1] == '"', found[2]
        fault = project_fault(where, include) if quoted else library_fault(where, include)
        if fault:
            line = text.count("\n", 0, found.start(2)) + 1
            faults.append(f"{where}:{line}: {include}: {fault}")
    return faults


def main() -> int:
    files = [path for top in ("daemon", "lib") for path in sorted((ROOT / top).rglob("*"))
             if path.suffix in {".hpp", ".cpp", ".h", ".c"}]
    faults = [fault for path in files for fault in faults_of(path)]
    print("\n".join(faults + [f"{len(files)} files, {len(faults)} includes against the rules"]))
    return 1 if faults or not files else 0


if __name__ == "__main__":
    sys.exit(main())
