# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules of the VNF side against the lab; what they claim is looked up in the lab itself."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
import requests
import yaml

from lab.stack import Stack

MODULES = "ansible_collections.nfv.maintenance.plugins.modules"
SECRET = "a-secret-of-the-webhook"
URL = f"http://aodh:{SECRET}@127.0.0.1:9/v1.0/vnfs/web/maintenance/p"
HIDDEN = "http://aodh:********@127.0.0.1:9/v1.0/vnfs/web/maintenance/p"
RECORD = "nfv.maintenance:test"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("vnf-modules"), speed=20)
    try:
        stack.start_lab()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def module(lab):
    """Runs a module as Ansible does, in a process of its own."""

    def run(name, /, check_mode=False, cloud="lab-vnf", **options):
        arguments = {"cloud": cloud, **options, "_ansible_check_mode": check_mode, "_ansible_diff": True}
        done = subprocess.run(
            [sys.executable, "-m", f"{MODULES}.{name}"], input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
            env=lab.env, cwd=lab.folder, text=True, capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.stdout, done.stderr
        assert SECRET not in done.stdout + done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture
def vnf(lab, module):
    """The VNF of the topology at its first level, with its servers."""
    [instance] = module("vnf_instance_info", id=lab.vnf["id"])["vnf_instances"]
    yield instance
    status = {entry["aspectId"]: entry["scaleLevel"] for entry in instance["instantiated_vnf_info"]["scaleStatus"]}
    for aspect, level in status.items():
        module("vnf_scale", vnf_instance_id=lab.vnf["id"], aspect_id=aspect, level=level)


def servers_of(lab):
    return {server["id"] for server in lab.control("GET", "state")["servers"]}


def alarms_of(lab, cloud="lab-vnf"):
    headers = {"X-Auth-Token": lab.token(cloud), "Accept": "application/json"}
    return requests.get(f"{lab.lab_url}/alarming/v2/alarms", headers=headers, timeout=10).json()


def test_an_alarm_through_its_life(lab, module):
    wanted = {"name": "life", "alarm_actions": [URL]}
    name = "aodh_maintenance_alarm"
    assert module(name, check_mode=True, **wanted)["changed"]
    assert [alarm for alarm in alarms_of(lab) if alarm["name"] == "life"] == []

    made = module(name, **wanted)
    assert made["changed"]
    assert made[name]["alarm_actions"] == [HIDDEN]
    [alarm] = [alarm for alarm in alarms_of(lab) if alarm["name"] == "life"]
    assert alarm["alarm_actions"] == [URL]
    assert alarm["event_rule"]["event_type"] == "maintenance.scheduled"
    assert alarm["repeat_actions"] is True
    assert not module(name, **wanted)["changed"]

    [found] = module(f"{name}_info", name="life")[f"{name}s"]
    assert found == made[name]
    mended = module(name, **wanted, severity="critical", repeat_actions=False)
    assert (mended["changed"], mended[name]["severity"], mended[name]["repeat_actions"]) == (True, "critical", False)

    assert module(name, name="life", state="absent")["changed"]
    assert not module(name, name="life", state="absent")["changed"]
    assert [alarm for alarm in alarms_of(lab) if alarm["name"] == "life"] == []


def test_an_administrator_subscribes_another_project(lab, module):
    project = lab.vnf["project_id"]
    wanted = {"name": "theirs", "alarm_actions": [URL], "project_id": project, "cloud": "lab-admin"}
    assert module("aodh_maintenance_alarm", **wanted)["aodh_maintenance_alarm"]["project_id"] == project
    assert not module("aodh_maintenance_alarm", **wanted)["changed"]
    assert "theirs" in [alarm["name"] for alarm in alarms_of(lab)]
    assert module("aodh_maintenance_alarm_info", name="theirs", cloud="lab-admin")["aodh_maintenance_alarms"] == []
    everybodys = module("aodh_maintenance_alarm_info", name="theirs", cloud="lab-admin", all_projects=True)
    assert [alarm["project_id"] for alarm in everybodys["aodh_maintenance_alarms"]] == [project]
    assert module("aodh_maintenance_alarm", **{**wanted, "state": "absent"})["changed"]


def test_only_an_administrator_sees_all_projects(module):
    result = module("aodh_maintenance_alarm_info", all_projects=True)
    assert result["failed"]
    assert result["failure"]["status"] == 403


def test_instances_and_their_servers(lab, module, vnf):
    assert {server["id"] for server in vnf["servers"]} <= servers_of(lab)
    assert all(server["vnfc_info_id"] for server in vnf["servers"])
    by_filter = module("vnf_instance_info", filter=f"(eq,vnfInstanceName,{vnf['vnf_instance_name']});(eq,id,{vnf['id']})")
    assert by_filter["vnf_instances"] == [vnf]
    assert module("vnf_instance_info", name=vnf["vnf_instance_name"])["vnf_instances"] == [vnf]
    assert module("vnf_instance_info", id="unknown")["vnf_instances"] == []


def test_scaled_in_and_restored(lab, module, vnf):
    aspect = {"vnf_instance_id": vnf["id"], "aspect_id": lab.vnf["aspect"]}
    before = servers_of(lab)
    planned = module("vnf_scale", check_mode=True, **aspect, steps=-1, record=RECORD)["vnf_scale"]
    assert servers_of(lab) == before

    done = module("vnf_scale", **aspect, level=planned["level"], record=RECORD)
    assert done["changed"]
    gone = done["vnf_scale"]["removed"]
    assert len(gone) == lab.vnf["aspects"][aspect["aspect_id"]]["step"]
    assert servers_of(lab) == before - set(gone)
    assert not module("vnf_scale", **aspect, level=planned["level"], record=RECORD)["changed"]
    [now] = module("vnf_instance_info", id=vnf["id"])["vnf_instances"]
    assert re.fullmatch(rf"{aspect['aspect_id']}@[0-9a-f]{{8}}={planned['level_before']}", now["metadata"][RECORD])

    back = module("vnf_scale", **aspect, state="restored", record=RECORD)
    assert (back["changed"], back["vnf_scale"]["level"]) == (True, planned["level_before"])
    assert len(servers_of(lab)) == len(before)
    assert not module("vnf_scale", **aspect, state="restored", record=RECORD)["changed"]
    [now] = module("vnf_instance_info", id=vnf["id"])["vnf_instances"]
    assert RECORD not in now["metadata"]


def test_two_who_scale_at_once_do_not_spoil_each_other(lab, module, vnf):
    aspect = {"vnf_instance_id": vnf["id"], "aspect_id": lab.vnf["aspect"]}
    top = lab.vnf["aspects"][aspect["aspect_id"]]["max_level"]
    started = module("vnf_scale", **aspect, level=top - 2, wait=False)
    assert started["vnf_scale"]["op_occ_id"]
    done = module("vnf_scale", **aspect, level=top)
    assert done["vnf_scale"]["level_before"] == top - 2
    assert done["vnf_scale"]["level"] == top


def test_the_bounds_of_the_aspect(lab, module, vnf):
    before = servers_of(lab)
    result = module("vnf_scale", vnf_instance_id=vnf["id"], aspect_id=lab.vnf["aspect"], level=99)
    assert "cannot be at level 99: the levels are 0 to" in result["msg"]
    assert servers_of(lab) == before


def test_a_vnf_manager_that_is_away_for_a_moment(lab, module, vnf):
    """Looks at an operation may fail; the operation goes on."""
    aspect = {"vnf_instance_id": vnf["id"], "aspect_id": lab.vnf["aspect"]}
    present = module("vnf_scale", check_mode=True, **aspect, level=0)["vnf_scale"]["level_before"]
    match = {"service": "nfv-orchestration", "path": ".*/vnf_lcm_op_occs/.*", "method": "GET"}
    fault = lab.control("POST", "faults", {"kind": "http_error", "match": match, "status": 503, "times": 3})
    # With user data given, the first look at a single op occ is the one that follows the order.
    given = {"lcm-operation-user-data": "x", "lcm-operation-user-data-class": "y"}
    result = module("vnf_scale", **aspect, level=present - 1, additional_params=given)
    assert result["changed"], result
    assert [each["left"] for each in lab.control("GET", "faults")["faults"] if each["id"] == fault["id"]] in ([], [0])


def test_a_switch_over(lab, module, vnf):
    group = [server["id"] for server in vnf["servers"] if server["vdu_id"] == lab.vnf["vdus"][0]]
    place = {"floating_ip": lab.vnf["floating_ip"], "members": group}
    [before] = module("vnf_active_member_info", **place)["vnf_active_members"]
    assert before["active"] in group
    assert [member["id"] for member in before["members"] if member["active"]] == [before["active"]]
    assert not module("vnf_active_member", **place)["changed"]

    avoid = [before["active"]]
    assert module("vnf_active_member", check_mode=True, **place, avoid=avoid)["changed"]
    assert module("vnf_active_member_info", **place)["vnf_active_members"][0]["active"] == before["active"]
    moved = module("vnf_active_member", **place, avoid=avoid)
    assert moved["changed"]
    assert moved["vnf_active_member"]["previous"] == before["active"]
    assert moved["vnf_active_member"]["active"] in set(group) - set(avoid)
    assert not module("vnf_active_member", **place, avoid=avoid)["changed"]
    names = {server["id"]: server["name"] for server in lab.control("GET", "state")["servers"]}
    [service] = [each for each in lab.control("GET", "state")["services"] if each["vnf_id"] == vnf["id"]]
    assert service["server"] == names[moved["vnf_active_member"]["active"]]
    assert service["up"]

    nobody = module("vnf_active_member", **place, avoid=group)
    assert nobody["failed"]
    assert all(f"{member}: to be avoided" in nobody["msg"] for member in group)


def test_a_playbook_as_users_write_it(lab, vnf):
    alarm = {"name": "playbook", "alarm_actions": ["{{ url }}"]}
    aspect = {"vnf_instance_id": vnf["id"], "aspect_id": lab.vnf["aspect"], "level": 1}
    tasks = [
        {"name": "Subscribe", "nfv.maintenance.aodh_maintenance_alarm": alarm, "register": "first"},
        {"name": "Subscribe again", "nfv.maintenance.aodh_maintenance_alarm": alarm, "register": "second"},
        {"name": "Scale", "nfv.maintenance.vnf_scale": aspect, "register": "scaled"},
        {"name": "Read", "nfv.maintenance.vnf_instance_info": {"id": vnf["id"]}, "register": "read"},
        {"name": "Check", "ansible.builtin.assert": {"that": [
            "first.changed", "not second.changed", "scaled.changed", "read.vnf_instances | length == 1",
            "read.vnf_instances[0].servers | length == scaled.vnf_scale.vnfcs",
        ]}},
    ]  # fmt: skip
    play = {
        "hosts": "localhost", "gather_facts": False, "connection": "local",
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}", "url": URL},
        "module_defaults": {"group/nfv.maintenance.openstack": {"cloud": "lab-vnf"}}, "tasks": tasks,
    }  # fmt: skip
    path = lab.folder / "vnf-modules.yml"
    path.write_text(yaml.safe_dump([play]))
    done = lab.run_playbook(str(path), "-vvv", "--diff")
    assert done.returncode == 0, done.stdout + done.stderr
    assert HIDDEN in done.stdout
    assert SECRET not in done.stdout + done.stderr
