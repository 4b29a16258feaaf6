# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""More time: a project that cannot reply before the deadline says so before it, instead of refusing or being silent."""

from __future__ import annotations

import datetime

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

from . import times
from .errors import Conflict
from .models import MessageRow, SessionRow
from .unit import Unit


def extend(
    unit: Unit,
    session: SessionRow,
    message: MessageRow,
    seconds: int,
    *,
    known: datetime.datetime | None = None,
    reason: str | None = None,
) -> None:
    """Move a message's deadline by so many seconds; the whole of it or nothing.

    ``known`` is the deadline that the caller wants moved. A request that was granted before is recognised by it and changes
    nothing: the deadline is already where that request puts it. Raises :class:`Conflict` when there is nothing to extend, or
    not so far.
    """
    more = datetime.timedelta(seconds=seconds)
    if message.status != messages.PENDING or message.reply_at is None:
        raise Conflict(f"message {message.id} ({message.state}) is {message.status}; there is no deadline to move")
    if known is not None and message.reply_at != known:
        if message.extended and message.reply_at == known + more:
            return
        raise Conflict(
            f"the deadline of message {message.id} is {times.wire(message.reply_at)}, not {times.wire(known)}; read it again"
        )
    most = unit.settings.max_extension
    if message.extended + seconds > most:
        raise Conflict(f"a message is extended by {most} seconds at most; {most - message.extended} are left for this one")
    message.extended += seconds
    message.reply_at += more
    if message.actions_at is not None:
        # Nobody acts before the reply that is waited for.
        message.actions_at = max(message.actions_at, message.reply_at)
    because = f" because {reason}" if reason else ""
    unit.log(
        session,
        "message.extended",
        f"project {message.project_id}: {seconds} s more for {message.state}{because}, due by {message.reply_at:%H:%M:%S} UTC",
        project_id=message.project_id,
        message_id=message.id,
    )
