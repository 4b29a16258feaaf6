# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work that takes longer than the window: the role asks for more time, or refuses before the deadline."""

from __future__ import annotations

import contextlib

from tests.unit.plugins.maintenance.source_stand_in import Source


def scaling(owner, seconds):
    return {owner.vnfs["one"]["id"]: {"scale": [{"aspect_id": "worker", "seconds": seconds}]}, "default": {}}


def test_work_that_is_known_to_take_longer_gets_more_time_before_it_begins(owner, session):
    before = owner.level("one")
    session.state("SCALE_IN")
    asked = session.ask("SCALE_IN", owner.servers("one"), window=60)
    with contextlib.closing(Source()) as source:
        owner.handle(owner.hint(asked, delivery=source.delivery()), vnf_maintenance_policies=scaling(owner, 300))
    found = session.message(asked["id"])
    assert (found["reply"]["state"], owner.level("one")) == ("ACK_SCALE_IN", before - 1)
    told = [body for body in source.bodies if body["state"] == "extended"]
    assert told == [{"attempt": 1, "state": "extended", "reply_at": found["reply_at"]}], "the source gives it up later too"
    assert 240 <= found["extended"] <= 300, "what was missing"
    texts = [one["text"] for one in session.call("GET", f"sessions/{session.id}/events")["events"]]
    assert any("more for SCALE_IN because it takes 300 s and" in text for text in texts)
    session.state("START_MAINTENANCE")
    session.state("MAINTENANCE_COMPLETE")
    owner.handle(owner.hint(session.ask("MAINTENANCE_COMPLETE", [])), vnf_maintenance_policies=scaling(owner, 0))


def test_without_more_time_it_is_refused_in_time_and_not_begun(owner, session):
    before = owner.level("one")
    session.state("SCALE_IN")
    asked = session.ask("SCALE_IN", owner.servers("one"), window=60)
    owner.handle(owner.hint(asked), vnf_maintenance_policies=scaling(owner, 5000))
    found = session.message(asked["id"])
    assert (found["status"], found["extended"], owner.level("one")) == ("refused", 0, before)
    assert found["reason"].startswith("it takes 5000 s and ")
    assert "More time was not granted: " in found["reason"]
    assert "a message is extended by 600 seconds at most" in found["reason"]
    assert found["replied_at"] < found["reply_at"]
    assert owner.records("one") == {}


def test_whoever_never_asks_refuses(owner, session):
    session.state("SCALE_IN")
    asked = session.ask("SCALE_IN", owner.servers("one"), window=60)
    owner.handle(owner.hint(asked), vnf_maintenance_policies=scaling(owner, 300), vnf_maintenance_extension=0)
    found = session.message(asked["id"])
    assert (found["status"], found["extended"]) == ("refused", 0)


def test_scaling_whose_time_is_over_is_gone_on_with(owner, session):
    before = owner.level("one")
    session.state("SCALE_IN")
    asked = session.ask("SCALE_IN", owner.servers("one"), window=60)
    owner.handle(owner.hint(asked), vnf_maintenance_policies=scaling(owner, 0), vnf_maintenance_reply_margin=60)
    found = session.message(asked["id"])
    assert (found["reply"]["state"], found["extended"]) == ("ACK_SCALE_IN", 120)
    assert owner.level("one") == before - 1
    session.state("START_MAINTENANCE")
    session.state("MAINTENANCE_COMPLETE")
    owner.handle(owner.hint(session.ask("MAINTENANCE_COMPLETE", [])), vnf_maintenance_policies=scaling(owner, 0))
