# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run beside the event source, and end with it."""

from __future__ import annotations

import logging
import threading
import time
import typing as t

from . import lines
from .cloud import Cloud, Clouds
from .desk import Asked, Desk
from .policies import Policies
from .settings import Settings
from .watch import Watch


def begin(given: dict[str, t.Any], tell: lines.Tell) -> lines.Hear:
    """Answer what is heard of from now on."""
    settings = Settings.read(given)
    clouds = Clouds(lambda: Cloud(settings.cloud, settings.region_name))
    desk = Desk(clouds, Policies(settings.policies, settings.policy_file), tell)
    watch = Watch(clouds, tell, reconcile=settings.reconcile)
    threading.Thread(target=watch.run, name="watch", daemon=True).start()

    def hear(said: dict[str, t.Any]) -> None:
        until = time.monotonic() + float(said["within"])
        asked = [Asked(str(one["id"]), one["hint"], until) for one in said["answer"]]
        desk.take(asked)
        for one in asked:
            watch.heard_of(str(one.hint.get("session_id")))

    return hear


if __name__ == "__main__":
    lines.converse("answering", logging.INFO, begin)
