# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""fenix_message_info: a webhook is a hint, and only what is read back counts."""

from __future__ import annotations

import typing as t

import pytest

PREPARED = "14e42e40-0073-47ea-b366-cf9044eef87c"


@pytest.fixture
def hear(conversation: t.Any) -> t.Callable[..., tuple[list[t.Any], list[str]]]:
    """The messages read back, and why the other hints were dropped."""

    def run(*hints: dict[str, t.Any], **params: t.Any) -> tuple[list[t.Any], list[str]]:
        result = conversation.run("fenix_message_info", {**({"hints": list(hints)} if hints else {}), **params})
        assert not result["failed"], result["msg"]
        assert not result["changed"]
        assert conversation.writes == []
        return result["fenix_messages"], [one["reason"] for one in result["dropped"]]

    return run


@pytest.fixture
def hint(service: t.Any) -> t.Callable[..., dict[str, t.Any]]:
    url = f"http://cloud.example/maintenance/v1/maintenance/{service.sid}/{service.pid}"

    def make(**values: t.Any) -> dict[str, t.Any]:
        return {
            "vnf_id": "vnf-1", "project_id": service.pid, "session_id": service.sid, "state": "PLANNED_MAINTENANCE",
            "message_id": None, "dialect": "host", "instance_ids": [], "instance_ids_url": url, "reply_url": url,
            "allowed_actions": ["MIGRATE"], "actions_at": None, "reply_at": "2026-11-20 13:43:38", "metadata": {},
            "truncated": [], **values,
        }  # fmt: skip

    return make


def pending(service: t.Any, *messages: t.Any) -> None:
    """What the session API says is pending."""
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}/messages", query={"status": "pending"}, json={"messages": list(messages)})


def test_a_message_is_read_back_with_all_its_instances(service: t.Any, hear: t.Any, hint: t.Any) -> None:
    pending(service, service.message())
    [message], dropped = hear(hint(allowed_actions=["OWN_ACTION"], truncated=["instance_ids"], instance_ids=["i-"]))
    assert dropped == []
    assert message["instance_ids"] == ["i-1", "i-2"]
    assert message["allowed_actions"] == ["MIGRATE"]
    assert message["reply_at"] == "2099-01-01T00:01:00.000000Z"
    assert (message["vnf_id"], message["source"], message["instance_id"]) == ("vnf-1", "session_api", None)


def test_several_vnfs_hear_of_the_same_message_and_the_service_is_asked_once(service: t.Any, hear: t.Any, hint: t.Any) -> None:
    pending(service, service.message())
    [message], dropped = hear(hint(), hint(vnf_id="vnf-2"), hint())
    assert dropped == []
    assert message["vnf_ids"] == ["vnf-1", "vnf-2"]


def test_old_spellings_are_understood(service: t.Any, hear: t.Any, hint: t.Any) -> None:
    pending(service, service.message(state="SCALE_IN", instance_ids=[]))
    assert [one["state"] for one in hear(hint(state="DOWN_SCALE"))[0]] == ["SCALE_IN"]


def test_one_of_two_messages_is_meant_by_its_id(service: t.Any, hear: t.Any, hint: t.Any) -> None:
    pending(service, service.message(), service.message(id="m-2", key="wave-2", instance_ids=["i-3"]))
    assert [one["id"] for one in hear(hint(message_id="m-2"))[0]] == ["m-2"]


def test_without_the_id_both_are_found(service: t.Any, hear: t.Any, hint: t.Any) -> None:
    """Ceilometer's message id is its own, so an unknown id says nothing."""
    pending(service, service.message(), service.message(id="m-2", key="wave-2", instance_ids=["i-3"]))
    assert [one["id"] for one in hear(hint(message_id="of-the-bus"))[0]] == ["m-1", "m-2"]


def test_in_the_instance_dialect_the_instance_says_which(service: t.Any, hear: t.Any, hint: t.Any) -> None:
    one = service.message(dialect="instance", instance_ids=["i-1"])
    two = service.message(id="m-2", dialect="instance", instance_ids=["i-2"])
    pending(service, one, two)
    [message], _dropped = hear(hint(dialect="instance", instance_ids=["i-2"], reply_url=two["reply_url"]))
    assert (message["id"], message["instance_id"]) == ("m-2", "i-2")


def test_a_message_for_another_project_is_not_even_asked_for(hear: t.Any, hint: t.Any, conversation: t.Any) -> None:
    found, [reason] = hear(hint(project_id="f" * 32))
    assert found == []
    assert reason == f"it is for project {'f' * 32}, and these credentials are of project {conversation.project_id}"
    assert conversation.made == []


@pytest.mark.parametrize("values", [{"session_id": None}, {"session_id": ".."}, {"state": "MAINTENANCE_DONE"}, {"state": None}])
def test_a_hint_that_makes_no_sense(hear: t.Any, hint: t.Any, values: dict[str, t.Any]) -> None:
    found, [reason] = hear(hint(**values))
    assert found == []
    assert "names no session or no known state" in reason


def test_a_session_that_does_not_exist(service: t.Any, hear: t.Any, hint: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}/messages", status=404, json={"error": "Invalid session"})
    found, [reason] = hear(hint())
    assert found == []
    assert "is unknown at http://cloud.example/maintenance/v1, or does not concern this project" in reason


def test_a_replayed_webhook_leads_nowhere(service: t.Any, hear: t.Any, hint: t.Any) -> None:
    """Answered, late or cancelled: it is not pending any more."""
    pending(service)
    found, [reason] = hear(hint())
    assert found == []
    assert "no message PLANNED_MAINTENANCE of session" in reason


OWN = {"state": "ACK_PLANNED_MAINTENANCE", "instance_actions": {"i-1": "OWN_ACTION", "i-2": "MIGRATE"}}


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"status": "acknowledged", "reply": OWN}, True),
        ({"status": "acknowledged", "reply": {**OWN, "instance_actions": {"i-1": "MIGRATE"}}}, False),
        ({"status": "refused", "reply": {"state": "NACK_PLANNED_MAINTENANCE"}}, False),
        ({"status": "acknowledged", "reply": OWN, "project_id": "other"}, False),
        ({"status": "acknowledged", "reply": OWN, "state": "PREPARE_MAINTENANCE"}, False),
    ],
)
def test_an_own_action_that_was_announced_is_found_again_by_the_id_of_its_message(
    service: t.Any, hear: t.Any, hint: t.Any, *, values: dict[str, t.Any], found: bool
) -> None:
    pending(service)
    service.expect("GET", f"/sessions/{service.sid}/messages/m-1", json=service.message(**values))
    messages, dropped = hear(hint(message_id="m-1"))
    assert ([message["id"] for message in messages], len(dropped)) == (["m-1"] if found else [], 0 if found else 1)


def test_an_instance_that_the_message_is_not_about(service: t.Any, hear: t.Any, hint: t.Any) -> None:
    pending(service, service.message())
    found, [reason] = hear(hint(instance_ids=["i-9"]))
    assert found == []
    assert "about instance i-9" in reason


def test_messages_of_other_projects_are_not_taken_from_an_administrators_token(service: t.Any, hear: t.Any, hint: t.Any) -> None:
    pending(service, service.message(project_id="f" * 32))
    assert hear(hint())[0] == []


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/maintenance/v1/maintenance/s/p",
        "https://cloud.example/maintenance/v1/maintenance/s/p",
        "http://cloud.example:8080/maintenance/v1/maintenance/s/p",
        "http://cloud.example/elsewhere/v1/maintenance/s/p",
        "http://cloud.example/maintenance/v1/../../identity/v3/auth/tokens",
        "http://cloud.example@evil.example/maintenance/v1/maintenance/s/p",
        "http://evil.example#http://cloud.example/maintenance/v1/",
        "http://[broken/maintenance/v1",
    ],
)
@pytest.mark.parametrize("name", ["reply_url", "instance_ids_url"])
def test_an_address_elsewhere_is_refused_and_never_called(
    service: t.Any, hear: t.Any, hint: t.Any, conversation: t.Any, *, name: str, url: str
) -> None:
    pending(service, service.message())
    found, [reason] = hear(hint(**{name: url}))
    assert found == []
    assert f"its {name} {url} does not belong to the maintenance endpoint" in reason
    assert {call.hostname for call in conversation.made} == {"cloud.example"}


def test_the_reply_address_the_service_itself_gives_is_taken(service: t.Any, hear: t.Any, hint: t.Any) -> None:
    """A service behind a proxy may know itself by another name."""
    url = "https://maintenance.inside.example/v1/maintenance/s/p"
    pending(service, service.message(reply_url=url))
    assert hear(hint(reply_url=url, instance_ids_url=None))[1] == []


def test_an_instance_that_is_usable_again(service: t.Any, hear: t.Any, hint: t.Any) -> None:
    service.is_ours()
    done = service.message(state="INSTANCE_ACTION_DONE", instance_ids=["i-1"], status="informed", reply_at=None)
    path = f"/sessions/{service.sid}/messages"
    service.expect("GET", path, query={"state": "INSTANCE_ACTION_DONE"}, json={"messages": [done]})
    [message], _dropped = hear(hint(state="ADMIN_ACTION_DONE", instance_ids=["i-1"]))
    assert message["status"] == "informed"


def test_everything_that_is_pending_without_a_hint(service: t.Any, hear: t.Any) -> None:
    service.is_ours()
    service.expect("GET", "/sessions", query={"open": "true"}, json={"sessions": [service.session()]})
    service.expect(
        "GET", f"/sessions/{service.sid}/messages", query={"status": "pending"}, json={"messages": [service.message()]}
    )
    [message], _dropped = hear()
    assert (message["id"], message["vnf_id"], message["vnf_ids"]) == ("m-1", None, [])


def test_what_is_pending_of_one_state(service: t.Any, hear: t.Any) -> None:
    pending(service, service.message(), service.message(id="m-2", state="SCALE_IN"))
    assert [one["id"] for one in hear(session_id=service.sid, state="IN_SCALE")[0]] == ["m-2"]


# --- Fenix


@pytest.fixture
def fenix(service: t.Any) -> t.Any:
    """The paths of the session and of the project."""
    service.is_fenix()
    return f"/maintenance/{service.sid}", f"/maintenance/{service.sid}/{service.pid}"


def test_a_message_of_fenix(service: t.Any, hear: t.Any, hint: t.Any, fenix: t.Any) -> None:
    session, project = fenix
    service.expect("GET", session, json={"session_id": service.sid, "state": "PREPARE_MAINTENANCE"})
    service.expect("GET", project, **service.recorded("project-07-get-prepare-maintenance"))
    # Fenix knows itself by the host of its configuration.
    url = f"http://127.0.0.1:12347/v1/maintenance/{service.sid}/{service.pid}"
    [message], dropped = hear(hint(state="PREPARE_MAINTENANCE", reply_url=url, instance_ids_url=url, message_id="41c5"))
    assert dropped == []
    assert message == {
        "id": "41c5", "session_id": service.sid, "project_id": service.pid, "state": "PREPARE_MAINTENANCE", "dialect": "host",
        "instance_id": None, "instance_ids": [PREPARED], "allowed_actions": ["MIGRATE"], "metadata": {}, "actions_at": None,
        # In the past by Fenix's own mistake, so it is no deadline.
        "reply_at": None, "reply_url": f"http://cloud.example/maintenance/v1{project}", "status": "pending", "source": "fenix",
        "vnf_id": "vnf-1", "vnf_ids": ["vnf-1"], "deliveries": [],
    }  # fmt: skip


def test_a_deadline_that_is_to_come_is_kept(service: t.Any, hear: t.Any, hint: t.Any, fenix: t.Any) -> None:
    session, project = fenix
    service.expect("GET", session, json={"state": "PLANNED_MAINTENANCE"})
    service.expect("GET", project, json={"instance_ids": []})
    assert hear(hint(reply_at="2099-01-01 00:00:00"))[0][0]["reply_at"] == "2099-01-01 00:00:00"


def test_fenix_alternates_fast(service: t.Any, hear: t.Any, hint: t.Any, fenix: t.Any) -> None:
    session, project = fenix
    service.expect("GET", session, json={"state": "START_MAINTENANCE"})
    service.expect("GET", session, json={"state": "PLANNED_MAINTENANCE"})
    service.expect("GET", project, json={"instance_ids": ["i"]})
    assert len(hear(hint())[0]) == 1


def test_a_state_that_fenix_is_not_in(service: t.Any, hear: t.Any, hint: t.Any, fenix: t.Any) -> None:
    for _look in range(5):
        service.expect("GET", fenix[0], json={"state": "START_MAINTENANCE"})
    found, [reason] = hear(hint())
    assert found == []
    assert reason == f"session {service.sid} is START_MAINTENANCE, so no message PLANNED_MAINTENANCE is pending"


def test_a_session_that_fenix_does_not_know(service: t.Any, hear: t.Any, hint: t.Any, fenix: t.Any) -> None:
    service.expect("GET", fenix[0], **service.recorded("error-404-get-unknown-session"))
    assert "is unknown to the Fenix" in hear(hint())[1][0]


def test_a_session_that_fenix_forgets_between_two_calls(service: t.Any, hear: t.Any, hint: t.Any, fenix: t.Any) -> None:
    service.expect("GET", fenix[0], json={"state": "PLANNED_MAINTENANCE"})
    service.expect("GET", fenix[1], **service.recorded("rest-project-get-after-engine-restart"))
    assert "is unknown to the Fenix" in hear(hint())[1][0]


def test_a_project_that_has_nothing_in_the_session(service: t.Any, hear: t.Any, hint: t.Any, fenix: t.Any) -> None:
    service.expect("GET", fenix[0], json={"state": "PLANNED_MAINTENANCE"})
    for _look in range(2):
        service.expect("GET", fenix[1], **service.recorded("error-500-project-get-unknown-project"))
    assert "knows no instances of this project" in hear(hint())[1][0]


@pytest.mark.parametrize(
    "path",
    ["/v1/maintenance/{sid}/other", "/v1/maintenance/{sid}/{pid}/i/j", "/v1/maintenance/other/{pid}", "/v1/x/{sid}/{pid}", "/"],
)
def test_a_reply_address_that_is_not_the_projects(service: t.Any, hear: t.Any, hint: t.Any, fenix: t.Any, *, path: str) -> None:
    assert fenix
    url = "http://127.0.0.1:12347" + path.format(sid=service.sid, pid=service.pid)
    found, [reason] = hear(hint(reply_url=url))
    assert found == []
    assert f"its reply_url {url} is not that of project" in reason


def test_the_instance_dialect_of_a_later_fenix(service: t.Any, hear: t.Any, hint: t.Any, fenix: t.Any) -> None:
    session, project = fenix
    service.expect("GET", session, json={"state": "PLANNED_MAINTENANCE"})
    service.expect("GET", project, json={"instance_ids": ["i-1", "i-2"]})
    [message], _dropped = hear(hint(reply_url=f"http://10.0.0.9:12347/v1{project}/i-2", instance_ids=["i-2"]))
    assert (message["dialect"], message["instance_id"], message["instance_ids"]) == ("instance", "i-2", ["i-2"])
    assert message["reply_url"].endswith(f"/v1{project}/i-2")


def test_an_instance_of_somebody_else(service: t.Any, hear: t.Any, hint: t.Any, fenix: t.Any) -> None:
    session, project = fenix
    service.expect("GET", session, json={"state": "PLANNED_MAINTENANCE"})
    service.expect("GET", project, json={"instance_ids": ["i-1"]})
    found, [reason] = hear(hint(reply_url=f"http://10.0.0.9:12347/v1{project}/i-2"))
    assert found == []
    assert "instance i-2 is not among those of this project" in reason


def test_an_instance_that_fenix_has_moved(service: t.Any, hear: t.Any, hint: t.Any, fenix: t.Any) -> None:
    session, project = fenix
    service.expect("GET", session, json={"state": "START_MAINTENANCE"})
    service.expect("GET", project, json={"instance_ids": ["i-1", "i-2"]})
    [message], _dropped = hear(hint(state="INSTANCE_ACTION_DONE", instance_ids=["i-1"]))
    assert (message["status"], message["instance_ids"]) == ("informed", ["i-1"])


def test_what_fenix_may_wait_for_without_a_hint(service: t.Any, hear: t.Any, fenix: t.Any) -> None:
    session, project = fenix
    service.expect("GET", "/maintenance", json={"sessions": [service.sid]})
    service.expect("GET", session, json={"state": "SCALE_IN"})
    service.expect("GET", session, json={"state": "SCALE_IN"})
    service.expect("GET", project, json={"instance_ids": ["i-1"]})
    assert [one["state"] for one in hear()[0]] == ["SCALE_IN"]


def test_what_fenix_may_wait_for_of_one_state(service: t.Any, hear: t.Any, fenix: t.Any) -> None:
    session, project = fenix
    other = "7d1c7a44-e4e8-11f1-a118-02fc00000002"
    service.expect("GET", "/maintenance", json={"sessions": [service.sid, other]})
    service.expect("GET", session, json={"state": "SCALE_IN"})
    service.expect("GET", session, json={"state": "SCALE_IN"})
    service.expect("GET", project, json={"instance_ids": ["i-1"]})
    service.expect("GET", f"/maintenance/{other}", json={"state": "PLANNED_MAINTENANCE"})
    assert [one["session_id"] for one in hear(state="IN_SCALE")[0]] == [service.sid]
