# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of the administrator's actions run on a host, in which order and for how long (private to this collection)."""

from __future__ import annotations

import datetime as dt
import math
import typing as t

from ansible.errors import AnsibleFilterError

Action = t.Mapping[str, t.Any]
# An action that says nothing else runs on every host.
DEFAULT_TYPE = "host"


def maintenance_actions_of(actions: t.Sequence[Action], host_type: str) -> list[Action]:
    """The actions for one host: those for every host first, then those for its own type, as a Fenix orders them.

    Within a type they keep the order in which they were given (a Fenix sorts them by name).

    :param host_type: ``compute``, ``controller`` or ``other``; ``pre`` and ``post`` give the actions of just that type.
    """
    alone = host_type in ("pre", "post")
    types = [host_type] if alone else [DEFAULT_TYPE, host_type]
    return [action for wanted in types for action in actions if action.get("type", DEFAULT_TYPE) == wanted]


def maintenance_action_time(started: str, limit: float, what: str, now: dt.datetime | None = None) -> int:
    """Whole seconds, rounded up, that are left of an action's time.

    :param started: ISO 8601, UTC where it names no zone.
    :param limit: seconds that the action may take.
    :param what: the action and its host, for the error.
    :raises AnsibleFilterError: when there are none.
    """
    begun = dt.datetime.fromisoformat(str(started))
    begun = begun if begun.tzinfo else begun.replace(tzinfo=dt.UTC)
    left = float(limit) - ((now or dt.datetime.now(dt.UTC)) - begun).total_seconds()
    if left <= 0:
        raise AnsibleFilterError(f"{what} took longer than its {float(limit):g} s")
    return math.ceil(left)
