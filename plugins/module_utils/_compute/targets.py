# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a move goes whose own target does not take it (private to this collection)."""

from __future__ import annotations

import typing as t

from .._errors import ServiceError
from .moves import Move
from .window import Window


class Targets:
    """The hosts that instances may go to: those that are done, or not to be maintained.

    Which of them suits is for Nova's scheduler to say, which checks a target that is named like any other; the one with the most
    room is tried first.
    """

    def __init__(
        self, allowed: t.Collection[str] | None, room: t.Callable[[], t.Mapping[str, int]], progress: t.Callable[[str], None]
    ) -> None:
        """Nothing is called yet.

        :param allowed: None means that nobody said so: then a move has no target but its own.
        :param room: reads how many MiB of memory each host in service has to spare.
        """
        self._allowed = None if allowed is None else frozenset(allowed)
        self._room = room
        self._progress = progress

    @property
    def known(self) -> bool:
        """Whether there may be others."""
        return self._allowed is not None

    def other(self, move: Move, refused_by: t.Collection[str], window: Window) -> str | None:
        """The best one that is left, if possible one that takes another server at once.

        :raises ServiceError: when the room cannot be read.
        """
        left = (self._allowed or frozenset()) - {move.source, *refused_by}
        if not left:
            return None
        try:
            room = self._room()
        except ServiceError as exc:
            self._progress(str(exc))
            room = dict.fromkeys(left, 0)
        fitting = [host for host in left if host in room]
        return min(fitting, key=lambda host: (not window.takes(host), -room[host], host), default=None)
