# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run beside the event source, and end with it."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import typing as t

from ...module_utils._sdk import IMPORT_ERROR
from . import lines
from .cloud import Cloud, Clouds
from .desk import Asked, Desk
from .policies import Policies
from .settings import Settings
from .watch import Watch

EXIT_CONFIGURATION = 2


def main() -> t.NoReturn:
    """Talk with whoever started this process until it ends."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(name)s - %(levelname)s - %(message)s", stream=sys.stderr)
    # A terminal interrupts the whole group; this one ends when the source does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nothing that a library prints may get between the lines.
    voice = lines.Voice(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    status = 0
    try:
        _converse(lines.heard(sys.stdin.buffer), voice.tell)
    except lines.Unreadable as exc:
        sys.stderr.write(f"answering: {exc}\n")
        status = EXIT_CONFIGURATION
    # Calls that hang in threads are of no use to anybody any more.
    os._exit(status)


def _converse(heard: t.Iterator[dict[str, t.Any]], tell: lines.Tell) -> None:
    said = next(heard, None)
    if said is None:
        return
    if IMPORT_ERROR is not None:
        tell({"away": f"the Python library openstacksdk is missing ({IMPORT_ERROR})"})
        return
    settings = Settings.read(said["settings"])
    clouds = Clouds(lambda: Cloud(settings.cloud, settings.region_name))
    desk = Desk(clouds, Policies(settings.policies, settings.policy_file), tell)
    watch = Watch(clouds, tell, reconcile=settings.reconcile)
    threading.Thread(target=watch.run, name="watch", daemon=True).start()
    for said in heard:
        until = time.monotonic() + float(said["within"])
        asked = [Asked(str(one["id"]), one["hint"], until) for one in said["answer"]]
        desk.take(asked)
        for one in asked:
            watch.heard_of(str(one.hint.get("session_id")))


if __name__ == "__main__":
    main()
