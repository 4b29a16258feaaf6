# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The failure budget of a run for the filter of that name (private to this collection)."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.budget import failure_budget

Dict = dict[str, t.Any]


def maintenance_failure_budget(session: Dict, limit: t.Any, failing: t.Iterable[str] = ()) -> Dict:
    """The budget of a session in plain values.

    :param session: a session with its hosts, as the session API returns it, or an empty dictionary.
    :raises ValueError: for a limit that is none.
    """
    try:
        budget = failure_budget(session, str(limit), failing)
    except CollectionError as exc:
        raise ValueError(str(exc)) from exc
    return {
        "allowed": budget.allowed,
        "failed": list(budget.failed),
        "hosts": budget.hosts,
        "spent": budget.spent,
        "text": budget.text,
    }
