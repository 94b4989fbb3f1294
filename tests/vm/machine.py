"""One machine: swtpm and QEMU, started, asked, cut off and cleaned up."""
import base64
import shutil
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import qemu
from common import FIRMWARE_VARIABLES, run
from lines import Lines
from monitor import Monitor

# Emulated and on a busy host: a start takes a minute, and ten when everything else is busy as well.
BOOT_SECONDS = 900
CONNECT_SECONDS = 120


class MachineError(RuntimeError):
    pass


@dataclass
class Result:
    status: int
    out: str
    err: str


class Machine:
    """Its folder holds disk.qcow2, variables.fd, tpm/ and the logs; whoever made the folder removes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.agent: Lines | None = None
        self.product: Lines | None = None
        self.console: Lines | None = None
        self._processes: list[subprocess.Popen] = []
        self._sockets: tempfile.TemporaryDirectory | None = None
        self._agent_socket: socket.socket | None = None
        self._monitor: Monitor | None = None
        self._asked = 0
        self.falls = 0  # how often it was stopped with nothing in it being told

    @classmethod
    def create(cls, folder: Path, disk: Path, disk_format: str) -> "Machine":
        """A machine as it leaves the factory: a TPM of its own, and a disk that is written over `disk`."""
        folder.mkdir(parents=True)
        run("qemu-img", "create", "-q", "-f", "qcow2", "-b", disk.resolve(), "-F", disk_format, folder / "disk.qcow2")
        shutil.copy(FIRMWARE_VARIABLES, folder / "variables.fd")
        (folder / "tpm").mkdir()
        run(*qemu.create_tpm(folder.resolve() / "tpm"))
        return cls(folder)

    # ---- life ----

    def start(self, memory: Path | None = None, console: list[str] | None = None) -> None:
        """Switches it on; with the `memory` of a machine that was put to sleep, it goes on from there."""
        self._sockets = tempfile.TemporaryDirectory(prefix="vm-")
        places = Path(self._sockets.name)
        # In the order in which QEMU opens them; the monitor's greeting comes last.
        names = ["tpm", "agent", "product", "monitor"] if console else ["tpm", "agent", "product", "console", "monitor"]
        listeners = {name: self._listen(places / name) for name in names}
        tpm = listeners.pop("tpm")
        self._spawn(qemu.tpm_command(self.folder / "tpm", tpm.fileno()), "swtpm", pass_fds=[tpm.fileno()])
        self._spawn(qemu.machine_command(self.folder, places, console, memory is not None), "qemu")
        connections = {name: self._accept(listener) for name, listener in listeners.items()}
        tpm.close()
        self._agent_socket = connections["agent"]
        self.agent = Lines(connections["agent"], self.folder / "agent.log")
        self.product = Lines(connections["product"], self.folder / "product.log", self.product and self.product.all)
        if not console:
            self.console = Lines(connections["console"], self.folder / "console.log", self.console and self.console.all)
        self._monitor = Monitor(connections["monitor"])
        if memory:
            self._monitor.migrate("migrate-incoming", f"exec:cat {memory}")
            self._monitor.command("cont")

    def _listen(self, path: Path) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(1)
        listener.settimeout(CONNECT_SECONDS)
        return listener

    def _accept(self, listener: socket.socket) -> socket.socket:
        try:
            connection, _ = listener.accept()
        except TimeoutError as late:
            raise MachineError(f"QEMU does not start: {(self.folder / 'qemu.log').read_text()}") from late
        finally:
            listener.close()
        connection.settimeout(None)
        return connection

    def _spawn(self, command: list[str], name: str, pass_fds: list[int] | None = None) -> None:
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen(command, stdin=None if name == "qemu" else subprocess.DEVNULL, stderr=log,
                                       pass_fds=pass_fds or (), start_new_session=name != "qemu")
        self._processes.append(process)

    def wait_ready(self, seconds: float = BOOT_SECONDS, after: int = 0, settled: bool = True) -> None:
        """Until the agent has said that it is there and, `settled`, the system that it has started all there was."""
        if not self.agent.wait(lambda line: line.startswith("0 "), seconds, after):
            raise MachineError(f"no agent after {seconds:.0f} s; the console's end:\n{self.console_end()}")
        if settled:
            self.run("systemctl is-system-running --wait", timeout=int(seconds), check=False)

    def wait_end(self, seconds: float = 120) -> None:
        """Until it has switched itself off."""
        self._processes[-1].wait(seconds)
        self.power_cut()

    def power_cut(self) -> None:
        """The emulator is killed where it stands; the TPM loses its power with it."""
        self.falls += 1
        for process in reversed(self._processes):
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()
        self._processes = []
        for lines in (self.agent, self.product, self.console):
            if lines:
                lines.close()
        if self._monitor:
            self._monitor.close()
        # What the product application and the console were told stays known.
        self._monitor = self.agent = self._agent_socket = None
        if self._sockets:
            self._sockets.cleanup()
        self._sockets = None

    def press_reset(self) -> None:
        """The reset button: nothing in the machine is told."""
        self.falls += 1
        self._monitor.command("system_reset")

    def reset(self) -> None:
        known = self.agent.count()
        self.press_reset()
        self.wait_ready(after=known)

    def restart(self, settled: bool = True) -> None:
        """In order, as an operator does it."""
        known = self.agent.count()
        self.run("systemctl reboot --no-block")
        self.wait_ready(after=known, settled=settled)

    def sleep(self, memory: Path) -> None:
        """Puts memory and devices into a file; disk, TPM and variables stand still from then on."""
        self._monitor.command("stop")
        self._monitor.migrate("migrate", f"exec:cat > {memory}")
        self._monitor.command("quit")
        self._processes[-1].wait(60)
        self.power_cut()

    def wait_person(self) -> int:
        """Until QEMU ends by itself, with a person at the console."""
        return self._processes[-1].wait()

    def __enter__(self) -> "Machine":
        return self

    def __exit__(self, *_: object) -> None:
        self.power_cut()

    # ---- questions ----

    def console_end(self) -> str:
        return "\n".join(line for _, line in self.console.all[-30:]) if self.console else ""

    def run(self, command: str, timeout: int = 60, check: bool = True) -> Result:
        """Runs a shell command as root. The host waits longer than the guest, so that the guest's own limit is seen."""
        self._asked += 1
        number = self._asked
        after = self.agent.count()
        line = f"{number} {timeout} {base64.b64encode(command.encode()).decode()}\n"
        self._agent_socket.sendall(line.encode())
        answer = self.agent.wait(lambda text: text.split(" ", 1)[0] == str(number), timeout + 30, after)
        if not answer:
            raise MachineError(f"no answer to: {command}\nthe console's end:\n{self.console_end()}")
        _, status, out, err = answer[2].split(" ")
        result = Result(int(status), *(base64.b64decode(text if text != "-" else "").decode(errors="replace")
                                       for text in (out, err)))
        if check and result.status != 0:
            raise MachineError(f"status {result.status} from: {command}\n{result.out}{result.err}")
        return result

    def write(self, path: str, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        self.run(f"mkdir -p $(dirname {path}) && base64 -d > {path} <<END\n{base64.b64encode(data).decode()}\nEND")
