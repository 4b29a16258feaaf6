# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long anything in a drain may take (private to this collection)."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for each wait.

    :ivar live: for a live migration to converge, and again once it was forced to complete.
    :ivar cold: for a cold migration, and for its confirmation; also for an owner who moves the instance.
    :ivar busy: while somebody else's operation on the server is under way.
    :ivar settle: after an abort, and for records to appear.
    :ivar outage: while it is unknown whether a call was accepted.
    :ivar down: while a host of a move under way may be down according to Nova; a bus that is restarted lets all hosts look dead.
    :ivar scheduler: while Nova's scheduler may see a member of a server group where it was before; it keeps a list of the servers
        of each host and hears of moves after two minutes at the latest (``scheduler_instance_sync_interval``).
    :ivar silent: while Nova writes nothing about a live migration whose server rests on its new host; then nobody is at work.
    :ivar again: between two tries.
    :ivar conflicts: not seconds, but how often a server at rest may be refused with a conflict before that is final.
    :ivar targets: not seconds, but to how many other targets a move goes whose own refuses it.
    :ivar notice: that an owner may ask for before a move begins.
    :ivar pause: for which people may let the session pause.
    """

    live: float = 300
    cold: float = 600
    busy: float = 120
    settle: float = 60
    outage: float = 60
    down: float = 45
    scheduler: float = 150
    silent: float = 60
    again: float = 5
    conflicts: int = 3
    targets: int = 3
    notice: float = 86400
    pause: float = 86400
