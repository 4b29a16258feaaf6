# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keeper of a runner's lease: a program that renews it for as long as a playbook lives (private to this collection).

What an administrator does on a host may take longer than a lease, and writes nothing into the session meanwhile. With the keeper
a lease that has run out means that its run is gone.

It hears on its standard input, as JSON, what to keep: nothing of it is in a process list. Its argument, the process that it
watches, is for who looks at the processes.

Input: ``root`` (the folder of ``ansible_collections``), ``params`` (options of the connection), ``session_id``, ``holder``,
``token``, ``ttl``, ``pid`` and ``started`` of the process to watch, ``limit`` in seconds.
"""

from __future__ import annotations

import json
import sys
import time
import typing as t
from pathlib import Path

MAX_INPUT = 1024 * 1024
LOOK_EVERY = 0.5
SERVER_ERROR = 500


def started(pid: int) -> str | None:
    """When a process began, in its system's own counting; None when it is gone or a zombie."""
    try:
        # The name, in parentheses, may have blanks and parentheses itself.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else fields[19]


def keep(task: dict[str, t.Any], renew: t.Callable[[], bool]) -> None:
    """Renew until the watched process is gone, the lease is not the runner's any more, or the limit has come.

    :param renew: whether the lease is the runner's still.
    """
    pid, began = int(task["pid"]), str(task["started"])
    end = time.monotonic() + float(task["limit"])
    due = time.monotonic() + float(task["ttl"]) / 3
    while time.monotonic() < end and started(pid) == began:
        if time.monotonic() >= due:
            due = time.monotonic() + float(task["ttl"]) / 3
            if not renew():
                return
        time.sleep(LOOK_EVERY)


def main() -> None:
    """Entry point."""
    task = json.loads(sys.stdin.buffer.read(MAX_INPUT))
    sys.path.insert(0, task["root"])
    from ansible_collections.nfv.maintenance.plugins.module_utils import _errors, _sdk  # noqa: PLC0415
    from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance  # noqa: PLC0415

    cloud = _sdk.connect(task["params"])

    def renew() -> bool:
        try:
            maintenance(cloud).take_lease(task["session_id"], task["holder"], task["ttl"], lease_token=task["token"])
        except _errors.ServiceError as exc:
            # The service, or Keystone, may be away for a while.
            return exc.status is None or exc.status >= SERVER_ERROR
        return True

    keep(task, renew)


if __name__ == "__main__":
    main()
