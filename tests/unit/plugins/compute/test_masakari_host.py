# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""masakari_host and masakari_host_info on the wire: what others have muted stays so."""

from __future__ import annotations

import pytest

ROOT = "/instance-ha/v1"
HOSTS = f"{ROOT}/segments/seg-1/hosts"
MARK = "[on_maintenance by nfv.maintenance session s-1]"
MUTE = {"hosts": ["compute-1"], "on_maintenance": True, "session_id": "s-1"}
UNMUTE = {"hosts": ["compute-1"], "on_maintenance": False, "session_id": "s-1"}


def host(name="compute-1", on_maintenance=False, text="SSH"):
    return {
        "id": 7, "uuid": f"uuid-{name}", "name": name, "failover_segment_id": "seg-1", "type": "COMPUTE", "reserved": False,
        "control_attributes": text, "on_maintenance": on_maintenance, "updated_at": None,
    }  # fmt: skip


@pytest.fixture
def masakari(conversation):
    conversation.services["instance-ha"] = "http://cloud.example/instance-ha/v1"

    def holds(*hosts):
        conversation.expect("GET", f"{ROOT}/segments", json={"segments": [{"uuid": "seg-1", "name": "rack 1"}]})
        conversation.expect("GET", f"{ROOT}/segments", json={"segments": []}, query={"limit": "500", "marker": "seg-1"})
        conversation.expect("GET", HOSTS, json={"hosts": [*hosts]}, query={"limit": "500"})
        conversation.expect("GET", HOSTS, json={"hosts": []})
        return conversation

    return holds


def written(talk, on_maintenance, text, name="compute-1"):
    body = {"host": {"on_maintenance": on_maintenance, "control_attributes": text}}
    talk.expect("PUT", f"{HOSTS}/uuid-{name}", body=body, json={"host": host(name, on_maintenance, text)})


@pytest.mark.parametrize(("before", "marked"), [("SSH", f"SSH {MARK}"), (None, MARK), ("", MARK)])
def test_a_host_is_muted_and_marked_in_one_call(masakari, before, marked):
    talk = masakari(host(text=before), host("compute-2"))
    written(talk, True, marked)
    result = talk.run("masakari_host", MUTE)
    assert (result["failed"], result["changed"]) == (False, True)
    (shown,) = result["masakari_hosts"]
    assert (shown["on_maintenance"], shown["session_id"], shown["control_attributes"]) == (True, "s-1", before or "")
    assert result["diff"]["after"]["compute-1"]["on_maintenance"] is True


def test_it_gets_its_own_text_back(masakari):
    talk = masakari(host(on_maintenance=True, text=f"SSH {MARK}"))
    written(talk, False, "SSH")
    assert talk.run("masakari_host", UNMUTE)["changed"]


@pytest.mark.parametrize("params", [MUTE, UNMUTE])
@pytest.mark.parametrize("text", ["SSH", "SSH [on_maintenance by nfv.maintenance session s-2]"])
def test_what_somebody_else_has_muted_is_left_alone(masakari, params, text):
    result = masakari(host(on_maintenance=True, text=text)).run("masakari_host", params)
    assert (result["failed"], result["changed"]) == (False, False)
    assert result["masakari_hosts"][0]["on_maintenance"]


def test_the_same_again_changes_nothing(masakari):
    assert not masakari(host(on_maintenance=True, text=f"SSH {MARK}")).run("masakari_host", MUTE)["changed"]
    assert not masakari(host()).run("masakari_host", UNMUTE)["changed"]


def test_check_mode_writes_nothing(masakari):
    talk = masakari(host())
    result = talk.run("masakari_host", MUTE, check_mode=True)
    assert result["changed"]
    assert result["masakari_hosts"][0]["session_id"] == "s-1"
    assert talk.writes == []


def test_without_hosts_all_of_the_session_are_unmuted(masakari):
    other = "SSH [on_maintenance by nfv.maintenance session s-2]"
    talk = masakari(host(on_maintenance=True, text=f"SSH {MARK}"), host("compute-2", True, other), host("compute-3", True, MARK))
    written(talk, False, "SSH")
    written(talk, False, "", "compute-3")
    assert talk.run("masakari_host", {"on_maintenance": False, "session_id": "s-1"})["changed"]


def test_what_nobody_said_is_an_error(conversation):
    assert "session_id" in conversation.run("masakari_host", {"hosts": ["compute-1"], "on_maintenance": True})["msg"]
    assert conversation.run("masakari_host", {"on_maintenance": False})["failed"]


def test_a_failure_that_is_worked_at_is_waited_for(masakari, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    talk = masakari(host())
    busy = {"conflictingRequest": {"code": 409, "message": "it is in-use to process notifications."}}
    talk.expect("PUT", f"{HOSTS}/uuid-compute-1", status=409, json=busy)
    written(talk, True, f"SSH {MARK}")
    assert talk.run("masakari_host", MUTE)["changed"]
    talk = masakari(host())
    talk.expect("PUT", f"{HOSTS}/uuid-compute-1", status=409, json=busy)
    result = talk.run("masakari_host", {**MUTE, "timeout": 0})
    for words in ("compute-1", "in-use to process notifications", "Next: ", "openstack notification list"):
        assert words in result["msg"]


def test_a_host_or_a_cloud_without_masakari(masakari, conversation):
    result = masakari(host("compute-2")).run("masakari_host", MUTE)
    for words in ("no host compute-1", "compute-2", "Next: "):
        assert words in result["msg"]
    result = masakari(host("compute-2")).run("masakari_host", {**MUTE, "ignore_missing": True})
    assert (result["failed"], result["missing"], result["masakari_is_there"]) == (False, ["compute-1"], True)
    del conversation.services["instance-ha"]
    assert "no Masakari" in conversation.run("masakari_host", MUTE)["msg"]
    result = conversation.run("masakari_host", {**MUTE, "ignore_missing": True})
    assert (result["changed"], result["masakari_hosts"], result["masakari_is_there"]) == (False, [], False)
    assert conversation.run("masakari_host_info")["masakari_hosts"] == []


def test_the_hosts_are_listed_with_whose_they_are(masakari):
    talk = masakari(host("compute-2", True, "SSH"), host(on_maintenance=True, text=f"SSH {MARK}"))
    result = talk.run("masakari_host_info")
    assert [(one["name"], one["on_maintenance"], one["session_id"]) for one in result["masakari_hosts"]] == [
        ("compute-1", True, "s-1"), ("compute-2", True, None),
    ]  # fmt: skip
