# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times of the maintenance conversation: everything is UTC (private to this collection)."""

from __future__ import annotations

import datetime as dt

from .._errors import CollectionError

# Fenix v1 takes the start of a session only in this form.
FENIX_FORMAT = "%Y-%m-%d %H:%M:%S"


def utc_now() -> dt.datetime:
    """The present."""
    return dt.datetime.now(dt.UTC)


def parse_time(text: str, what: str) -> dt.datetime:
    """An ISO 8601 time; one without a zone is UTC, as Fenix, Ceilometer and Aodh write it.

    :param what: names the value in the error.
    """
    try:
        time = dt.datetime.fromisoformat(text.strip())
    except ValueError as exc:
        raise CollectionError(f"{what} is {text!r}, which is not a time like 2026-11-21 01:02:03 (UTC)") from exc
    return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)


def moment(text: str, now: dt.datetime, what: str) -> dt.datetime:
    """A time, or ``+N`` seconds from now.

    :param what: names the value in the error.
    """
    if not text.strip().startswith("+"):
        return parse_time(text, what)
    try:
        return now + dt.timedelta(seconds=float(text))
    except (ValueError, OverflowError) as exc:
        raise CollectionError(f"{what} is {text!r}; a duration is written +30, in seconds") from exc


def start_time(text: str, now: dt.datetime) -> str:
    """``maintenance_at`` for the wire, from a time or from ``+N`` seconds from now."""
    return moment(text, now, "maintenance_at").strftime(FENIX_FORMAT)


def seconds_between(earlier: str | None, later: str | None) -> float | None:
    """Seconds from one time of the session API to another; None when one is missing."""
    if not earlier or not later:
        return None
    return (parse_time(later, "a time of the session API") - parse_time(earlier, "a time of the session API")).total_seconds()
