"""Somebody edits the daemon's configuration: less is watched, less counts, or it cannot be read. Each is said."""
DROP_IN = "/etc/integrityd/conf.d/99-quiet.toml"
BLINDFOLD = "[aide]\nenabled = false\n"
HARMLESS = """\
[[severity.rule]]
name = "nothing matters"
kind = "aide.*"
severity = "low"
"""


def reload_with(machine, text):
    machine.write(DROP_IN, text)
    machine.run("systemctl reload integrityd.service")


def put_back(machine, expect, kind):
    expect.from_now()
    machine.run(f"rm {DROP_IN} && systemctl reload integrityd.service")
    expect.event(kind, type="returned", within=30)


def run(machine, expect):
    for text in (BLINDFOLD, HARMLESS):
        expect.from_now()
        reload_with(machine, text)
        expect.event("self.coverage.reduced", within=30)
        expect.verdict("violated", within=30)
        expect.status("violated")
        put_back(machine, expect, "self.coverage.reduced")
        expect.verdict("degraded", within=60)  # "unknown" before that, as long as AIDE's watcher starts anew
        expect.status("degraded")
    # What cannot be read is not taken: everything goes on being watched.
    expect.from_now()
    reload_with(machine, "[aide]\nenabledd = false\n")
    expect.event("self.config.invalid", within=30)
    aide, = [line for line in machine.run("integrityctl watchers --json").out.splitlines() if '"aide"' in line]
    expect.true("disabled" not in aide, f"a wrong configuration was taken: {aide}")
    expect.from_now()
    machine.run(f"rm {DROP_IN} && systemctl reload integrityd.service")
    expect.item(lambda item: (item.get("event") or {}).get("type") in ("returned", "resolved")
                and item["event"]["violation"]["kind"] == "self.config.invalid", "the configuration is right again", 30)
