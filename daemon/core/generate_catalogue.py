#!/usr/bin/env python3
"""Checks policy/catalogue.toml and writes what is made from it.

usage: generate_catalogue.py CATALOGUE.toml KINDS.hpp DATA.cpp JOURNAL.catalog KINDS.7.scd
"""
import re
import sys
import tomllib

SEVERITIES = ("low", "medium", "high", "critical")
NATURES = ("condition", "happening")
WATCHERS = ("aide", "audit", "boot", "luks", "self", "tls")
KIND_KEYS = {"name", "severity", "nature", "requirements", "meaning", "action", "message_id"}
NOTICE_KEYS = {"name", "requirements", "meaning", "message_id"}
NAME = re.compile(r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*")
REQUIREMENT = re.compile(r"(CR|EDR) [1-9]\.[0-9]{1,2}( RE\([1-9]\))?")
MESSAGE_ID = re.compile(r"[0-9a-f]{32}")


class Wrong(Exception):
    """The catalogue is not as it must be."""


def check_sentence(where, text):
    if not isinstance(text, str) or not text.endswith(".") or not text.isprintable() or not text.isascii():
        raise Wrong(f"{where}: must be one printable ASCII sentence that ends with a full stop")


def check_entry(entry, required, optional=frozenset()):
    where = entry.get("name", "an entry without a name")
    if not NAME.fullmatch(str(where)):
        raise Wrong(f"{where}: not a dotted lower-case name")
    if missing := required - entry.keys():
        raise Wrong(f"{where}: {', '.join(sorted(missing))} missing")
    if unknown := entry.keys() - required - optional:
        raise Wrong(f"{where}: unknown key {', '.join(sorted(unknown))}")
    for sentence in required & {"meaning", "action"}:
        check_sentence(f"{where}: {sentence}", entry[sentence])
    if not MESSAGE_ID.fullmatch(str(entry["message_id"])):
        raise Wrong(f"{where}: message_id must be 32 lower-case hex digits")
    requirements = entry["requirements"]
    if not isinstance(requirements, list) or not requirements:
        raise Wrong(f"{where}: requirements must be a list that is not empty")
    for requirement in requirements:
        if not REQUIREMENT.fullmatch(str(requirement)):
            raise Wrong(f"{where}: {requirement} is not the name of a requirement")


def check_kind(kind):
    check_entry(kind, KIND_KEYS, {"source"})
    kind.setdefault("source", kind["name"].split(".")[0])
    for key, allowed in (("severity", SEVERITIES), ("nature", NATURES), ("source", WATCHERS)):
        if kind[key] not in allowed:
            raise Wrong(f"{kind['name']}: {key} must be one of {', '.join(allowed)}")


def check_unique(entries, key):
    seen = set()
    for entry in entries:
        if entry[key] in seen:
            raise Wrong(f"{entry['name']}: {key} {entry[key]} is there twice")
        seen.add(entry[key])


def read_catalogue(path):
    with open(path, "rb") as file:
        catalogue = tomllib.load(file)
    if unknown := catalogue.keys() - {"kind", "notice"}:
        raise Wrong(f"unknown table {', '.join(sorted(unknown))}")
    kinds, notices = catalogue.get("kind", []), catalogue.get("notice", [])
    for kind in kinds:
        check_kind(kind)
    for notice in notices:
        check_entry(notice, NOTICE_KEYS)
    check_unique(kinds + notices, "name")
    check_unique(kinds + notices, "message_id")
    check_unique([{"name": k["name"], "constant": constant(k["name"])} for k in kinds], "constant")
    return sorted(kinds, key=lambda k: k["name"]), sorted(notices, key=lambda n: n["name"])


def constant(name):
    return name.replace(".", "_").replace("-", "_")


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write_header(kinds, notices):
    yield "// A constant per kind: `&kinds::aide_entry_changed` is the Kind itself. Generated from policy/catalogue.toml."
    yield "#pragma once\n\n#include \"core/catalogue.hpp\"\n\nnamespace integrityd {\n\nnamespace catalogue {"
    yield f"extern const Kind kind_table[{len(kinds)}];"
    yield f"extern const Notice notice_table[{len(notices)}];"
    yield "}  // namespace catalogue\n\nnamespace kinds {"
    for index, kind in enumerate(kinds):
        yield f"inline constexpr const Kind& {constant(kind['name'])} = catalogue::kind_table[{index}];"
    yield "}  // namespace kinds\n\n}  // namespace integrityd"


def write_data(kinds, notices):
    yield "// Generated from policy/catalogue.toml.\n#include \"core/catalogue_kinds.hpp\"\n\nnamespace integrityd {\n\nnamespace {"
    for requirements in sorted({tuple(e["requirements"]) for e in kinds + notices}):
        values = ", ".join(quoted(r) for r in requirements)
        yield f"constexpr std::string_view {requirements_name(requirements)}[] = {{{values}}};"
    yield f"}}  // namespace\n\nconst Kind catalogue::kind_table[{len(kinds)}] = {{"
    for k in kinds:
        yield (f"    {{{quoted(k['name'])}, {quoted(k['source'])}, Severity::{k['severity']}, Nature::{k['nature']}, "
               f"{requirements_name(k['requirements'])},\n     {quoted(k['meaning'])},\n     {quoted(k['action'])},\n"
               f"     {quoted(k['message_id'])}}},")
    yield f"}};\n\nconst Notice catalogue::notice_table[{len(notices)}] = {{"
    for n in notices:
        yield (f"    {{{quoted(n['name'])}, {requirements_name(n['requirements'])},\n"
               f"     {quoted(n['meaning'])},\n     {quoted(n['message_id'])}}},")
    yield "};\n\n}  // namespace integrityd"


def requirements_name(requirements):
    return re.sub(r"\W+", "_", "_".join(requirements)).strip("_").lower()


# systemd.journal catalogue format (https://systemd.io/CATALOG/); @FIELD@ is replaced by the entry's field.
def write_journal(kinds, notices):
    yield "# Message catalogue of integrityd for journalctl -x. Generated from policy/catalogue.toml."
    for entry in kinds + notices:
        is_kind = "action" in entry
        subject = f"{entry['name']}: @INTEGRITY_SUBJECT@" if is_kind else f"integrityd: {entry['name']}"
        yield f"\n-- {entry['message_id']}\nSubject: {subject}"
        yield "Defined-By: integrityd\nSupport: https://www.cip-project.org/"
        yield "Documentation: man:integrity-kinds(7)\n"
        yield entry["meaning"]
        if is_kind:
            yield f"What to do: {entry['action']}\nSeverity: @INTEGRITY_SEVERITY@. State: @INTEGRITY_STATE@."
        yield f"Evidence for IEC 62443-4-2: {', '.join(entry['requirements'])}."


def manual(text):
    """Text as scdoc takes it: its own mark-up characters escaped, `code` in bold."""
    escaped = re.sub(r"([\\_*#\[\]|])", r"\\\1", text)
    return re.sub(r"`([^`]*)`", r"*\1*", escaped)


def write_manual(kinds, notices):
    yield "integrity-kinds(7)\n\n# NAME\n\nintegrity-kinds - what integrityd can say\n\n# DESCRIPTION\n"
    yield "Every violation has a _kind_. A *condition* holds or does not: when it is gone, the violation returns by"
    yield "itself. A *happening* is over when it is told: it stays open until somebody acknowledges it. The severity"
    yield "is the one before the severity rules of *integrityd.toml*(5). *integrityctl explain* _KIND_ prints the"
    yield "same text on the device; *journalctl -x* shows it beside each message.\n"
    source = None
    for kind in kinds:
        prefix = kind["name"].split(".")[0]
        if prefix != source:
            source = prefix
            yield f"# {source.upper()}\n"
        told_by = "" if kind["source"] == source else f", told by the watcher *{kind['source']}*"
        yield f"*{manual(kind['name'])}*\n\t{kind['severity']}, {kind['nature']}{told_by}.\n"
        yield f"\t{manual(kind['meaning'])} {manual(kind['action'])}\n"
        yield f"\tEvidence for {', '.join(kind['requirements'])}. Message {kind['message_id']}.\n"
    yield "# NOTICES\n\nEvents that are about no violation.\n"
    for notice in notices:
        yield f"*{manual(notice['name'])}*\n\t{manual(notice['meaning'])} Message {notice['message_id']}.\n"
    yield "# SEE ALSO\n\n*integrityd*(8), *integrityd.toml*(5), *integrityctl*(1), *journalctl*(1)"


def main(arguments):
    source, *outputs = arguments
    writers = (write_header, write_data, write_journal, write_manual)
    try:
        kinds, notices = read_catalogue(source)
    except (Wrong, tomllib.TOMLDecodeError) as wrong:
        return f"{source}: {wrong}"
    for path, writer in zip(outputs, writers, strict=True):
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in writer(kinds, notices))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
