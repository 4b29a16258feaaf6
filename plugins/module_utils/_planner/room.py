# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to happen before the first wave (private to this collection)."""

from __future__ import annotations

import dataclasses

from .blockers import Blocker
from .waves import Moves

NONE = "none"
PREPARE = "prepare"
SCALE_IN = "scale_in"
BLOCKED = "blocked"


@dataclasses.dataclass(frozen=True)
class Room:
    """What has to happen before the first wave.

    :ivar need: none, prepare, scale_in or blocked.
    :ivar hosts: the hosts that are made empty.
    :ivar moves: (instance, from, to) with prepare.
    :ivar scale_in: project to the number of instances it has to remove.
    """

    need: str
    why: str
    hosts: tuple[str, ...] = ()
    moves: Moves = ()
    scale_in: dict[str, int] = dataclasses.field(default_factory=dict)
    blockers: tuple[Blocker, ...] = ()
