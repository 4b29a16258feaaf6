# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time: inside the service always naive UTC; the three ways it is written on the wire."""

from __future__ import annotations

import datetime
import typing as t

Clock = t.Callable[[], datetime.datetime]


def utc_now() -> datetime.datetime:
    """Return the present time as naive UTC."""
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)  # noqa: UP017


def parse(text: str) -> datetime.datetime:
    """Read ``2026-11-21 01:02:03``, or ISO 8601 with ``T``, fractions and an offset; without an offset it is UTC."""
    value = datetime.datetime.fromisoformat(text.strip())
    if value.tzinfo is not None:
        value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)  # noqa: UP017
    return value


def wire(value: datetime.datetime | None) -> str | None:
    """Write a time of a resource: ``2026-11-21T01:02:03.123456Z``."""
    return None if value is None else value.isoformat(timespec="microseconds") + "Z"


def notification(value: datetime.datetime | None) -> str | None:
    """Write a time inside a notification's payload: ``2026-11-21T01:02:03``, as Ceilometer's datetime traits want it."""
    return None if value is None else value.isoformat(timespec="seconds")


def envelope(value: datetime.datetime) -> str:
    """Write the timestamp of a notification: ``2026-11-21 01:02:03.123456``."""
    return value.isoformat(sep=" ", timespec="microseconds")
