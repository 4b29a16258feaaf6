# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people see of a drain while it goes on (private to this collection)."""

from __future__ import annotations

import typing as t

Show = t.Callable[[str], None]
# Seconds without a line after which it is said what is waited for.
_QUIET = 30.0
_NAMED = 5


class Progress:
    """Lines, counted by finished servers; how long it may still take is what the finished ones took."""

    def __init__(self, show: Show) -> None:
        """Nothing is to be done yet."""
        self._show = show
        self._total = 0
        self._done = 0
        self._begun: float | None = None
        self._said = 0.0

    def expect(self, moves: int, now: float) -> None:
        """There are so many more."""
        self._total += moves
        self._said = now

    def begin(self, now: float) -> None:
        """One is begun; the time before the first is not measured, as it may be an owner's notice."""
        self._begun = now if self._begun is None else self._begun

    def finish(self, line: str, now: float) -> None:
        """One is over.

        :param line: what became of it.
        """
        self._done += 1
        self._said = now
        left = self._total - self._done
        seconds = 0.0 if self._begun is None else (now - self._begun) / self._done * left
        self._show(f"{line}; {self._done} of {self._total}" + (f", about {seconds:.0f} s to go" if left and seconds else ""))

    def quiet(self, waiting_for: t.Sequence[str], not_begun: int, now: float) -> None:
        """Nothing was over for a while: say what is waited for, now and then."""
        if now < self._said + _QUIET:
            return
        self._said = now
        named = ", ".join(waiting_for[:_NAMED]) + (f" and {len(waiting_for) - _NAMED} more" if len(waiting_for) > _NAMED else "")
        self._show(f"waiting for {named or 'nothing that is under way'}; {not_begun} not begun")
