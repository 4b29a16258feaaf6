# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new alarm is overlooked while Aodh still has the project's alarms in its cache, by the real one and by the lab's."""

from __future__ import annotations

import time
import typing as t

import pytest
from services_under_test import OpenStack

from tests.contract import sites
from tests.waiting import until

TTL = 5
EVENT = "maintenance.scheduled"


def seconds_overlooked(site: sites.Site) -> float:
    """How long after Aodh has read a project's alarms a younger alarm does not fire yet."""
    project = site.project("demo2")
    made = []

    def alarm(name: str) -> str:
        query = [{"field": "traits.project_id", "type": "string", "op": "eq", "value": project}]
        body = {"name": f"contract {name}", "type": "event", "event_rule": {"event_type": EVENT, "query": query}}
        made.append(str(site.ask("POST", "alarming", "/v2/alarms", user="demo2", json=body)["alarm_id"]))
        return made[-1]

    def fired(which: str) -> bool:
        return bool(site.ask("GET", "alarming", f"/v2/alarms/{which}/state", user="demo2") == "alarm")

    def told_until_fired(which: str) -> float:
        def tell() -> float | None:
            sent = time.monotonic()
            site.emit(EVENT, {"service": "fenix", "project_id": project, "session_id": "s", "state": "MAINTENANCE"})
            return sent if fired(which) else None

        return until(f"alarm {which} in state alarm", tell, limit=4 * TTL, every=0.3)

    try:
        read = told_until_fired(alarm("old"))
        return told_until_fired(alarm("young")) - read
    finally:
        for one in made:
            site.ask("DELETE", "alarming", f"/v2/alarms/{one}", user="demo2")


@pytest.fixture
def real(openstack: OpenStack) -> t.Iterator[sites.Site]:
    """The real services, with a cache."""
    config = openstack.folder / "etc" / "aodh" / "aodh.conf"
    before = config.read_text()
    assert "event_alarm_cache_ttl = 0" in before
    try:
        config.write_text(before.replace("event_alarm_cache_ttl = 0", f"event_alarm_cache_ttl = {TTL}"))
        openstack.service("stop", "aodh-listener")
        openstack.service("start", "aodh-listener")
        secret = (openstack.folder / "secret").read_text().strip()
        emit = sites.bus(f"rabbit://openstack:{secret}@127.0.0.1:{openstack.port('AMQP')}/")
        yield sites.Site({user: openstack.auth(user) for user in sites.USERS}, emit)
    finally:
        config.write_text(before)
        openstack.service("stop", "aodh-listener")
        openstack.service("start", "aodh-listener")


def test_a_new_alarm_is_overlooked_for_as_long_by_the_lab_as_by_the_real_aodh(real, tmp_path):
    seen = {"real": seconds_overlooked(real)}
    topology = tmp_path / "topology.yaml"
    topology.write_text((sites.HERE / "topology.yaml").read_text().replace("alarm_cache_ttl: 0", f"alarm_cache_ttl: {TTL}"))
    with sites.lab(tmp_path / "lab", topology) as lab:
        seen["lab"] = seconds_overlooked(lab)
    assert TTL - 1 <= seen["real"] <= TTL + 3, seen
    assert TTL - 1 <= seen["lab"] <= TTL + 3, seen
