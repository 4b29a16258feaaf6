# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""maintenance_constraint_info: what was registered."""

from __future__ import annotations

INSTANCE = {"instance_id": "i1", "project_id": "p", "group_id": "g1", "migration_type": "MIGRATE", "lead_time": 40}
GROUP = {"group_id": "g1", "project_id": "p", "max_impacted_members": 1, "recovery_time": 4}


def test_constraints_are_returned(conversation):
    conversation.expect("GET", "/maintenance/v1/sessions", json={"sessions": []})
    answer = {"instances": [INSTANCE], "instance_groups": [GROUP]}
    conversation.expect("GET", "/maintenance/v1/constraints", query={"project_id": "p"}, json=answer)
    result = conversation.run("maintenance_constraint_info", {"project_id": "p"})
    assert result["maintenance_constraints"] == {"instances": [INSTANCE], "groups": [GROUP]}
    assert conversation.writes == []


def test_a_fenix_has_no_list_of_constraints(conversation):
    conversation.expect("GET", "/maintenance/v1/sessions", status=404, json={"message": "not found"})
    result = conversation.run("maintenance_constraint_info")
    assert result["maintenance_constraints"] == {"instances": [], "groups": []}


def test_a_refusal_is_said(conversation):
    conversation.expect("GET", "/maintenance/v1/sessions", status=403, json={"error": "the role admin is needed"})
    result = conversation.run("maintenance_constraint_info")
    assert result["failed"]
    assert "the role admin is needed" in result["msg"]


def test_whoever_wants_to_look_before_there_is_a_service_is_warned(conversation):
    del conversation.services["maintenance"]
    refused = conversation.run("maintenance_constraint_info")
    assert refused["failed"]
    result = conversation.run("maintenance_constraint_info", {"missing_service": "warn"})
    assert result["maintenance_constraints"] == {"instances": [], "groups": []}
    [warning] = result["warnings"]
    assert "no maintenance service" in warning
    assert "Next: " in warning


def test_a_service_that_is_away_is_no_missing_one(conversation):
    conversation.expect("GET", "/maintenance/v1/sessions", status=500, json={"message": "broken"})
    assert conversation.run("maintenance_constraint_info", {"missing_service": "warn"})["failed"]
