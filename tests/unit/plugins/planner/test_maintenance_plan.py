# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module around the planner: options, plan file, errors."""

from __future__ import annotations

import json
import subprocess

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.nfv.maintenance.plugins.modules import maintenance_plan


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


def test_a_new_file_is_for_its_owner_only_and_replaced_at_once(conversation, world, tmp_path):
    path = tmp_path / "plan.json"
    params = {"snapshot": world.doctor(), "path": str(path)}
    assert conversation.run("maintenance_plan", params, auth=False)["changed"]
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.stat().st_ino
    params["snapshot"]["instances"].pop()
    assert conversation.run("maintenance_plan", params, auth=False)["changed"]
    assert path.stat().st_ino != before
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["plan.json"]


def test_a_snapshot_file_does_as_well_as_the_snapshot(conversation, world, tmp_path):
    file = tmp_path / "cloud.json"
    file.write_text(json.dumps(world.doctor()))
    given = conversation.run("maintenance_plan", {"snapshot": world.doctor()}, auth=False)
    read = conversation.run("maintenance_plan", {"snapshot_file": str(file)}, auth=False)
    assert read["maintenance_plan"] == given["maintenance_plan"]
    assert read["operations"][0].startswith("1. project p removes 2 instances")


@pytest.mark.parametrize(("text", "words"), [(None, "Cannot read"), ("{", "Cannot read"), ("[]", "holds no JSON object")])
def test_a_snapshot_file_that_cannot_be_used_is_named(conversation, tmp_path, text, words):
    file = tmp_path / "cloud.json"
    if text is not None:
        file.write_text(text)
    result = conversation.run("maintenance_plan", {"snapshot_file": str(file)}, auth=False)
    assert result["failed"]
    assert words in result["msg"]
    assert str(file) in result["msg"]


def test_options_reach_the_planner(conversation, world):
    params = {
        "snapshot": world.doctor(4, ("nonha-3a", "nonha-3b")),
        "mode": "shortest_time",
        "durations": {"move": 30},
        "max_moves": 7,
        "on_blocker": "ask",
    }
    options = conversation.run("maintenance_plan", params, auth=False)["maintenance_plan"]["options"]
    assert (options["mode"], options["max_moves"], options["on_blocker"]) == ("shortest_time", 7, "ask")
    assert options["durations"] == {"move": 30, "host": 900, "wave": 60, "moves": {}, "hosts": {}}


def test_the_playbook_prints_operations_and_stops_where_a_decision_is_needed(world, tmp_path):
    cloud = world.doctor(3, ("nonha-2a", "nonha-2b"))
    cloud["instances"][0]["locked"] = True
    (tmp_path / "cloud.json").write_text(json.dumps(cloud))

    def run(*more):
        given = {
            "plan_maintenance_snapshot_file": str(tmp_path / "cloud.json"),
            "plan_maintenance_file": str(tmp_path / "plan.json"),
        }
        command = ["ansible-playbook", "nfv.maintenance.plan_maintenance", "-i", "localhost,", "-e", json.dumps(given), *more]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=120)

    stopped = run()
    assert stopped.returncode != 0
    assert "is locked" in stopped.stdout
    assert "Blockers: 1, see above. Nothing was changed in the cloud." in stopped.stdout
    skipped = run("-e", "rolling_host_maintenance_on_blocker=skip_host")
    assert skipped.returncode == 0, skipped.stdout
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert (plan["schema"], plan["skipped"]) == (2, ["compute-1"])
    assert '"1. work on compute-3' in skipped.stdout


def test_a_plan_file_is_followed_replanned_or_stopped_at(conversation, world, tmp_path):
    file, cloud = tmp_path / "plan.json", world.doctor(4, ("nonha-3a", "nonha-3b"))
    made = conversation.run("maintenance_plan", {"snapshot": cloud, "path": str(file), "seed": 3}, auth=False)
    assert (made["kept"], made["changes"]) == (False, [])
    params = {"snapshot": cloud, "follow_file": str(file), "on_change": "stop"}
    followed = conversation.run("maintenance_plan", params, auth=False)
    assert (followed["kept"], followed["changes"]) == (True, [])
    assert followed["maintenance_plan"]["waves"] == made["maintenance_plan"]["waves"]
    cloud["instances"][0]["locked"] = True
    stopped = conversation.run("maintenance_plan", params, auth=False)
    assert stopped["failed"]
    assert "is locked" in stopped["msg"]
    assert "Next: " in stopped["msg"]
    given = {"snapshot": cloud, "follow": made["maintenance_plan"]}
    replanned = conversation.run("maintenance_plan", given, auth=False)
    assert (replanned["kept"], replanned["failed"]) == (False, False)
    assert "is locked" in replanned["changes"][0]
    assert replanned["maintenance_plan"]["blockers"]


def test_what_is_not_as_it_was_planned_is_said_at_once(conversation, world):
    cloud = world.doctor(4, ("nonha-3a", "nonha-3b"))
    made = conversation.run("maintenance_plan", {"snapshot": cloud}, auth=False)["maintenance_plan"]
    cloud["instances"][0]["locked"] = True
    params = ArgumentSpecValidator(maintenance_plan.SPEC).validate({"snapshot": cloud, "follow": made}).validated_parameters
    lines: list[str] = []
    result = maintenance_plan.run(params, None, False, progress=lines.append)
    assert lines == [f"not as it was planned: {change}" for change in result.extra["changes"]]
    assert "is locked" in lines[0]


@pytest.mark.parametrize("text", [None, "{", "[]", "{}"])
def test_a_plan_file_that_cannot_be_used_is_named(conversation, world, tmp_path, text):
    file = tmp_path / "plan.json"
    if text is not None:
        file.write_text(text)
    result = conversation.run("maintenance_plan", {"snapshot": world.doctor(), "follow_file": str(file)}, auth=False)
    assert result["failed"]
    assert "plan" in result["msg"]
