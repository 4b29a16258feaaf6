# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""maintenance_constraint: what is registered follows what is wanted, and nothing else is touched."""

from __future__ import annotations

import pytest

MODULE = "maintenance_constraint"
INSTANCE = {
    "instance_id": "i1", "group_id": "g1", "lead_time": 40, "max_interruption_time": 120, "migration_type": "MIGRATE",
    "resource_mitigation": True,
}  # fmt: skip
GROUP = {
    "group_id": "g1", "group_name": "db", "anti_affinity_group": True, "max_instances_per_host": 1, "max_impacted_members": 1,
    "recovery_time": 4, "resource_mitigation": True,
}  # fmt: skip
WANTED = {"instances": [INSTANCE], "groups": [GROUP]}


def stored(service, **record):
    return {**record, "project_id": service.pid}


@pytest.fixture
def hears(service):
    """The session API with these constraints of the project."""

    def declare(instances=(), groups=()):
        service.is_ours()
        answer = {"instances": [*instances], "instance_groups": [*groups]}
        service.expect("GET", "/constraints", query={"project_id": service.pid}, json=answer)

    return declare


def test_what_is_missing_is_written_the_groups_first(service, hears):
    hears()
    service.expect("PUT", "/instance_group/g1", body=stored(service, **GROUP), json={})
    service.expect("PUT", "/instance/i1", body=stored(service, **INSTANCE), json={})
    result = service.conversation.run(MODULE, WANTED)
    assert result["changed"]
    assert result[MODULE]["written"] == ["i1", "g1"]
    assert result["diff"] == {
        "before": {},
        "after": {"instance i1": stored(service, **INSTANCE), "instance_group g1": stored(service, **GROUP)},
    }


def test_what_is_equal_is_not_written(service, hears):
    hears([stored(service, **INSTANCE, more="kept")], [stored(service, **GROUP)])
    result = service.conversation.run(MODULE, WANTED)
    assert not result["changed"]
    assert result[MODULE]["instances"] == [stored(service, **INSTANCE, more="kept")]
    assert service.conversation.writes == []


def test_what_differs_is_written_with_what_else_was_registered(service, hears):
    hears([stored(service, **{**INSTANCE, "lead_time": 5}, more="kept")], [stored(service, **GROUP)])
    service.expect("PUT", "/instance/i1", body=stored(service, **INSTANCE, more="kept"), json={})
    result = service.conversation.run(MODULE, WANTED)
    assert result[MODULE]["written"] == ["i1"]
    assert result["diff"]["before"]["instance i1"]["lead_time"] == 5


def test_what_is_gone_is_removed_only_for_the_vnf(service, hears):
    gone = stored(service, **{**INSTANCE, "instance_id": "old"}, vnf_instance_id="v1")
    others = [stored(service, instance_id="x", group_id="g1"), stored(service, instance_id="y", vnf_instance_id="v2")]
    left = stored(service, **{**GROUP, "group_id": "g2"}, vnf_instance_id="v1")
    hears([stored(service, **INSTANCE, vnf_instance_id="v1"), gone, *others], [stored(service, **GROUP), left])
    service.expect("PUT", "/instance_group/g1", body=stored(service, **GROUP, vnf_instance_id="v1"), json={})
    service.expect("DELETE", "/instance/old", json={})
    service.expect("DELETE", "/instance_group/g2", json={})
    result = service.conversation.run(MODULE, {**WANTED, "vnf_instance_id": "v1"})
    assert (result["changed"], result[MODULE]["removed"]) == (True, ["old", "g2"])


@pytest.mark.parametrize("params", [{**WANTED, "vnf_instance_id": "v9"}, {**WANTED, "state": "absent"}])
def test_check_mode_writes_nothing(service, hears, params):
    hears([stored(service, **{**INSTANCE, "lead_time": 5})], [stored(service, **{**GROUP, "recovery_time": 9})])
    result = service.conversation.run(MODULE, params, check_mode=True)
    assert result["changed"]
    assert service.conversation.writes == []


def test_absent_removes_those_that_are_there(service, hears):
    hears([stored(service, **INSTANCE)])
    service.expect("DELETE", "/instance/i1", json={})
    result = service.conversation.run(MODULE, {"state": "absent", "instances": [{"instance_id": "i1"}, {"instance_id": "i2"}]})
    assert result[MODULE]["removed"] == ["i1"]
    hears()
    assert not service.conversation.run(MODULE, {"state": "absent", "instances": [{"instance_id": "i1"}]})["changed"]


def test_a_fenix_without_a_list_is_asked_for_each(service):
    service.is_fenix()
    service.expect("GET", "/instance/i1", json=stored(service, **INSTANCE))
    service.expect("GET", "/instance_group/g1", status=404, json={})
    service.expect("PUT", "/instance_group/g1", body=stored(service, **GROUP), status=204)
    result = service.conversation.run(MODULE, {**WANTED, "vnf_instance_id": "v1"})
    assert (result[MODULE]["written"], result[MODULE]["removed"]) == (["g1"], [])


def test_an_incomplete_constraint_is_refused_before_anything_is_called(service):
    result = service.conversation.run(MODULE, {"instances": [{"instance_id": "i1", "lead_time": 4}]})
    assert result["failed"]
    assert "instance i1 lacks max_interruption_time, migration_type, resource_mitigation" in result["msg"]


def test_a_refusal_is_said(service, hears):
    hears()
    service.expect("PUT", "/instance_group/g1", status=400, json={"error": "must be less", "field": "recovery_time"})
    result = service.conversation.run(MODULE, {"groups": [GROUP]})
    assert result["failed"]
    assert "recovery_time" in result["msg"]
