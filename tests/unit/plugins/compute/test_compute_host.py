# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""compute_host and compute_host_info on the wire."""

from __future__ import annotations

import pytest

SERVICES = "/compute/v2.1/os-services"
OURS = "nfv.maintenance session s-1: host maintenance"


BEFORE, AFTER = "2026-11-21T01:02:03.000000", "2026-11-21T01:02:13.000000"


def service(name="compute-1", *, status="enabled", state="up", reason=None, forced_down=False, reported=BEFORE):
    return {
        "id": f"id-{name}",
        "binary": "nova-compute",
        "host": name,
        "zone": "nova",
        "status": status,
        "state": state,
        "disabled_reason": reason,
        "forced_down": forced_down,
        "updated_at": reported,
    }


def listed(conversation, *services):
    conversation.expect("GET", SERVICES, json={"services": [*services]}, query={"binary": "nova-compute"})


def out(**more):
    return {"name": "compute-1", "state": "out_of_service", "session_id": "s-1", **more}


def back(**more):
    return {"name": "compute-1", "state": "in_service", "session_id": "s-1", **more}


def test_a_host_is_disabled_with_a_reason_that_names_the_session(conversation):
    listed(conversation, service(), service("compute-2"))
    body = {"status": "disabled", "disabled_reason": OURS}
    after = service(status="disabled", reason=OURS)
    conversation.expect("PUT", f"{SERVICES}/id-compute-1", json={"service": after}, body=body)
    listed(conversation, after)
    result = conversation.run("compute_host", out())
    assert (result["failed"], result["changed"]) == (False, True)
    assert result["compute_hosts"] == [
        {
            "name": "compute-1",
            "service_id": "id-compute-1",
            "zone": "nova",
            "status": "disabled",
            "state": "up",
            "forced_down": False,
            "disabled_reason": OURS,
            "session_id": "s-1",
            "updated_at": "2026-11-21T01:02:03.000000",
        }
    ]
    assert result["diff"] == {
        "before": {"compute-1": {"status": "enabled", "disabled_reason": None}},
        "after": {"compute-1": {"status": "disabled", "disabled_reason": OURS}},
    }


@pytest.mark.parametrize("bad", [1, 2, 3])
@pytest.mark.usefixtures("slept")
def test_a_nova_that_does_not_tell_its_versions_is_asked_again_and_not_taken_for_an_old_one(conversation, bad):
    """Seed 832111108 of the random runs: the call of an old Nova was made, and its answer had no id."""
    good = conversation.version_document
    for url in conversation.version_urls:
        conversation.mocker.get(url, [{"status_code": 503}] * bad + [{"json": good}] * 9)
    listed(conversation, service())
    body = {"status": "disabled", "disabled_reason": OURS}
    after = service(status="disabled", reason=OURS)
    conversation.expect("PUT", f"{SERVICES}/id-compute-1", json={"service": after}, body=body)
    listed(conversation, after)
    result = conversation.run("compute_host", out())
    assert result["changed"], result


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.usefixtures("slept")
def test_an_outage_of_nova_is_borne_for_two_minutes(conversation, status):
    for _times in range(3):
        conversation.expect("GET", SERVICES, status=status, json={})
    listed(conversation, service(status="disabled", reason=OURS))
    for _times in range(3):
        conversation.expect("PUT", f"{SERVICES}/id-compute-1", status=status, json={})
    conversation.expect("PUT", f"{SERVICES}/id-compute-1", json={"service": service()}, body={"status": "enabled"})
    listed(conversation, service())
    assert conversation.run("compute_host", back(wait=False))["changed"]


def test_an_outage_that_does_not_end_is_told_with_the_host(conversation, slept):
    listed(conversation, service())
    conversation.expect_outage("PUT", f"{SERVICES}/id-compute-1", status=503, json={})
    result = conversation.run("compute_host", out())
    assert result["failed"]
    assert result["msg"].startswith("Failed to disable nova-compute on host compute-1: ")
    assert 110 < sum(slept) <= 120


def test_check_mode_writes_nothing(conversation):
    listed(conversation, service())
    result = conversation.run("compute_host", out(), check_mode=True)
    assert result["changed"]
    assert (result["compute_hosts"][0]["status"], result["compute_hosts"][0]["session_id"]) == ("disabled", "s-1")
    listed(conversation, service(status="disabled", reason=OURS))
    result = conversation.run("compute_host", back(), check_mode=True)
    assert result["changed"]
    assert (result["compute_hosts"][0]["status"], result["compute_hosts"][0]["session_id"]) == ("enabled", None)
    assert conversation.writes == []


def test_the_second_time_nothing_changes(conversation):
    listed(conversation, service(status="disabled", reason=OURS))
    assert conversation.run("compute_host", out())["changed"] is False
    listed(conversation, service())
    assert conversation.run("compute_host", back())["changed"] is False


@pytest.mark.parametrize("reason", ["disk is dying", None, "nfv.maintenance session s-2: host maintenance"])
@pytest.mark.parametrize("params", [out(), back()])
def test_a_host_of_somebody_else_is_left_alone(conversation, params, reason):
    listed(conversation, service(status="disabled", reason=reason))
    result = conversation.run("compute_host", params)
    assert result["failed"]
    assert "compute-1" in result["msg"]
    assert (reason or "(none)") in result["msg"]
    assert "openstack compute service set --enable compute-1 nova-compute" in result["msg"]
    assert conversation.writes == []


def test_without_a_session_any_session_of_ours_will_do(conversation):
    listed(conversation, service(status="disabled", reason=OURS))
    listed(conversation, service(status="disabled", reason=OURS, reported=AFTER))
    conversation.expect("PUT", f"{SERVICES}/id-compute-1", json={"service": service()}, body={"status": "enabled"})
    listed(conversation, service())
    result = conversation.run("compute_host", {"name": "compute-1", "state": "in_service"})
    assert result["changed"]
    assert result["compute_hosts"][0]["session_id"] is None


@pytest.mark.parametrize("absent", [{"state": "down"}, {"forced_down": True, "reported": AFTER}, {"reported": BEFORE}])
def test_a_host_comes_back_only_when_nova_compute_is_up_and_has_reported_anew(conversation, monkeypatch, absent):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    listed(conversation, service(status="disabled", reason=OURS))
    listed(conversation, service(status="disabled", reason=OURS, **absent))
    listed(conversation, service(status="disabled", reason=OURS, reported=AFTER))
    conversation.expect("PUT", f"{SERVICES}/id-compute-1", json={"service": service()}, body={"status": "enabled"})
    listed(conversation, service())
    assert conversation.run("compute_host", back())["changed"]


def test_a_host_that_does_not_come_back_is_a_timeout_with_the_state_seen(conversation):
    down = service(status="disabled", reason=OURS, state="down")
    listed(conversation, down)
    listed(conversation, down)
    result = conversation.run("compute_host", back(timeout=0))
    assert result["failed"]
    for words in ("Timed out", "compute-1", "state down", "openstack compute service list --host compute-1"):
        assert words in result["msg"]
    assert conversation.writes == []


def test_without_waiting_a_host_that_is_down_is_enabled_too(conversation):
    down = service(status="disabled", reason=OURS, state="down")
    listed(conversation, down)
    conversation.expect("PUT", f"{SERVICES}/id-compute-1", json={"service": service()}, body={"status": "enabled"})
    listed(conversation, service(state="down"))
    assert conversation.run("compute_host", back(wait=False))["changed"]


def test_several_hosts_are_read_once_and_told_in_the_order_given(conversation):
    after = [service(name, status="disabled", reason=OURS) for name in ("compute-1", "compute-2", "compute-3")]
    listed(conversation, service(), after[1], service("compute-3"))
    for number in (3, 1):
        body = {"status": "disabled", "disabled_reason": OURS}
        conversation.expect("PUT", f"{SERVICES}/id-compute-{number}", json={"service": after[number - 1]}, body=body)
    listed(conversation, *after)
    result = conversation.run("compute_host", out(name=["compute-3", "compute-2", "compute-1"]))
    assert [host["name"] for host in result["compute_hosts"]] == ["compute-3", "compute-2", "compute-1"]
    assert {host["session_id"] for host in result["compute_hosts"]} == {"s-1"}
    assert result["diff"]["before"]["compute-2"] == result["diff"]["after"]["compute-2"]


def test_each_of_several_hosts_is_seen_to_whatever_becomes_of_the_others(conversation):
    ours = [service(name, status="disabled", reason=OURS) for name in ("compute-1", "compute-3", "compute-4")]
    listed(conversation, *ours, service("compute-2", status="disabled", reason="disk is dying"))
    for number, status in ((1, 403), (3, 200), (4, 403)):
        answer = {"service": service()} if status == 200 else {"forbidden": {"message": "Not you"}}
        path = f"{SERVICES}/id-compute-{number}"
        conversation.expect("PUT", path, status=status, json=answer, body={"status": "enabled"})
    result = conversation.run("compute_host", back(name=[f"compute-{number}" for number in range(1, 5)], wait=False))
    assert result["failed"]
    failed = result["failure"]["hosts"]
    assert list(failed) == ["compute-1", "compute-2", "compute-4"]
    for name, words in (("compute-1", "Not you"), ("compute-2", "disk is dying"), ("compute-4", "Not you")):
        assert words in failed[name]
        assert name in failed[name]
        assert failed[name] in result["msg"]


def test_no_hosts_are_nothing_to_do(conversation):
    assert conversation.run("compute_host", back(name=[]))["compute_hosts"] == []


def test_an_unknown_host_is_an_error_that_names_the_known_ones(conversation):
    listed(conversation, service(), service("compute-2"))
    result = conversation.run("compute_host", {**out(), "name": "compute-9"})
    assert result["failed"]
    assert "compute-9" in result["msg"]
    assert "compute-1, compute-2" in result["msg"]


def test_a_long_reason_is_cut_and_still_names_the_session(conversation):
    listed(conversation, service())
    reason = f"nfv.maintenance session s-1: {'x' * 300}"[:255]
    conversation.expect(
        "PUT", f"{SERVICES}/id-compute-1", json={"service": service()}, body={"status": "disabled", "disabled_reason": reason}
    )
    listed(conversation, service(status="disabled", reason=reason))
    assert conversation.run("compute_host", out(reason="x" * 300))["compute_hosts"][0]["session_id"] == "s-1"


def test_out_of_service_needs_a_session(conversation):
    result = conversation.run("compute_host", {"name": "compute-1", "state": "out_of_service"})
    assert result["failed"]
    assert "session_id" in result["msg"]


def test_what_nova_refuses_is_told_in_its_words(conversation):
    conversation.expect("GET", SERVICES, status=403, json={"forbidden": {"code": 403, "message": "Policy doesn't allow it"}})
    result = conversation.run("compute_host", out())
    assert result["failed"]
    assert result["msg"] == (
        "Failed to list the nova-compute services: HTTP 403: Policy doesn't allow it. "
        "Next: use credentials with the role for it, as a rule an administrator's "
        "(openstack role assignment list --names --user <user>)"
    )
    assert result["failure"]["status"] == 403


def test_info_lists_hosts_by_name(conversation):
    listed(conversation, service("b", status="disabled", reason=OURS), service("a", status="disabled", reason="disk is dying"))
    result = conversation.run("compute_host_info")
    assert result["changed"] is False
    assert [(one["name"], one["session_id"]) for one in result["compute_hosts"]] == [("a", None), ("b", "s-1")]


def test_info_of_one_host_and_of_none(conversation):
    listed(conversation, service("b"), service("a"))
    assert [one["name"] for one in conversation.run("compute_host_info", {"name": "b"})["compute_hosts"]] == ["b"]
    listed(conversation, service("b"))
    assert conversation.run("compute_host_info", {"name": "c"})["compute_hosts"] == []
