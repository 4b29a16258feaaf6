# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a session, as the service makes it of its record: for all, for a project, and streamed while it changes."""

from __future__ import annotations

import itertools
import json
import threading
import typing as t

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api import streams

from tests.waiting import until

Api = t.Any
Json = dict[str, t.Any]


@pytest.fixture
def played(api: Api) -> tuple[Api, str]:
    """h1 is maintained; i1 of p1 is moved live to h2, then on to h3, i2 of p2 fails to move."""
    sid = api.session("h1", "h2", "h3", name="rack 7")
    base = f"/v1/sessions/{sid}"
    api.inventory(sid, i1="p1@h1", i2="p2@h2")
    api.admin.ok("PUT", f"{base}/hosts/h1", {"state": "DRAINING", "disabled": True})
    api.tell(sid, "PREPARE_MAINTENANCE", "i1", key="h1", allowed_actions=["LIVE_MIGRATE"])
    api.clock.tick(4)
    body = {"state": "ACK_PREPARE_MAINTENANCE", "instance_actions": {"i1": "LIVE_MIGRATE"}}
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", body)
    api.tell(sid, "MAINTENANCE", project_id="p2", window=10)
    for source, target in (("h1", "h2"), ("h2", "h3")):
        api.admin.ok("PUT", f"{base}/instances/i1", {"state": "MOVING", "host": source, "from_host": source})
        api.clock.tick(6)
        done = {"state": "MOVED", "host": target, "from_host": source, "how": "live", "seconds": 5.5}
        api.admin.ok("PUT", f"{base}/instances/i1", done)
    api.admin.ok("PUT", f"{base}/instances/i2", {"state": "MOVING", "host": "h2", "from_host": "h2"})
    api.admin.ok("PUT", f"{base}/instances/i2", {"state": "FAILED", "host": "h2", "reason": "no valid host"})
    api.admin.ok("PUT", f"{base}/hosts/h1", {"state": "IN_MAINTENANCE"})
    api.clock.tick(90)
    api.admin.ok("PUT", f"{base}/hosts/h1", {"state": "MAINTENANCE_COMPLETE", "disabled": False})
    api.admin.ok("PUT", f"{base}/hosts/h2", {"state": "DRAINING"})
    api.clock.tick(5)
    return api, sid


def report(caller: t.Any, sid: str) -> Json:
    return t.cast("Json", caller.ok("GET", f"/v1/sessions/{sid}/report"))


def test_it_tells_what_is_verified_and_the_versions_before_and_after(played: tuple[Api, str]) -> None:
    api, sid = played
    path = f"/v1/sessions/{sid}/hosts/h2"
    api.admin.ok("PUT", path, {"state": "IN_MAINTENANCE", "version": "8.1.0"})
    api.clock.tick(20)
    api.admin.ok("PUT", path, {"state": "IN_MAINTENANCE", "verifying": True})
    h2 = next(host for host in report(api.admin, sid)["hosts"] if host["name"] == "h2")
    assert [(span["phase"], span["to"] is None) for span in h2["spans"]] == [
        ("draining", False),
        ("working", False),
        ("verifying", True),
    ]
    api.clock.tick(30)
    api.admin.ok("PUT", path, {"state": "MAINTENANCE_COMPLETE", "version": "9.0.2"})
    h2 = next(host for host in report(api.admin, sid)["hosts"] if host["name"] == "h2")
    assert h2["spans"][-1]["to"] is not None
    assert h2["version"] == {"before": "8.1.0", "after": "9.0.2"}


def test_it_tells_what_was_done_on_each_host(played: tuple[Api, str]) -> None:
    api, sid = played
    hosts = {host["name"]: host for host in report(api.admin, sid)["hosts"]}
    assert [(span["phase"], span["from"][11:19], span["to"] and span["to"][11:19]) for span in hosts["h1"]["spans"]] == [
        ("draining", "01:00:00", "01:00:16"),
        ("working", "01:00:16", "01:01:46"),
    ]
    assert [(span["phase"], span["to"]) for span in hosts["h2"]["spans"]] == [("draining", None)]
    assert (hosts["h1"]["state"], hosts["h1"]["moved_away"], hosts["h3"]["instances"], hosts["h3"]["spans"]) == (
        "MAINTENANCE_COMPLETE", 1, 1, [],
    )  # fmt: skip


def begin(api: Api, sid: str, number: int, *hosts: str, minutes: float | None = None) -> None:
    wave = {"number": number, "hosts": list(hosts), "minutes": minutes}
    api.admin.ok("PUT", f"/v1/sessions/{sid}", {"state": "MAINTENANCE", "wave": wave})
    api.clock.tick(60)


def test_it_tells_the_waves_of_all_runs_and_one_that_was_begun_again_once(played: tuple[Api, str]) -> None:
    api, sid = played
    begin(api, sid, 1, "h1", minutes=14.46)
    begin(api, sid, 2, "h2", "h3")
    begin(api, sid, 1, "h2", "h3", minutes=1)
    assert [(one["number"], one["hosts"], one["minutes"], one["at"][11:19]) for one in report(api.admin, sid)["waves"]] == [
        (1, ["h1"], 14.5, "01:01:51"),
        (1, ["h2", "h3"], 1.0, "01:03:51"),
    ]
    assert report(api.owner, sid)["waves"] == [], "other hosts are none of a project's business"


def test_a_wave_has_a_number_and_hosts(api: Api) -> None:
    sid = api.session("h1")
    for wave in ({"number": 0, "hosts": ["h1"]}, {"number": 1, "hosts": []}, {"number": 1, "hosts": ["h 1"]}, {"hosts": ["h1"]}):
        answer = api.admin("PUT", f"/v1/sessions/{sid}", {"state": "MAINTENANCE", "wave": wave})
        assert answer.status_code == 400, wave
        assert "wave" in answer.json["error"]
    assert report(api.admin, sid)["waves"] == []


def test_it_tells_every_move(played: tuple[Api, str]) -> None:
    api, sid = played
    moves = report(api.admin, sid)["moves"]
    assert [
        (one["instance_id"], one["from"], one["to"], one["how"], one["state"], one["seconds"], one["reason"]) for one in moves
    ] == [
        ("i1", "h1", "h2", "live", "MOVED", 5.5, None),
        ("i1", "h2", "h3", "live", "MOVED", 5.5, None),
        ("i2", "h2", None, None, "FAILED", None, "no valid host"),
    ]
    assert (moves[0]["began_at"][11:19], moves[0]["ended_at"][11:19]) == ("01:00:04", "01:00:10")


def test_it_tells_every_message_with_its_reply(played: tuple[Api, str]) -> None:
    api, sid = played
    found = report(api.admin, sid)
    asked = {one["state"]: one for one in found["messages"]}
    prepare = asked["PREPARE_MAINTENANCE"]
    assert (prepare["status"], prepare["reply"]["instance_actions"], prepare["key"]) == (
        "acknowledged",
        {"i1": "LIVE_MIGRATE"},
        "h1",
    )
    assert asked["MAINTENANCE"]["status"] == "expired"
    assert any(one["kind"] == "message.expired" for one in found["decisions"])
    figures = found["figures"]
    assert (figures["moves"], figures["moves_failed"], figures["moves_by_way"], figures["hosts_done"]) == (2, 1, {"live": 2}, 1)
    assert (figures["expired"], figures["refused"], figures["replies"]) == (1, 0, 1)
    assert figures["move_seconds"] == {"median": 5.5, "longest": 5.5}
    assert figures["down_seconds"] is None, "nobody has measured the service of VNFs"


def test_a_project_gets_its_own_part(played: tuple[Api, str]) -> None:
    api, sid = played
    text = json.dumps(report(api.owner, sid))
    own = json.loads(text)
    assert {one["instance_id"] for one in own["moves"]} == {"i1"}
    assert {one["project_id"] for one in own["messages"]} == {"p1"}
    for foreign in ("i2", "p2", "h1: IN_MAINTENANCE", "runner", "no valid host"):
        assert foreign not in text.replace('"runner": null', ""), foreign
    api.caller("member", "p3").refused(404, "GET", f"/v1/sessions/{sid}/report")
    api.nobody.refused(401, "GET", f"/v1/sessions/{sid}/report")


def test_it_has_the_names_of_projects_as_far_as_the_runner_has_told_them(played: tuple[Api, str]) -> None:
    api, sid = played
    assert report(api.admin, sid)["projects"] == {}
    path = f"/v1/sessions/{sid}/instances"
    named = [{"id": f"i{number}", "project_id": f"p{number}", "project_name": f"name of p{number}"} for number in (1, 2)]
    told = api.admin.ok("PUT", path, {"instances": [*named, {"id": "i3", "project_id": "p3"}]})["instances"]
    assert [one["project_name"] for one in told] == ["name of p1", "name of p2", None]
    assert report(api.admin, sid)["projects"] == {"p1": "name of p1", "p2": "name of p2"}
    assert report(api.owner, sid)["projects"] == {"p1": "name of p1"}
    # A runner of an earlier version does not take them away.
    api.admin.ok("PUT", path, {"instances": [{"id": f"i{number}", "project_id": f"p{number}"} for number in (1, 2, 3)]})
    assert report(api.admin, sid)["projects"] == {"p1": "name of p1", "p2": "name of p2"}
    api.admin.refused(400, "PUT", path, {"instances": [{**named[0], "project_name": 7}]})


def read(answer: t.Any) -> t.Iterator[Json]:
    """The reports of a stream, as they come."""
    for chunk in answer.response:
        text = chunk.decode()
        if text.startswith("event: report\n"):
            yield json.loads(text.partition("data: ")[2])


def test_a_stream_tells_at_once_and_whenever_something_changes(played: tuple[Api, str]) -> None:
    api, sid = played
    answer = api.owner("GET", f"/v1/sessions/{sid}/stream", buffered=False)
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (200, "text/event-stream", "no-store")
    told = read(answer)
    assert {one["project_id"] for one in next(told)["messages"]} == {"p1"}
    api.tell(sid, "PLANNED_MAINTENANCE", "i1")
    again = next(told)
    assert again["waiting_for"][0]["state"] == "PLANNED_MAINTENANCE"
    assert {one["project_id"] for one in again["messages"]} == {"p1"}
    answer.close()


def test_a_stream_ends_with_its_session(played: tuple[Api, str]) -> None:
    api, sid = played
    answer = api.admin("GET", f"/v1/sessions/{sid}/stream", buffered=False)
    told = read(answer)
    next(told)
    api.admin.ok("DELETE", f"/v1/maintenance/{sid}")
    assert list(itertools.islice(told, 3)) == []
    answer.close()


def test_who_may_not_see_it_gets_no_stream(played: tuple[Api, str]) -> None:
    api, sid = played
    api.caller("member", "p3").refused(404, "GET", f"/v1/sessions/{sid}/stream")
    api.nobody.refused(401, "GET", f"/v1/sessions/{sid}/stream")
    api.admin.refused(404, "GET", "/v1/sessions/nowhere/stream")
    assert all(api.service.streams.take() for _place in range(4)), "a refusal takes no place"


def test_streams_leave_half_of_the_threads_to_others(played: tuple[Api, str]) -> None:
    api, sid = played
    path = f"/v1/sessions/{sid}/stream"
    assert api.admin("HEAD", path).status_code == 200
    taken = [api.admin("GET", path, buffered=False) for _one in range(4)]
    assert "follow a session" in api.admin.refused(503, "GET", path)["error"]
    assert report(api.admin, sid)["session"]["id"] == sid
    taken.pop().close()
    again = api.admin("GET", path, buffered=False)
    assert again.status_code == 200
    for one in [*taken, again]:
        one.close()
        one.close()
    assert [api.service.streams.take() for _place in range(5)] == [True] * 4 + [False], "closed twice, given back once"


def test_a_stream_ends_when_the_service_does() -> None:
    places = streams.Streams(1)
    told = places.follow(lambda: 1, lambda: {"a": 1})
    assert next(told) == 'event: report\ndata: {"a": 1}\n\n'
    rest: list[str] = []
    reader = threading.Thread(target=lambda: rest.extend(told))
    reader.start()
    places.close()
    reader.join(10)
    assert not reader.is_alive()
    assert rest == []


def test_what_is_written_is_told_at_once(played: tuple[Api, str], monkeypatch: pytest.MonkeyPatch) -> None:
    api, sid = played
    monkeypatch.setattr(streams, "LOOK_EVERY", 600.0)
    monkeypatch.setattr(streams.Streams, "_sleep", lambda *_given: None)
    answer = api.admin("GET", f"/v1/sessions/{sid}/stream", buffered=False)
    told = read(answer)
    next(told)
    heard: list[Json] = []
    reader = threading.Thread(target=lambda: heard.append(next(told)), daemon=True)
    reader.start()
    until("the stream waits for news", lambda: len(api.service.streams._news._waiters) > 0, 20, 0.01)
    api.admin.ok("PUT", f"/v1/sessions/{sid}/hosts/h3", {"state": "DRAINING"})
    reader.join(20)
    assert [host["state"] for host in heard[0]["hosts"]] == ["MAINTENANCE_COMPLETE", "DRAINING", "DRAINING"]
    answer.close()


def test_a_stream_does_not_last() -> None:
    assert list(streams.Streams(1).follow(lambda: 1, lambda: {}, lifetime=0)) == []
