# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Direct deliveries: written with the message, signed, in order, tried until taken or useless."""

from __future__ import annotations

import json
import threading
import typing as t

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api.posting import Answer

from .direct import OK, Receivers, deliver, deliveries, pending, signed_by, subscribe

Api = t.Any
URL, OTHER = "http://vnfm.example.org/hook", "http://second.example.org/hook"
AWAY = Answer(error="no answer in time")


def answered(status: int, retry_after: float = 0.0) -> Answer:
    return Answer(status, f"answered {status}", retry_after)


@pytest.fixture
def receivers() -> Receivers:
    return Receivers()


@pytest.fixture
def connected(make_api: t.Callable[..., Api], receivers: Receivers) -> t.Callable[..., Api]:
    """Make a service whose deliveries reach the receivers."""

    def make(**sections: t.Any) -> Api:
        api = make_api(**sections)
        api.service.deliverer._poster = receivers
        return api

    return make


@pytest.fixture
def api(connected: t.Callable[..., Api]) -> Api:
    return connected()


@pytest.fixture
def sid(api: Api) -> str:
    return str(api.session())


def test_what_the_bus_carries_is_delivered_and_signed(api: Api, receivers: Receivers, sid: str) -> None:
    made = subscribe(api)
    (message,) = api.tell(sid, "PLANNED_MAINTENANCE", "i1", window=60)
    (on_the_bus,) = api.told()
    deliver(api)
    [(url, headers, body)] = receivers.posts
    assert url == URL
    assert json.loads(body) == {"type": "maintenance.scheduled", "timestamp": message["created_at"], "data": on_the_bus}
    assert headers["Content-Type"] == "application/json"
    assert signed_by(made["secret"], headers, body)
    assert not signed_by("whsec_" + "A" * 44, headers, body)
    [row] = deliveries(api, made)
    assert (row["id"], row["message_id"], row["session_id"]) == (headers["webhook-id"], message["id"], sid)
    assert (row["status"], row["attempts"], row["http_status"], row["error"]) == ("delivered", 1, 200, None)


def test_only_the_project_hears(api: Api, receivers: Receivers, sid: str) -> None:
    subscribe(api, URL)
    subscribe(api, OTHER, who=api.other)
    api.tell(sid, "MAINTENANCE", project_id="p2")
    deliver(api)
    assert [url for url, _headers, _body in receivers.posts] == [OTHER]


def test_host_and_session_events_and_probes_are_not_for_projects(api: Api, receivers: Receivers, sid: str) -> None:
    subscribe(api, who=api.admin)
    api.admin.ok("PUT", f"/v1/sessions/{sid}/hosts/h1", {"state": "IN_MAINTENANCE"})
    api.admin.ok("PUT", "/v1/probes/0b0c9a5e-3c2f-4d43-9a63-2f0c1e6c7a11")
    deliver(api)
    assert receivers.posts == []


def test_a_refused_write_delivers_nothing(api: Api, sid: str) -> None:
    subscribe(api)
    requests = [{"project_id": "p1", "state": "MAINTENANCE"}, {"project_id": "p1", "state": "PLANNED_MAINTENANCE"}]
    api.admin.refused(400, "POST", f"/v1/sessions/{sid}/messages", {"messages": requests})
    assert pending(api) == 0


def test_a_delivery_tells_that_the_message_was_sent(api: Api, sid: str) -> None:
    subscribe(api)
    (message,) = api.tell(sid, "MAINTENANCE")
    api.clock.tick(2)
    deliver(api)
    assert api.message(sid, message["id"])["sent_at"] == "2026-11-21T01:00:02.000000Z"


@pytest.mark.parametrize("trouble", [AWAY, answered(503), answered(500), answered(429), answered(302)])
def test_order_is_kept_through_trouble(api: Api, receivers: Receivers, sid: str, trouble: Answer) -> None:
    made = subscribe(api)
    receivers.answers[URL] = [trouble, trouble]
    for state in ("MAINTENANCE", "SCALE_IN"):
        api.tell(sid, state, window=60)
    deliver(api)
    assert receivers.heard() == ["MAINTENANCE"]
    assert [(one["status"], one["attempts"]) for one in deliveries(api, made)] == [("pending", 1), ("pending", 0)]
    api.clock.tick(0.7)
    deliver(api)
    assert receivers.heard() == ["MAINTENANCE"]
    api.clock.tick(0.6)
    deliver(api)
    api.clock.tick(2.5)
    deliver(api)
    assert receivers.heard() == ["MAINTENANCE", "MAINTENANCE", "MAINTENANCE", "SCALE_IN"]
    ids = [headers["webhook-id"] for _url, headers, _body in receivers.posts]
    assert ids[0] == ids[1] == ids[2] != ids[3]


def test_pauses_double_up_to_the_longest_with_a_fifth_of_chance(connected: t.Callable[..., Api], receivers: Receivers) -> None:
    api = connected(webhooks={"retry_first": 1, "retry_longest": 5})
    made = subscribe(api)
    receivers.answers[URL] = [AWAY] * 6
    api.tell(api.session(), "MAINTENANCE", window=3000)
    seen = []
    for _turn in range(6):
        deliver(api)
        [row] = deliveries(api, made)
        seen.append(_seconds(api, row["next_attempt_at"]))
        api.clock.tick(seen[-1])
    for pause, nominal in zip(seen, (1, 2, 4, 5, 5, 5), strict=True):
        assert 0.8 * nominal <= pause <= 1.2 * nominal
    assert len(set(seen[3:])) > 1


def test_a_receiver_says_when_to_come_again(api: Api, receivers: Receivers, sid: str) -> None:
    made = subscribe(api)
    receivers.answers[URL] = [answered(503, 7), answered(503, 100_000)]
    api.tell(sid, "MAINTENANCE", window=3000)
    deliver(api)
    assert _seconds(api, deliveries(api, made)[0]["next_attempt_at"]) == 7
    api.clock.tick(7)
    deliver(api)
    assert _seconds(api, deliveries(api, made)[0]["next_attempt_at"]) == 15


def _seconds(api: Api, text: str) -> float:
    from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api import times  # noqa: PLC0415

    return float((times.parse(text) - api.clock()).total_seconds())


def test_what_is_refused_for_itself_holds_up_nothing(api: Api, receivers: Receivers, sid: str) -> None:
    made = subscribe(api)
    receivers.answers[URL] = [answered(422)]
    for state in ("MAINTENANCE", "SCALE_IN"):
        api.tell(sid, state, window=60)
    deliver(api)
    assert receivers.heard() == ["MAINTENANCE", "SCALE_IN"]
    assert [one["status"] for one in deliveries(api, made)] == ["pending", "delivered"]
    api.clock.tick(1.3)
    deliver(api)
    assert receivers.heard() == ["MAINTENANCE", "SCALE_IN", "MAINTENANCE"]


@pytest.mark.parametrize("how", ["acknowledged", "expired", "cancelled"])
def test_it_ends_with_the_message(api: Api, receivers: Receivers, sid: str, how: str) -> None:
    made = subscribe(api)
    receivers.answers[URL] = [AWAY] * 99
    api.tell(sid, "MAINTENANCE", window=60)
    deliver(api)
    match how:
        case "acknowledged":
            api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": "ACK_MAINTENANCE"})
        case "cancelled":
            api.admin.ok("PUT", f"/v1/sessions/{sid}", {"state": "MAINTENANCE_FAILED", "reason": "x"})
    api.clock.tick(61)
    deliver(api)
    row = deliveries(api, made)[0]
    assert (row["status"], row["attempts"], row["error"]) == ("dead", 1, f"the message is {how}; no answer in time")
    [event] = [one for one in api.admin.ok("GET", f"/v1/sessions/{sid}/events")["events"] if one["kind"] == "delivery.dead"]
    assert (event["project_id"], event["message_id"]) == ("p1", row["message_id"])
    assert made["id"] in event["text"]


def test_it_is_tried_only_so_often(connected: t.Callable[..., Api], receivers: Receivers) -> None:
    api = connected(webhooks={"max_attempts": 3})
    made = subscribe(api)
    receivers.answers[URL] = [AWAY] * 99
    sid = api.session()
    api.tell(sid, "MAINTENANCE", window=3000)
    for _turn in range(9):
        deliver(api)
        api.clock.tick(20)
    [row] = deliveries(api, made)
    assert (row["status"], row["attempts"], len(receivers.posts)) == ("dead", 3, 3)
    assert row["error"] == "no answer in time; given up after 3 attempts"
    kinds = [one["kind"] for one in api.owner.ok("GET", f"/v1/sessions/{sid}/events")["events"]]
    assert (kinds.count("delivery.failed"), kinds.count("delivery.dead")) == (1, 1)


def test_it_is_tried_only_so_long(connected: t.Callable[..., Api], receivers: Receivers) -> None:
    api = connected(webhooks={"max_age": 100})
    made = subscribe(api)
    receivers.answers[URL] = [AWAY] * 99
    api.tell(api.session(), "MAINTENANCE", window=3000)
    deliver(api)
    api.clock.tick(101)
    deliver(api)
    assert deliveries(api, made)[0]["error"] == "no answer in time; given up after 100 seconds"


def test_what_only_informs_gives_way(api: Api, receivers: Receivers, sid: str) -> None:
    made = subscribe(api)
    receivers.answers[URL] = [answered(500)] * 3
    api.tell(sid, "INSTANCE_ACTION_DONE", "i1")
    for _turn in range(2):
        deliver(api)
        api.clock.tick(5)
    api.tell(sid, "PLANNED_MAINTENANCE", "i1", window=60)
    deliver(api)
    assert receivers.heard() == ["INSTANCE_ACTION_DONE"] * 3 + ["PLANNED_MAINTENANCE"]
    assert deliveries(api, made)[0]["error"] == "answered 500; given up for what waits behind it"


def test_gone_disables(api: Api, receivers: Receivers, sid: str) -> None:
    made = subscribe(api)
    receivers.answers[URL] = [answered(410)]
    for state in ("MAINTENANCE", "SCALE_IN"):
        api.tell(sid, state)
    deliver(api)
    assert receivers.heard() == ["MAINTENANCE"]
    shown = api.owner.ok("GET", f"/v1/subscriptions/{made['id']}")
    assert (shown["enabled"], shown["deliveries"]) == (False, {"pending": 0, "delivered": 0, "dead": 2})
    assert "410 (gone)" in shown["disabled_reason"]
    api.tell(sid, "MAINTENANCE_COMPLETE")
    assert pending(api) == 0


def test_gone_is_said_of_an_address(api: Api, receivers: Receivers, sid: str) -> None:
    """A receiver that moves and says so at the old address is not disabled at the new one."""
    made = subscribe(api)
    moved = threading.Event()

    def post(url: str, headers: dict[str, str], body: bytes) -> Answer:
        if moved.is_set():
            return OK
        api.owner.ok("PUT", f"/v1/subscriptions/{made['id']}", {"url": OTHER})
        moved.set()
        return answered(410)

    receivers.post = post  # type: ignore[method-assign]
    api.tell(sid, "MAINTENANCE")
    deliver(api)
    api.clock.tick(2)
    deliver(api)
    shown = api.owner.ok("GET", f"/v1/subscriptions/{made['id']}")
    assert (shown["enabled"], shown["deliveries"]["delivered"]) == (True, 1)


def test_disabled_hears_nothing_and_what_waited_is_dead(api: Api, receivers: Receivers, sid: str) -> None:
    made = subscribe(api)
    api.tell(sid, "MAINTENANCE")
    api.owner.ok("PUT", f"/v1/subscriptions/{made['id']}", {"enabled": False})
    api.tell(sid, "SCALE_IN")
    deliver(api)
    assert receivers.posts == []
    [row] = deliveries(api, made)
    assert (row["status"], row["error"]) == ("dead", "the subscription was disabled")
    api.owner.refused(409, "POST", f"/v1/subscriptions/{made['id']}/deliveries/{row['id']}/resend")


def test_deleted_takes_its_deliveries_along(api: Api, receivers: Receivers, sid: str) -> None:
    made = subscribe(api)
    api.tell(sid, "MAINTENANCE")
    api.owner.ok("DELETE", f"/v1/subscriptions/{made['id']}", status=204)
    deliver(api)
    assert receivers.posts == []
    assert pending(api) == 0


def test_a_dead_letter_is_sent_again(api: Api, receivers: Receivers, sid: str) -> None:
    made = subscribe(api)
    receivers.answers[URL] = [AWAY]
    api.tell(sid, "MAINTENANCE", window=60)
    deliver(api)
    api.clock.tick(61)
    deliver(api)
    [dead] = deliveries(api, made, "?status=dead")
    path = f"/v1/subscriptions/{made['id']}/deliveries/{dead['id']}/resend"
    again = api.owner.ok("POST", path, status=202)
    assert (again["id"], again["status"], again["attempts"], again["error"]) == (dead["id"], "pending", 0, None)
    api.owner.refused(409, "POST", path)
    deliver(api)
    assert deliveries(api, made)[0]["status"] == "delivered"
    assert receivers.posts[0][2] == receivers.posts[1][2]
    assert receivers.posts[0][1]["webhook-id"] == receivers.posts[1][1]["webhook-id"]
    api.owner.ok("POST", path, status=202)
    deliver(api)
    assert receivers.heard() == ["MAINTENANCE"] * 3


def test_sending_again_holds_up_nothing_new(api: Api, receivers: Receivers, sid: str) -> None:
    made = subscribe(api)
    api.tell(sid, "MAINTENANCE", window=60)
    deliver(api)
    [row] = deliveries(api, made)
    receivers.answers[URL] = [AWAY]
    api.owner.ok("POST", f"/v1/subscriptions/{made['id']}/deliveries/{row['id']}/resend", status=202)
    deliver(api)
    api.tell(sid, "SCALE_IN", window=60)
    deliver(api)
    assert receivers.heard() == ["MAINTENANCE", "MAINTENANCE", "SCALE_IN"]


def test_a_slow_one_delays_nobody(api: Api, receivers: Receivers, sid: str) -> None:
    slow, quick = subscribe(api, URL), subscribe(api, OTHER)
    release = threading.Event()
    answer = receivers.post

    def post(url: str, headers: dict[str, str], body: bytes) -> Answer:
        if url == URL:
            assert release.wait(30)
        return answer(url, headers, body)

    receivers.post = post  # type: ignore[method-assign]
    api.tell(sid, "MAINTENANCE")
    api.tell(sid, "SCALE_IN")
    begun = api.service.deliverer
    begun.run_once()
    with begun._lock:
        assert begun._lock.wait_for(lambda: len(begun._busy) == 1, 20)
    begun.run_once()
    with begun._lock:
        assert begun._lock.wait_for(lambda: len(begun._busy) == 1, 20)
    assert receivers.heard() == ["MAINTENANCE", "SCALE_IN"]
    assert [one["status"] for one in deliveries(api, quick)] == ["delivered", "delivered"]
    assert [one["status"] for one in deliveries(api, slow)] == ["pending", "pending"]
    release.set()
    deliver(api)
    assert receivers.heard(URL) == ["MAINTENANCE", "SCALE_IN"]


def test_dead_ones_leave_room_for_live_ones(connected: t.Callable[..., Api], receivers: Receivers) -> None:
    api = connected(webhooks={"concurrency": 4})
    for number in range(5):
        subscribe(api, f"{URL}{number}")
        receivers.answers[f"{URL}{number}"] = [AWAY]
    sid = api.session()
    api.tell(sid, "MAINTENANCE", window=600)
    deliver(api)
    release = threading.Event()
    receivers.post = lambda url, headers, body: OK if release.wait(30) else AWAY  # type: ignore[method-assign]
    api.clock.tick(2)
    api.service.deliverer.run_once()
    assert len(api.service.deliverer._busy) == 2
    release.set()
    deliver(api)
    assert pending(api) == 0


def test_a_thread_that_cannot_be_had_costs_nothing_but_time(
    api: Api, receivers: Receivers, sid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(api)
    api.tell(sid, "MAINTENANCE")

    def refuse(_thread: threading.Thread) -> t.NoReturn:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(threading.Thread, "start", refuse)
        api.service.deliverer.run_once()
    deliver(api)
    assert receivers.heard() == ["MAINTENANCE"]


def test_a_change_of_secret_signs_with_both(api: Api, receivers: Receivers, sid: str) -> None:
    made = subscribe(api)
    changed = api.owner.ok("PUT", f"/v1/subscriptions/{made['id']}", {"rotate": True})
    api.tell(sid, "MAINTENANCE")
    deliver(api)
    api.clock.tick(86_401)
    api.tell(sid, "SCALE_IN")
    deliver(api)
    (_url, *early), (_url, *late) = receivers.posts
    assert signed_by(made["secret"], *early)
    assert signed_by(changed["secret"], *early)
    assert early[0]["webhook-signature"].count("v1,") == 2
    assert not signed_by(made["secret"], *late)
    assert signed_by(changed["secret"], *late)


def test_what_was_committed_is_delivered_after_a_death(connected: t.Callable[..., Api], receivers: Receivers) -> None:
    api = connected()
    subscribe(api)
    api.tell(api.session(), "MAINTENANCE")
    api.service.stop()
    again = connected()
    deliver(again)
    assert receivers.heard() == ["MAINTENANCE"]


def test_deliveries_are_listed_by_the_page(api: Api, sid: str) -> None:
    made = subscribe(api)
    for number in range(5):
        api.tell(sid, "MAINTENANCE", key=str(number))
    path = f"/v1/subscriptions/{made['id']}/deliveries"
    seen, query = [], "?limit=2"
    while query:
        page = api.owner.ok("GET", path + query)
        seen += [one["message_id"] for one in page["deliveries"]]
        assert len(page["deliveries"]) <= 2
        query = f"?limit=2&marker={page['next_marker']}" if page["next_marker"] else ""
    told = [one["id"] for one in api.owner.ok("GET", f"/v1/sessions/{sid}/messages")["messages"]]
    assert seen == told[::-1]
    assert api.owner.ok("GET", f"{path}?status=dead&status=delivered")["deliveries"] == []
    api.owner.refused(400, "GET", f"{path}?limit=0")
    api.owner.refused(400, "GET", f"{path}?status=lost")
    api.owner.refused(404, "GET", f"{path}?marker=x")


def test_what_ended_is_kept_within_bounds(connected: t.Callable[..., Api], receivers: Receivers) -> None:
    api = connected(webhooks={"keep": 3600, "keep_most": 3})
    made = subscribe(api)
    receivers.answers[URL] = [OK, OK, OK, OK, OK, AWAY]
    sid = api.session()
    for number in range(6):
        api.tell(sid, "MAINTENANCE", key=str(number), window=80_000)
        deliver(api)
    api.clock.tick(61)
    receivers.answers[URL] = [AWAY] * 99
    deliver(api)
    rows = deliveries(api, made)
    assert [one["status"] for one in rows] == ["delivered", "delivered", "delivered", "pending"]
    api.clock.tick(3600)
    deliver(api)
    assert [one["status"] for one in deliveries(api, made)] == ["pending"]


def test_figures(api: Api, receivers: Receivers, sid: str) -> None:
    subscribe(api)
    receivers.answers[URL] = [AWAY, OK, answered(410)]
    api.tell(sid, "MAINTENANCE")
    deliver(api)
    api.clock.tick(2)
    text = api.admin("GET", "/metrics").text
    assert "nfv_session_api_deliveries_pending 1.0" in text
    assert "nfv_session_api_deliveries_oldest_seconds 2.0" in text
    deliver(api)
    api.tell(sid, "SCALE_IN")
    deliver(api)
    text = api.admin("GET", "/metrics").text
    for result in ("failed", "delivered", "dead"):
        assert f'nfv_session_api_deliveries_total{{result="{result}"}} 1.0' in text
    assert 'nfv_session_api_subscriptions{enabled="no"} 1.0' in text
    assert "nfv_session_api_delivery_seconds_sum 2.0" in text
