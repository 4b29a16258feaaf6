# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Echo requests that are under way, and what became of them."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import deque
from typing import TYPE_CHECKING

from .icmp import CannotPing, Echo, NotSent, Unreachable
from .judging import Outcome
from .log import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from .watched import Watched

    Finish = Callable[[Watched, Outcome, str | None, float], None]

# Seconds until a socket that could not be opened is tried again.
NO_ECHO = 30.0
# Reads of a socket at a time: a flood may not keep the worker from its schedule.
MOST_READS = 32


class Pings:
    """Sends and receives for all targets over one socket of each version of IP.

    :ivar late_answers: how many came after their timeout.
    """

    def __init__(self, finish: Finish) -> None:
        """Nothing is open.

        :param finish: hears of what each echo request came to.
        """
        self.late_answers = 0
        self._finish = finish
        self._echoes: dict[int, Echo] = {}
        self._no_echo: dict[int, tuple[str, float]] = {}
        self._number = 0
        self._pending: dict[int, tuple[Watched, str]] = {}
        self._expiring: dict[float, deque[tuple[float, Watched, int]]] = {}

    @property
    def under_way(self) -> int:
        """How many are neither answered nor given up."""
        return len(self._pending)

    def forget(self, watched: Watched) -> None:
        """Hear no more of a target."""
        self._pending.pop(watched.number, None)

    def close(self) -> None:
        """Close the sockets."""
        for echo in self._echoes.values():
            asyncio.get_running_loop().remove_reader(echo.socket)
            echo.close()
        self._echoes.clear()

    def receive(self) -> None:
        """Take in what has come."""
        for echo in self._echoes.values():
            for _round in range(MOST_READS):
                if not echo.receive():
                    break

    def expire(self, now: float) -> None:
        """Give up what has not come."""
        for waiting in self._expiring.values():
            while waiting and waiting[0][0] <= now:
                _until, watched, number = waiting.popleft()
                if watched.number == number and self._pending.pop(number, None) is not None:
                    self._finish(watched, Outcome.LOST, f"no answer within {watched.target.how.timeout:g} s", now)

    def send(self, watched: Watched, address: str, now: float) -> None:
        """Ask a target; its answer, or that there is none, comes with ``finish``, perhaps at once."""
        self._number += 1
        number = watched.number = self._number
        try:
            self._echo(address).send(address, number)
        except (NotSent, CannotPing) as exc:
            self._finish(watched, Outcome.VOID, str(exc), now)
        except Unreachable as exc:
            self._finish(watched, Outcome.LOST, str(exc), now)
        else:
            self._pending[number] = (watched, address)
            timeout = watched.target.how.timeout
            self._expiring.setdefault(timeout, deque()).append((now + timeout, watched, number))

    def _echo(self, address: str) -> Echo:
        version = 6 if ":" in address else 4
        if version not in self._echoes:
            failure, until = self._no_echo.get(version, ("", 0.0))
            if time.monotonic() < until:
                raise CannotPing(failure)
            try:
                echo = Echo(version, self._answered)
            except CannotPing as exc:
                logger.error("Nothing can be said about targets of version %d of IP: %s", version, exc)
                self._no_echo[version] = (str(exc), time.monotonic() + NO_ECHO)
                raise
            self._echoes[version] = echo
            asyncio.get_running_loop().add_reader(echo.socket, echo.receive)
        return self._echoes[version]

    def _answered(self, number: int, sender: str) -> None:
        found = self._pending.get(number)
        if found is None:
            self.late_answers += 1
            return
        watched, address = found
        if not _same(address, sender):
            return
        del self._pending[number]
        self._finish(watched, Outcome.ANSWERED, None, time.monotonic())


def _same(address: str, sender: str) -> bool:
    return address == sender or (":" in address and ipaddress.ip_address(address) == ipaddress.ip_address(sender))
