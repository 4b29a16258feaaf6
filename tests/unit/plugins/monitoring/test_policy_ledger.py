# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the ledger is, and the same promises in PostgreSQL."""

from __future__ import annotations

import dataclasses
import stat
import threading

import pytest
import sqlalchemy as sa
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring.findings import Finding, Unusable
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring.ledger import Ledger, tables

from tests.postgresql import database, server

from .conftest import World

RUNS = 6


@pytest.fixture(scope="module")
def postgresql():
    with server() as url:
        yield url


def test_workers_that_share_a_postgresql_make_one_heal(postgresql):
    place = database(postgresql).replace("postgresql+psycopg", "postgresql")
    decided = []
    together = threading.Barrier(RUNS)

    def run():
        together.wait()
        ledger = Ledger(place)
        world = World(ledger)
        decided.extend(world.begin(world.event()))
        ledger.close()

    threads = [threading.Thread(target=run) for _number in range(RUNS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(one["decision"] for one in decided) == ["act"] + ["running"] * (RUNS - 1)
    world = World(Ledger(place))
    assert [one["reported"] for one in world.incidents()] == [RUNS]
    assert world.end(next(one for one in decided if one["decision"] == "act"), reason="healed")
    world.limits = dataclasses.replace(world.limits, cooldown=0)
    assert [one["decision"] for one in world.begin(world.event())] == ["done"]
    world.ledger.close()


def test_a_file_is_read_by_its_owner_alone(tmp_path):
    place = tmp_path / "new" / "incidents.sqlite"
    Ledger(str(place)).close()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700


def test_a_password_does_not_stand_in_the_url():
    with pytest.raises(CollectionError, match="PGPASSFILE") as raised:
        Ledger("postgresql://monitor:topsecret@db.example/incidents")
    assert "topsecret" not in str(raised.value)


@pytest.mark.parametrize(
    ("place", "said"),
    [("mysql://db.example/x", "a postgresql:// URL"), ("postgresql://monitor@127.0.0.1:9/x", "The ledger postgresql"),
     ("/dev/null/x", "The ledger /dev/null/x cannot be used")],
    ids=["other", "away", "no-folder"],
)  # fmt: skip
def test_what_cannot_be_a_ledger(place, said):
    with pytest.raises(CollectionError, match=said):
        Ledger(place)


def test_a_ledger_of_another_version(tmp_path):
    place = str(tmp_path / "incidents.sqlite")
    ledger = Ledger(place)
    with ledger.transaction() as db:
        db.execute(sa.update(tables.settings).values(value="0"))
    ledger.close()
    with pytest.raises(CollectionError, match="has version 0, and only 1 is known here"):
        Ledger(place)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"vnf": None}, "vnf is None, not a mapping"),
        ({"vnf": {"id": "x" * 300}}, "vnf.id is .* no text of 1 to 255 characters"),
        ({"to": "broken"}, "to is 'broken'; known: up, down, degraded, unknown"),
        ({"at": "soon"}, "at is 'soon'"),
        ({"generation": -1}, "generation is -1"),
        ({"actions": [{"name": "respawn", "url": "http://x"}]}, "action respawn has 'url'; known: whole_vnf, storage"),
        ({"actions": [{"name": "scale_out", "steps": 0}]}, "steps of action scale_out is 0; 1 to 100"),
        ({"actions": [{"name": "scale_out", "steps": True}]}, "steps of action scale_out is True"),
        ({"actions": ["reboot"]}, "action 'reboot' is unknown"),
        ({"actions": ["log"] * 11}, "no list of at most 10"),
    ],
    ids=["vnf", "long", "state", "time", "generation", "option", "steps", "bool", "action", "many"],
)
def test_an_event_that_cannot_be_used_is_said_with_its_part(tmp_path, change, said):
    world = World(Ledger(str(tmp_path / "x.sqlite")))
    with pytest.raises(Unusable, match=said):
        Finding.read({**world.event(), **change})
    world.ledger.close()


def test_no_text_of_an_event_is_a_template(world):
    event = world.event(actions=["log"], evidence={"error": "{{ 1 }}"})
    event["vnf"]["name"] = "{% x %}"
    finding = Finding.read(event)
    assert (finding.vnf_name, finding.facts["evidence"]) == ("(% x %}", {"error": "({ 1 }}"})
