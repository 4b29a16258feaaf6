# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner's lease: one runner at a time, and a stale one cannot write."""

from __future__ import annotations

import datetime

from . import control, views
from .errors import BadRequest, Conflict
from .models import SessionRow
from .unit import Unit

HEADER = "X-Lease-Token"
DEFAULT_TTL = 120


def take(unit: Unit, row: SessionRow, holder: str, ttl: int) -> None:
    """Take or renew the lease. The token grows with every new holder."""
    if ttl > unit.settings.max_lease:
        raise BadRequest("ttl", f"the longest lease is {unit.settings.max_lease} seconds")
    runs = row.lease_expires_at is not None and row.lease_expires_at > unit.now
    if row.lease_holder is not None and row.lease_holder != holder and runs:
        raise Conflict(f"session {row.id} is run by {row.lease_holder}", lease=views.lease(row))
    if row.lease_holder != holder:
        row.lease_token += 1
        control.begin_run(row)
        unit.log(row, "lease.taken", f"{holder} runs the session now (lease token {row.lease_token})")
    row.lease_holder = holder
    row.lease_ttl = ttl
    renew(unit, row)


def renew(unit: Unit, row: SessionRow) -> None:
    """Let the lease run anew from now."""
    row.lease_expires_at = unit.now + datetime.timedelta(seconds=row.lease_ttl)


def parse_token(header: str | None) -> int:
    """Read the header of a runner's write."""
    if header is None:
        raise BadRequest(HEADER, f"a runner's write needs the header {HEADER}")
    try:
        return int(header)
    except ValueError:
        raise BadRequest(HEADER, f"{HEADER} must be an integer") from None


def check(row: SessionRow, token: int) -> None:
    """Refuse a runner that has been replaced, or has given the session up."""
    if row.lease_holder is None or token != row.lease_token:
        raise Conflict(f"lease token {token} is not the present one of session {row.id}", lease=views.lease(row))


def release(unit: Unit, row: SessionRow) -> None:
    """Give the session up; the next runner need not wait."""
    unit.log(row, "lease.released", f"{row.lease_holder} has ended its run")
    row.lease_holder = None
    row.lease_expires_at = None
    row.waiting = None
