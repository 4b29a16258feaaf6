# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time in the lab: wall-clock stamps, and simulated durations which the speed factor shortens."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the present UTC time with its zone."""
    return datetime.now(UTC)


def stamp(moment: datetime | None) -> str | None:
    """Write a time as Nova does: whole seconds and Z."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_micro(moment: datetime | None) -> str | None:
    """Write a time with microseconds and without a zone, as most services do in their records."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.%f")


def stamp_micro_z(moment: datetime | None) -> str | None:
    """Write a time with microseconds and Z, as Keystone does."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Clock:
    """Turns simulated seconds into real ones."""

    def __init__(self, speed: float = 1.0) -> None:
        """Make a clock that runs so many times faster than the wall clock."""
        if speed <= 0:
            raise ValueError("the speed must be greater than zero")
        self.speed = speed

    def real(self, simulated: float) -> float:
        """Return the real seconds that so many simulated seconds take."""
        return simulated / self.speed

    async def pause(self, simulated: float) -> None:
        """Wait for simulated seconds."""
        await asyncio.sleep(max(0.0, self.real(simulated)))

    async def pause_unless(self, event: asyncio.Event, simulated: float) -> bool:
        """Wait for simulated seconds, but return True at once when the event is set."""
        try:
            await asyncio.wait_for(event.wait(), max(0.0, self.real(simulated)))
        except TimeoutError:
            return False
        return True

    @staticmethod
    def monotonic() -> float:
        """Return the monotonic time that intervals are measured with."""
        return time.monotonic()
