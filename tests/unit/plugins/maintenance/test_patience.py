# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""fenix_message asks again what was refused or not answered, as often as it may; or only waits for what was sent before."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import patience
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.patience import InVain, Patience, in_vain

AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
NOON = "2026-11-21T12:00:00.000000Z"
REQUEST = {"state": "PLANNED_MAINTENANCE", "project_id": "p", "instance_ids": ["i-1", "i-2"]}


def asked(status: str, *instances: str, **more: t.Any) -> dict[str, t.Any]:
    message = {"round": 1, "state": "PLANNED_MAINTENANCE", "project_id": "p", "key": "", "replied_at": None, "created_at": NOON}
    return {**message, "status": status, "instance_ids": [*(instances or ("i-1", "i-2"))], **more}


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ([], InVain()),
        ([asked("refused", replied_at="t"), asked("expired"), asked("pending")], InVain(1, 1, "t")),
        ([asked("refused"), asked("refused"), asked("acknowledged")], InVain()),
        ([asked("acknowledged"), asked("expired"), asked("cancelled")], InVain(0, 1)),
        ([asked("expired", key="compute-1"), asked("expired", key="compute-1 compute-2")], InVain(0, 2)),
        ([asked("expired", round=2), asked("expired", state="SCALE_IN"), asked("expired", project_id="q")], InVain()),
        ([asked("expired", "i-2"), asked("expired", "i-9"), asked("acknowledged", "i-1")], InVain(0, 1)),
    ],
)
def test_what_was_asked_in_vain_is_counted_from_the_session(known: t.Any, found: InVain) -> None:
    assert in_vain(1, known, REQUEST) == found


def test_an_old_spelling_is_the_same_question() -> None:
    known = [{**asked("expired"), "state": "SCALE_IN", "instance_ids": []}]
    assert in_vain(1, known, {"state": "IN_SCALE", "project_id": "p"}) == InVain(0, 1)


@pytest.mark.parametrize(("since", "left"), [(0, 60), (45, 15), (61, 0), (-500, 60)])
def test_a_refusal_is_followed_by_a_pause_that_is_bounded_whatever_the_clocks_say(since: int, left: int) -> None:
    vain = InVain(1, 0, NOON)
    assert Patience(3, 1, 60).rest(vain, AT + dt.timedelta(seconds=since)) == left
    assert Patience(3, 1, 60).rest(InVain(0, 5), AT) == 0, "a window was pause enough"


@pytest.fixture
def tell(service: t.Any, conversation: t.Any) -> t.Callable[..., dict[str, t.Any]]:
    """Two projects are asked."""
    requests = [
        {"project_id": project, "state": "PLANNED_MAINTENANCE", "instance_ids": [instance], "window": 60}
        for project, instance in ((service.pid, "i-1"), ("other", "i-2"))
    ]

    def run(**params: t.Any) -> dict[str, t.Any]:
        options = {"session_id": service.sid, "lease_token": 1, "on_refusal": "return", "on_silence": "return"}
        given = {**options, **({} if "sent" in params else {"messages": requests}), **params}
        return t.cast("dict[str, t.Any]", conversation.run("fenix_message", given))

    return run


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch, clock: t.Any) -> None:
    """Wall-clock time goes with the tests' clock."""
    monkeypatch.setattr(patience, "utc_now", lambda: AT + dt.timedelta(seconds=clock.now - 1000))


class Answers:
    """Declares what the service says, message by message."""

    def __init__(self, service: t.Any) -> None:
        self.service, self.path, self.known = service, f"/sessions/{service.sid}", []

    def message(self, project: str, status: str) -> dict[str, t.Any]:
        instance = "i-1" if project == self.service.pid else "i-2"
        replied = NOON if status == "refused" else None
        made = {"id": f"m-{len(self.known)}", "project_id": project, "instance_ids": [instance], "replied_at": replied}
        self.known.append(self.service.message(**made, status=status))
        return dict(self.known[-1])

    def begin(self) -> None:
        self.service.is_ours()
        self.service.expect("GET", self.path, json=self.service.session(lease=self.service.lease()))
        self.look()

    def look(self) -> None:
        self.service.expect("GET", f"{self.path}/messages", json={"messages": [*self.known]})

    def asked(self, **statuses: str) -> None:
        """One POST, answered at once."""
        sent = [self.message(self.service.pid if name == "own" else name, status) for name, status in statuses.items()]
        body = {"messages": [
            {"project_id": one["project_id"], "state": one["state"], "instance_ids": one["instance_ids"], "window": 60,
             "allowed_actions": []} for one in sent
        ]}  # fmt: skip
        self.service.expect("POST", f"{self.path}/messages", status=201, json={"messages": sent}, body=body)


def test_only_the_unwilling_are_asked_again_and_only_as_often_as_allowed(
    service: t.Any, tell: t.Any, clock: t.Any, now: None
) -> None:
    answers = Answers(service)
    answers.begin()
    answers.asked(own="refused", other="acknowledged")
    answers.look()
    for _renewal in range(2):
        service.expect("POST", f"{answers.path}/lease", json=service.lease())
        service.expect("GET", f"{answers.path}/control", status=404, json={"error": "not found"})
    answers.asked(own="expired")
    answers.look()
    answers.asked(own="expired")
    answers.look()
    result = tell(patience={"refusals": 1, "silences": 1, "pause": 50})
    assert clock.now - 1000 == pytest.approx(50), "after the refusal"
    assert [(one["project_id"], one["status"]) for one in result["fenix_messages"]] == [
        (service.pid, "expired"), ("other", "acknowledged"),
    ]  # fmt: skip
    [expired] = result["expired"]
    assert (expired["refusals"], expired["silences"], expired["id"]) == (1, 2, "m-3")
    assert result["refused"] == []


def test_what_was_asked_in_vain_before_counts_but_it_is_asked_once(service: t.Any, tell: t.Any, clock: t.Any, now: None) -> None:
    answers = Answers(service)
    for _time in range(3):
        answers.message(service.pid, "expired")
    answers.begin()
    answers.asked(own="expired", other="acknowledged")
    answers.look()
    [expired] = tell(patience={"refusals": 3, "silences": 2})["expired"]
    assert expired["silences"] == 4
    assert clock.now == 1000


def test_consent_costs_no_more_than_without_patience(service: t.Any, tell: t.Any) -> None:
    answers = Answers(service)
    answers.begin()
    answers.asked(own="acknowledged", other="acknowledged")
    result = tell(patience={"refusals": 3})
    assert "refusals" not in result["fenix_messages"][0]


def test_a_cancelled_message_is_not_asked_again(service: t.Any, tell: t.Any) -> None:
    answers = Answers(service)
    answers.begin()
    answers.asked(own="cancelled", other="acknowledged")
    answers.look()
    assert len(tell(patience={"refusals": 3, "silences": 3})["cancelled"]) == 1


def test_messages_that_were_sent_before_are_only_waited_for(service: t.Any, tell: t.Any, conversation: t.Any) -> None:
    path = f"/sessions/{service.sid}/messages"
    over = {"state": "MAINTENANCE_COMPLETE", "instance_ids": []}
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session(lease=service.lease()))
    service.expect("GET", path, json={"messages": [service.message(**over)]}, query={"id": "m-1"})
    service.expect("GET", path, json={"messages": [service.message(**over, status="acknowledged")]})
    result = tell(sent=["m-1", "m-1"])
    assert [one["status"] for one in result["fenix_messages"]] == ["acknowledged"]
    assert not result["changed"]
    assert conversation.writes == []


def test_an_unknown_message_is_not_waited_for(service: t.Any, tell: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session())
    service.expect("GET", f"/sessions/{service.sid}/messages", json={"messages": []})
    assert "has no message m-9. Next: nfv.maintenance.fenix_session_info" in tell(sent=["m-9"])["msg"]


def test_where_each_instance_has_a_message_the_one_that_was_refused_is_asked_again(service: t.Any, tell: t.Any) -> None:
    answers = Answers(service)
    answers.begin()
    path = f"{answers.path}/messages"
    agreed, refused = (
        service.message(id=f"m-{instance}", instance_ids=[instance], dialect="instance", status=status)
        for instance, status in (("i-1", "acknowledged"), ("i-2", "refused"))
    )
    service.expect("POST", path, status=201, json={"messages": [agreed, refused]})
    answers.known = [agreed, refused]
    answers.look()
    again = {**refused, "id": "m-3", "status": "acknowledged"}
    service.expect("POST", path, status=201, json={"messages": [agreed, again]})
    request = {"project_id": service.pid, "state": "PLANNED_MAINTENANCE", "instance_ids": ["i-1", "i-2"]}
    result = tell(messages=[request], patience={"refusals": 1})
    assert [one["id"] for one in result["fenix_messages"]] == ["m-i-1", "m-3"]
    assert result["refused"] == []
