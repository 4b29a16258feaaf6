# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who waits for whom: messages about the same VNF are handled one after the other; pure (private to this collection)."""

from __future__ import annotations

import typing as t

Dict = dict[str, t.Any]


def maintenance_turns(decisions: t.Iterable[Dict], hints: t.Iterable[Dict]) -> list[list[Dict]]:
    """What wants an action, in groups that share no VNF.

    :param decisions: those that are not quick, in the order in which they are to be handled.
    :param hints: with their deliveries.
    :returns: groups of ``decision`` and its ``deliveries``.
    """
    by_id = {hint["delivery"]["id"]: hint["delivery"] for hint in hints if hint.get("delivery")}
    groups: list[tuple[set[str], list[int]]] = []
    turns = []
    for number, decision in enumerate(decisions):
        own = [by_id[one] for one in decision["message"].get("deliveries") or [] if one in by_id]
        turns.append({"decision": decision, "deliveries": own})
        vnf_ids = set(decision["touched"])
        joined = [group for group in groups if group[0] & vnf_ids]
        groups = [group for group in groups if not group[0] & vnf_ids]
        groups.append((vnf_ids.union(*(group[0] for group in joined)), [*(n for group in joined for n in group[1]), number]))
    return [[turns[number] for number in sorted(numbers)] for _vnf_ids, numbers in sorted(groups, key=lambda one: min(one[1]))]
