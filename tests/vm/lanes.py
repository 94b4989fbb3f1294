"""Jobs side by side, each in a process of its own: one that falls over, or is killed for want of memory, ends alone."""
import multiprocessing
import os
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")
MEMORY = Path("/proc/meminfo")


def processors() -> float:
    """That this process may use: a container has fewer than its host."""
    ours = float(len(os.sched_getaffinity(0)))
    quota, _, period = CPU_LIMIT.read_text().partition(" ") if CPU_LIMIT.exists() else ("max", "", "")
    return ours if quota == "max" else min(ours, int(quota) / int(period))


def available_mib() -> int:
    lines = [line for line in MEMORY.read_text().splitlines() if line.startswith("MemAvailable:")]
    return int(lines[0].split()[1]) // 1024


def lanes_of_host(processors_each: int, mib_each: int) -> int:
    """As many as have processors and memory of their own; one in any case."""
    return max(1, min(int(processors() // processors_each), available_mib() // mib_each))


def _answer(act: Callable[[str], Any], job: str, sender: Connection) -> None:
    sender.send(act(job))


def side_by_side(jobs: list[str], act: Callable[[str], Any], lanes: int) -> Iterator[tuple[str, Any]]:
    """(job, what `act` gave for it) as they end; None: its process ended without an answer. Closed early, it ends what
    runs (contextlib.closing)."""
    context = multiprocessing.get_context("fork")
    left = list(jobs)
    running: dict[Connection, tuple[multiprocessing.Process, str]] = {}
    try:
        while left or running:
            while left and len(running) < lanes:
                job = left.pop(0)
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(target=_answer, args=(act, job, sender))
                process.start()
                sender.close()  # the last one: whoever waits hears of the process' end
                running[receiver] = (process, job)
            for receiver in wait(list(running)):
                process, job = running[receiver]
                try:
                    answer = receiver.recv()
                except EOFError:
                    answer = None
                process.join()
                receiver.close()
                del running[receiver]
                yield job, answer
    finally:
        for process, _ in running.values():
            process.terminate()
        for process, _ in running.values():
            process.join()
