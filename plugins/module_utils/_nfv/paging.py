# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that come in pages (private to this collection).

The marker of Tacker's next page means "ids after this one", but no order is asked of its database. Where that does not sort by id
by itself, some entries come twice and others never.
"""

from __future__ import annotations

import itertools
import typing as t

# An entry in Tacker's own words.
Raw = dict[str, t.Any]
Params = list[tuple[str, str]]
# One page: its entries, and the query of the next one if there is more.
Ask = t.Callable[[Params], tuple[list[Raw], t.Optional[Params]]]  # noqa: UP045 (pylint does not know | here)


def every_entry(ask: Ask, query: t.Mapping[str, str], *, by_id: bool) -> list[Raw]:
    """All entries of a list, each once.

    :param by_id: whether entries have an ``id`` that the filter understands; then pages without order are made up for.
    """
    found: list[Raw] = []
    asked: list[Params] = []
    params: Params = [*query.items()]
    while params not in asked:
        asked.append(params)
        entries, following = ask(params)
        found.extend(entries)
        if following is None:
            break
        if by_id and not _in_order(found):
            return _between(ask, query, None, None)
        params = following
    return found


def _between(ask: Ask, query: t.Mapping[str, str], lowest: str | None, highest: str | None) -> list[Raw]:
    """The entries whose ids lie between two others, which are not among them."""
    bounds = [f"({op},id,{value})" for op, value in (("gt", lowest), ("lt", highest)) if value is not None]
    terms = [query["filter"], *bounds] if query.get("filter") else bounds
    entries, following = ask([*{**query, **({"filter": ";".join(terms)} if terms else {})}.items()])
    if following is None or not entries:
        return entries
    middle = sorted(entries, key=lambda entry: str(entry["id"]))[len(entries) // 2]
    below = _between(ask, query, lowest, str(middle["id"]))
    return [*below, middle, *_between(ask, query, str(middle["id"]), highest)]


def _in_order(entries: t.Sequence[Raw]) -> bool:
    ids = [str(entry.get("id")) for entry in entries]
    return all(one < other for one, other in itertools.pairwise(ids))
