# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of targets that are given by name."""

from __future__ import annotations

import asyncio
import ipaddress
import time

from .log import logger

# Seconds that an address is used before it is looked up again, and that a failure is.
FRESH, FAILED = 30.0, 5.0
LIMIT = 5.0
MOST_AT_A_TIME = 16


class Names:
    """What names resolve to; nobody waits for it.

    A name that does not resolve any more keeps its last address: the target, not the name service, is what is monitored.
    """

    def __init__(self) -> None:
        """Nothing is known."""
        self._known: dict[str, tuple[str | None, float]] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    def address(self, name: str) -> str | None:
        """Return the address, None while there is none; a name that is not fresh is looked up behind this call."""
        found, until = self._known.get(name, (None, 0.0))
        if until == float("inf"):
            return found
        if not found and name not in self._known and _is_address(name):
            self._known[name] = (name, float("inf"))
            return name
        if until <= time.monotonic() and name not in self._asking and len(self._asking) < MOST_AT_A_TIME:
            self._asking[name] = asyncio.create_task(self._look_up(name))
        return found

    async def _look_up(self, name: str) -> None:
        before = self._known.get(name, (None, 0.0))[0]
        try:
            async with asyncio.timeout(LIMIT):
                found = await asyncio.get_running_loop().getaddrinfo(name, None)
            addresses = [str(entry[4][0]) for entry in found]
            # The present one, as long as it is among them: a target does not change its face with every answer.
            self._known[name] = (before if before in addresses else addresses[0], time.monotonic() + FRESH)
        except (OSError, UnicodeError, IndexError) as exc:
            if name not in self._known:
                logger.warning("%s does not resolve and is not concluded about: %s", name, exc or "no answer in time")
            self._known[name] = (before, time.monotonic() + FAILED)
        finally:
            self._asking.pop(name, None)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
