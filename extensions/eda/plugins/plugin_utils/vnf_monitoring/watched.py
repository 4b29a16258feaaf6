# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A target under watch."""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING

from .judging import Judge

if TYPE_CHECKING:
    from .target import Target


class Watched:
    """What is known about one target, and where its present probe stands.

    :ivar due: when the next probe is to begin, by the engine's clock; so are all times but ``since``.
    :ivar number: of the echo request that is under way, 0 when there is none.
    :ivar attempt: how often the present probe has been tried before.
    :ivar epoch: the guard's when the present probe began.
    :ivar noted_epoch: the guard's when the last finding was noted.
    :ivar since: when its state began, in seconds since 1970.
    """

    __slots__ = (
        "attempt", "busy", "due", "epoch", "error", "first_seen", "gone", "is_reference", "judge", "lost", "noted_epoch",
        "number", "reminded", "round_trip", "sent", "sent_at", "silent", "since", "suspect", "target",
    )  # fmt: skip

    def __init__(self, target: Target, now: float, epoch: int, *, is_reference: bool = False) -> None:
        """Begin within one interval, at a moment of its own, so that the targets are spread evenly."""
        self.target = target
        self.judge = Judge(target.how.rule)
        self.is_reference = is_reference
        self.first_seen = now
        self.since = time.time()
        self.due = now + target.how.interval * (zlib.crc32(target.key.encode()) / 2**32)
        self.sent_at = self.reminded = 0.0
        self.number = self.attempt = self.sent = self.lost = 0
        self.epoch = self.noted_epoch = epoch
        self.busy = self.gone = self.silent = self.suspect = False
        self.error: str | None = None
        self.round_trip: float | None = None
