# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keeper of a lease: a program of its own that renews it for as long as a playbook lives (private to this collection).

It hears on its standard input, as JSON, what to keep: nothing of it is in a process list or an environment. When the playbook's
main process is gone, however it went, the deliveries are given back at once, so that nobody waits for the end of the lease.
It needs nothing but the standard library. Its argument, the process that it watches, is for who looks at the processes.

Input: ``client`` (path of callback.py), ``pid`` and ``started`` of the process to watch, ``seconds`` of the lease, ``limit`` in
seconds, ``tls`` (list of the fields of Tls), ``vnf_ids`` and ``deliveries`` (the first holds the VNFs, the others wait their
turn).
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import sys
import time
import typing as t
from pathlib import Path

MAX_INPUT = 16 * 1024 * 1024
LOOK_EVERY = 0.5
CALL_TIMEOUT = 5.0
SERVER_ERROR = 500
GONE = "the run that handled it has ended"


def started(pid: int) -> str | None:
    """When a process began, in its system's own counting; None when it is gone or a zombie."""
    try:
        # The name, in parentheses, may have blanks and parentheses itself.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else fields[19]


class Keeper:
    """Renews leases until there is nothing to renew."""

    def __init__(self, task: dict[str, t.Any], client: t.Any) -> None:
        """Begin with leases that have just been taken."""
        self._pid, self._started = int(task["pid"]), str(task["started"])
        self._seconds = float(task["seconds"])
        tls = client.Tls(*task["tls"])
        self._callbacks = [client.Callback(one, tls) for one in task["deliveries"]]
        self._vnf_ids = task["vnf_ids"]
        self._held_at = time.monotonic()
        self._end = self._held_at + float(task["limit"])
        self._busy, self._released = client.BUSY, client.RELEASED

    def run(self) -> None:
        """Return when the watched process is gone, the lease is of no use any more, or the limit has come."""
        asked_at = time.monotonic()
        while time.monotonic() < self._end:
            if started(self._pid) != self._started:
                self._release()
                return
            if time.monotonic() - asked_at >= self._seconds / 3:
                asked_at = time.monotonic()
                if not self._renewed():
                    return
            time.sleep(LOOK_EVERY)

    def _renewed(self) -> bool:
        """Whether the lease is still of use."""
        with contextlib.suppress(OSError):
            answer = self._callbacks[0].hold(self._vnf_ids, self._seconds, CALL_TIMEOUT)
            if answer.taken:
                self._held_at = time.monotonic()
            elif answer.status < SERVER_ERROR and answer.refusal != self._busy:
                return False
        # The source may be away for a while.
        return time.monotonic() - self._held_at < self._seconds

    def _release(self) -> None:
        """Tell the source, which may be away, as long as that is sooner than the end of the lease."""
        left = [*self._callbacks]
        while left and time.monotonic() - self._held_at < self._seconds:
            left = [callback for callback in left if not self._told(callback)]
            time.sleep(LOOK_EVERY if left else 0)

    def _told(self, callback: t.Any) -> bool:
        try:
            return bool(callback.end(self._released, GONE, CALL_TIMEOUT).status < SERVER_ERROR)
        except OSError:
            return False


def _load(path: str) -> t.Any:
    spec = importlib.util.spec_from_file_location("callback", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules["callback"] = module
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Entry point."""
    task = json.loads(sys.stdin.buffer.read(MAX_INPUT))
    Keeper(task, _load(task["client"])).run()


if __name__ == "__main__":
    main()
