"""What scenarios do to a TLS server on the device, and to the watcher that looks at it."""
import device
from expect import Expect, Skipped
from machine import Machine

NAME = "own-server"
PORT = 4433
HOME = "/run/tls"
# Where the daemon's AppArmor profile lets authorities be read.
AUTHORITY = "/etc/ssl/certs/product-ca.pem"
# Bounds a failure: a look takes a second, making a key on an emulated processor some.
TOLD_WITHIN = 60
TOOL_SECONDS = 120
NETWORK = "/usr/share/integrityd/systemd/50-network.conf"
DROP_IN = "/etc/systemd/system/integrityd.service.d/50-network.conf"
CONFIG = f"""\
[tls]
interval = "1min"
timeout = "10s"
[[tls.endpoint]]
name = "{NAME}"
address = "127.0.0.1:{PORT}"
server_name = "device.test"
ca_file = "{AUTHORITY}"
"""


def needs_watcher(machine: Machine) -> None:
    if machine.run(f"test -e {NETWORK} && command -v openssl", check=False).status != 0:
        raise Skipped("this image has no watcher of TLS endpoints, or no openssl")


def make_authority(machine: Machine, name: str) -> None:
    machine.run(f"mkdir -p {HOME}; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 "
                f"-subj '/CN={name}' -keyout {HOME}/{name}.key -out {HOME}/{name}.pem 2>/dev/null", timeout=TOOL_SECONDS)


def issue(machine: Machine, name: str, authority: str = "product", days: int = 90) -> None:
    machine.run(f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days {days} -subj /CN=device.test "
                "-addext subjectAltName=DNS:device.test -addext basicConstraints=critical,CA:FALSE "
                f"-CA {HOME}/{authority}.pem -CAkey {HOME}/{authority}.key "
                f"-keyout {HOME}/{name}.key -out {HOME}/{name}.pem 2>/dev/null", timeout=TOOL_SECONDS)


def stop(machine: Machine) -> None:
    machine.run("systemctl stop tls-server.service; systemctl reset-failed tls-server.service", check=False)


def serve(machine: Machine, name: str, options: str = "-ciphersuites TLS_AES_256_GCM_SHA384 -cipher ECDHE+AESGCM") -> None:
    """In the place of the server before; returns when it listens."""
    stop(machine)
    machine.run(f"systemd-run --unit=tls-server.service openssl s_server -accept 127.0.0.1:{PORT} -www -groups P-256 "
                f"-cert {HOME}/{name}.pem -key {HOME}/{name}.key {options}; "
                f"until grep -q ':{PORT:04X} 00000000:0000 0A' /proc/net/tcp; do :; done", timeout=TOOL_SECONDS)


def look(machine: Machine) -> str:
    """One round over the endpoints that begins now; what it said of each. It ends with 1 where the watcher is blind."""
    return machine.run("integrityctl check tls --wait", timeout=TOOL_SECONDS, check=False).out


def failures(machine: Machine) -> int:
    """How often the endpoint was tried in vain since the daemon started."""
    return next(watcher["counters"]["failures"] for watcher in device.watchers(machine) if watcher["name"] == "tls")


def begin(machine: Machine, expect: Expect) -> None:
    """A server and its endpoint, accepted."""
    needs_watcher(machine)
    make_authority(machine, "product")
    machine.run(f"cp {HOME}/product.pem {AUTHORITY}")
    issue(machine, "first")
    serve(machine, "first")
    machine.write("/etc/integrityd/conf.d/60-tls.toml", CONFIG)
    machine.run(f"install -D -m 644 {NETWORK} {DROP_IN}; "
                "systemctl daemon-reload; systemctl restart integrityd.service", timeout=TOOL_SECONDS)
    look(machine)
    device.accept(machine, "tls", "self")
    expect.contains(look(machine), f"{NAME}: reached", "what the check says of the endpoint")
    expect.from_now()
