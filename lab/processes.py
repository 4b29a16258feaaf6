# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Child processes of a try-out: each with its own log, all ended when the parent ends."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import os
import signal
import socket
import subprocess
import time
import typing as t
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
LOG_TAIL_LINES = 15


class ProcessFailed(Exception):
    """A child did not start, or ended when it should not; the message holds the end of its log."""


@dataclasses.dataclass
class Child:
    """One child process.

    :ivar name: what it is called in messages; its log is ``<name>.log``.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """Process id, also the id of its process group."""
        return self.process.pid

    def tail(self) -> str:
        """The last lines of the log."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_TAIL_LINES:])

    def measure(self) -> int:
        """The most memory the process itself ever had, while it lives; bytes."""
        return peak_memory(self.pid)


class Processes:
    """Starts children and ends all that are left, with everything they started themselves."""

    def __init__(self, log_dir: Path) -> None:
        """Keep the logs in ``log_dir``, which is made."""
        self.log_dir = log_dir
        log_dir.mkdir(parents=True, exist_ok=True)
        self.children: dict[str, Child] = {}

    def start(self, name: str, command: t.Sequence[str], env: t.Mapping[str, str], cwd: Path | None = None) -> Child:
        """Start a child in a session of its own, so that it does not get the terminal's Ctrl-C before we have tidied up."""
        log = self.log_dir / f"{name}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 (children are started from the main thread only)
            )
        child = Child(name, process, log)
        self.children[name] = child
        return child

    def wait_ready(self, child: Child, ready: t.Callable[[], bool], timeout: float = 60) -> None:
        """Wait until ``ready()`` says so, the child ends, or the time is over."""
        end = time.monotonic() + timeout
        while not ready():
            status = child.process.poll()
            if status is not None:
                raise ProcessFailed(f"{child.name} ended with status {status} at its start. Log {child.log}:\n{child.tail()}")
            if time.monotonic() > end:
                raise ProcessFailed(f"{child.name} was not ready after {timeout:g} s. Log {child.log}:\n{child.tail()}")
            time.sleep(0.05)

    def stop(self, name: str, grace: float = 8) -> None:
        """End one child: SIGTERM to all it started, SIGKILL for what is left after ``grace`` seconds."""
        child = self.children.pop(name, None)
        if child is None:
            return
        family = _family(child.pid)
        _signal(family, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(grace)
        _signal([*family, *_family(child.pid)], signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.process.wait()

    def kill(self, name: str) -> None:
        """End one child as a power cut would: SIGKILL, nothing tidied."""
        child = self.children.pop(name)
        family = _family(child.pid)
        _signal(family, signal.SIGKILL)
        child.process.wait()

    @contextlib.contextmanager
    def held(self, name: str) -> t.Iterator[None]:
        """Let a child and all it started stand still for a while; what is sent to it waits."""
        family = _family(self.children[name].pid)
        _signal(family, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(family, signal.SIGCONT)

    def stop_all(self) -> None:
        """End every child, the youngest first."""
        for name in reversed([*self.children]):
            self.stop(name)


def peak_memory(pid: int) -> int:
    """The most resident memory a living process ever had, bytes; 0 when it is gone."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def free_port() -> int:
    """A TCP port on loopback that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody accepts connections on the loopback port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.5):
        return True
    return False


def end_with_parent() -> None:
    """Ask Linux to end the child when the parent dies without having tidied up; elsewhere do nothing."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def signal_family(pid: int, number: int) -> None:
    """Send a signal to a process and all that it started, also to those that made themselves a group of their own.

    Ansible's workers do since ansible-core 2.19: a signal to the group of a playbook does not reach the task that it is at.
    """
    _signal(_family(pid), number)


def _family(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        return [*parent.children(recursive=True), parent]
    return []


def _signal(processes: t.Iterable[psutil.Process], number: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)
