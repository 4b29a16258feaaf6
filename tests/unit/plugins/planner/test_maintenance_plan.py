# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module around the planner: options, plan file, errors."""

from __future__ import annotations

import json


def test_it_needs_no_cloud_and_returns_the_plan(conversation, world):
    result = conversation.run("maintenance_plan", {"snapshot": world.doctor()}, auth=False)
    assert (result["failed"], result["changed"]) == (False, False)
    assert result["maintenance_plan"]["room"]["scale_in"] == {"p": 2}


def test_the_file_is_written_once_and_diffed(conversation, world, tmp_path):
    path = tmp_path / "plan.json"
    params = {"snapshot": world.doctor(), "path": str(path)}
    assert conversation.run("maintenance_plan", params, auth=False, check_mode=True)["changed"]
    assert not path.exists()
    result = conversation.run("maintenance_plan", params, auth=False)
    assert result["changed"]
    assert json.loads(path.read_text()) == result["maintenance_plan"]
    assert not result["diff"]["before"]
    assert result["diff"]["after"] == path.read_text()
    assert not conversation.run("maintenance_plan", params, auth=False)["changed"]
    params["snapshot"]["instances"].pop()
    result = conversation.run("maintenance_plan", params, auth=False)
    assert result["changed"]
    assert result["diff"]["before"] != result["diff"]["after"]


def test_a_path_that_cannot_be_used_is_named(conversation, world, tmp_path):
    result = conversation.run("maintenance_plan", {"snapshot": world.doctor(), "path": str(tmp_path)}, auth=False)
    assert result["failed"]
    assert str(tmp_path) in result["msg"]


def test_what_cannot_be_planned_is_told_in_a_sentence(conversation, world):
    result = conversation.run("maintenance_plan", {"snapshot": world.doctor(), "hosts": ["nowhere"]}, auth=False)
    assert result["failed"]
    assert result["msg"].startswith("Cannot plan: Not in the snapshot: host nowhere. Known hosts: compute-1, ")
