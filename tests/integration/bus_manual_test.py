#!/usr/bin/env python3
"""The manual page of the bus interface and the introspection XML agree, member by member, with signatures and roles."""
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

DBUS = Path(__file__).resolve().parents[2] / "dbus"
NAME = "org.cip_project.Integrity1"
PARA = "{http://www.freedesktop.org/dbus/1.0/doc.dtd}para"
SIGNALLED = "org.freedesktop.DBus.Property.EmitsChangedSignal"
VIOLATION = "(tsssssttua{sv})"


def short(signature: str) -> str:
    return signature.replace(VIOLATION, "V").replace("(tttssVa{sv}s)", "E")


def arguments(member: ElementTree.Element, direction: str | None) -> str:
    return ", ".join(f"_{arg.get('name')}_ {short(arg.get('type'))}" for arg in member.findall("arg")
                     if arg.get("direction") == direction)


def heading(member: ElementTree.Element) -> str:
    name = member.get("name")
    if member.tag == "property":
        return f"*{name}* {short(member.get('type'))}"
    if member.tag == "signal":
        return f"*{name}*({arguments(member, None)})"
    results = arguments(member, "out")
    return f"*{name}*({arguments(member, 'in')})" + (f" → {results}" if results else "")


def role(text: str) -> str:
    found = re.search(r"Role: (\w+)", text)
    return found[1] if found else ""


def change_fault(member: ElementTree.Element, text: str) -> str:
    """Whether page and XML say the same of how a property's changes are told."""
    annotation = next(a for a in member.findall("annotation") if a.get("name") == SIGNALLED)
    said = "const" if "does not change" in text else "false" if "not signalled" in text else "true"
    return "" if said == annotation.get("value") else f"changes: {said} here, {annotation.get('value')} in the XML"


def documented(page: str, section: str) -> dict[str, str]:
    """Heading of a member -> its text, for one section of the page."""
    body = re.search(rf"^# {section}\n(.*?)(?=^# |\Z)", page, re.MULTILINE | re.DOTALL)
    if not body:
        return {}
    return {m[1]: m[2] for m in re.finditer(r"^(\*\w+\*.*)\n((?:\t.*\n)+)", body[1], re.MULTILINE)}


def faults_of(interface: str, page: str) -> list[str]:
    root = ElementTree.parse(DBUS / f"{NAME}.{interface}.xml").getroot().find("interface")
    faults = []
    for tag, kind in (("method", "METHODS"), ("property", "PROPERTIES"), ("signal", "SIGNALS")):
        section = f"{interface.upper()} {kind}"
        told = documented(page, section)
        for member in root.findall(tag):
            where = f"{section}: {heading(member)}"
            text = told.pop(heading(member), None)
            doc = "".join(para.text for para in member.iter(PARA))
            if text is None:
                faults.append(f"{where}: not in the page like this")
            elif not doc:
                faults.append(f"{where}: not documented in the XML")
            elif role(text) != role(doc) or (tag == "method" and not role(text)):
                faults.append(f"{where}: role '{role(text)}' here, '{role(doc)}' in the XML")
            elif tag == "property" and change_fault(member, text):
                faults.append(f"{where}: {change_fault(member, text)}")
        faults += [f"{section}: {head}: not in the XML" for head in told]
    return faults


def main() -> int:
    page = (DBUS / f"{NAME}.5.scd").read_text()
    faults = faults_of("Manager", page) + faults_of("Watcher", page)
    print("\n".join(faults + [f"{len(faults)} differences between page and XML"]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
