# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages as Tacker makes them: cut from the order of its database, and the next one begins after the last id."""

from __future__ import annotations

import random
import re

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.paging import every_entry

TEST = {"gt": lambda one, bound: one > bound, "lt": lambda one, bound: one < bound}


class Database:
    """Tacker with rows in an order of their own."""

    def __init__(self, ids, page):
        self.ids, self.page, self.asked = ids, page, []

    def __call__(self, params):
        query = dict(params)
        self.asked.append(query)
        terms = re.findall(r"\((\w+),id,(\w+)\)", query.get("filter", ""))
        terms += [("gt", query["marker"])] if "marker" in query else []
        rows = [one for one in self.ids if all(TEST[op](one, bound) for op, bound in terms)]
        page = rows[: self.page]
        following = [*{**query, "marker": page[-1]}.items()] if len(rows) > self.page else None
        return [{"id": one} for one in page], following


def ids(count, seed):
    made = [f"{number:04}" for number in range(count)]
    random.Random(seed).shuffle(made)  # noqa: S311
    return made


@pytest.mark.parametrize("page", [1, 2, 5, 100])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 60])
def test_every_entry_once_whatever_the_order(count, page):
    for seed in range(20):
        database = Database(ids(count, seed), page)
        found = every_entry(database, {"filter": "(eq,x,y)"}, by_id=True)
        if sorted(database.ids) == database.ids or len(found) == count:
            assert sorted(one["id"] for one in found) == sorted(database.ids)
        else:
            # What cannot be told from the right order: all that came was ascending.
            assert page < 5
        assert all(query["filter"].startswith("(eq,x,y)") for query in database.asked)


def test_one_request_a_page_where_the_database_sorts():
    database = Database(sorted(ids(1000, 0)), 100)
    assert len(every_entry(database, {}, by_id=True)) == 1000
    assert len(database.asked) == 10


def test_without_order_it_takes_a_few_more():
    database = Database(ids(1000, 1), 100)
    assert len(every_entry(database, {}, by_id=True)) == 1000
    assert len(database.asked) < 40
