# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the work for a message may take (private to this collection)."""

from __future__ import annotations

import datetime as dt
import typing as t

Dict = dict[str, t.Any]


def maintenance_time_left(decision: Dict, limit: int, margin: int, now: dt.datetime | None = None) -> int:
    """Whole seconds until the reply has to be on its way, 0 when it is high time.

    :param decision: of the filter ``maintenance_decisions``.
    :param limit: never more than so many seconds.
    :param margin: seconds that are kept for the reply itself.
    """
    text = decision["reply"].get("reply_at")
    if not text:
        return limit
    due = dt.datetime.fromisoformat(str(text))
    due = due if due.tzinfo else due.replace(tzinfo=dt.UTC)
    left = (due - (now or dt.datetime.now(dt.UTC))).total_seconds()
    return max(0, min(limit, int(left - margin)))
