# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notifications: in order, until taken, over both ways out."""

from __future__ import annotations

import json
import typing as t

import pytest
import requests
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api import config, notifier
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api.libraries import oslo_log
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api.service import Service

Api = t.Any
INTAKE = "http://telemetry.example.org/v1/notifications"


def waiting(api: Api) -> list[tuple[str, int, str | None]]:
    with api.service.store.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT lane, attempts, error FROM outbox ORDER BY number").all()
        return [(row.lane.partition("/")[2], row.attempts, row.error) for row in rows]


@pytest.fixture
def sid(api: Api) -> str:
    sid = str(api.session())
    api.told()
    return sid


def test_nothing_is_lost_while_nobody_listens(api: Api, sid: str) -> None:
    api.ear.refuse = lambda envelope: notifier.NotTakenError("connection refused")
    for state in ("MAINTENANCE", "SCALE_IN"):
        api.tell(sid, state)
    pauses = [api.service.outbox.run_once() for _turn in range(7)]
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0]
    # The first keeps its place; the second has not even been tried.
    assert waiting(api) == [("p1", 7, "connection refused"), ("p1", 0, None)]
    api.ear.refuse = lambda envelope: None
    assert [one["state"] for one in api.told()] == ["MAINTENANCE", "SCALE_IN"]
    assert waiting(api) == []
    assert api.service.outbox.run_once() is None


def test_the_pause_begins_anew_after_a_success(api: Api, sid: str) -> None:
    api.ear.refuse = lambda envelope: notifier.NotTakenError("refused")
    api.tell(sid, "MAINTENANCE")
    assert [api.service.outbox.run_once() for _turn in range(3)] == [0.2, 0.4, 0.8]
    api.ear.refuse = lambda envelope: None
    api.service.outbox.run_once()
    api.ear.refuse = lambda envelope: notifier.NotTakenError("refused")
    api.tell(sid, "SCALE_IN")
    assert api.service.outbox.run_once() == 0.2


def test_what_an_intake_will_not_take_holds_only_its_own_project(api: Api, sid: str) -> None:
    def refuse(envelope: dict[str, t.Any]) -> Exception | None:
        bad = envelope["payload"]["project_id"] == "p1" and envelope["payload"]["state"] == "MAINTENANCE"
        return notifier.NotTakenError("the intake answered 400", alone=True) if bad else None

    api.ear.refuse = refuse
    for project in ("p1", "p2"):
        for state in ("MAINTENANCE", "SCALE_IN"):
            api.tell(sid, state, project_id=project)
    assert [(one["project_id"], one["state"]) for one in api.told()] == [("p2", "MAINTENANCE"), ("p2", "SCALE_IN")]
    assert waiting(api) == [("p1", 1, "the intake answered 400"), ("p1", 0, None)]
    assert api.service.outbox.run_once() == pytest.approx(0.2)
    api.clock.tick(0.2)
    assert api.service.outbox.run_once() == pytest.approx(0.4)
    api.clock.tick(0.4)
    api.ear.refuse = lambda envelope: None
    assert [(one["project_id"], one["state"]) for one in api.told()] == [("p1", "MAINTENANCE"), ("p1", "SCALE_IN")]


def test_a_notification_keeps_its_id_when_it_is_sent_again(api: Api, sid: str) -> None:
    seen = []

    def refuse(envelope: dict[str, t.Any]) -> Exception | None:
        seen.append(envelope)
        return notifier.NotTakenError("refused") if len(seen) == 1 else None

    api.ear.refuse = refuse
    api.tell(sid, "MAINTENANCE")
    api.service.outbox.run_once()
    api.service.outbox.run_once()
    assert len(seen) == 2
    assert seen[0] == seen[1]


def test_a_refused_write_leaves_nothing_in_the_outbox(api: Api, sid: str) -> None:
    api.admin.lease = "99"
    request = {"messages": [{"project_id": "p1", "state": "MAINTENANCE"}]}
    api.admin.refused(409, "POST", f"/v1/sessions/{sid}/messages", request)
    assert waiting(api) == []


def test_the_outbox_survives_a_restart(make_api: t.Callable[..., Api]) -> None:
    api = make_api()
    sid = api.session()
    api.tell(sid, "MAINTENANCE")
    api.admin.ok("DELETE", f"/v1/maintenance/{sid}")
    api.service.stop()
    again = make_api()
    assert [one["state"] for one in again.told()] == ["MAINTENANCE", "MAINTENANCE_COMPLETE"]


def test_a_commit_wakes_the_threads(api: Api, sid: str) -> None:
    outbox, deadlines, *_others = api.service._threads
    for thread in (outbox, deadlines):
        thread._woken.clear()
    api.clock.tick(1)
    api.owner("GET", f"/v1/sessions/{sid}")
    assert not outbox._woken.is_set()
    api.tell(sid, "MAINTENANCE")
    assert outbox._woken.is_set()
    assert deadlines._woken.is_set()


class TestIntake:
    @pytest.fixture
    def intake_api(self, make_api: t.Callable[..., Api]) -> Api:
        api = make_api(notifications={"intake_url": INTAKE})
        api.service.outbox._notifier = notifier.make(api.service.conf)
        return api

    def test_it_is_posted_as_json(self, intake_api: Api, requests_mock: t.Any) -> None:
        requests_mock.post(INTAKE, status_code=202)
        sid = intake_api.session()
        (message,) = intake_api.tell(sid, "MAINTENANCE")
        assert intake_api.service.outbox.run_once() is None
        body = requests_mock.last_request.json()
        assert set(body) == {"message_id", "publisher_id", "event_type", "priority", "timestamp", "payload"}
        assert (body["event_type"], body["payload"]["message_id"]) == ("maintenance.scheduled", message["id"])

    @pytest.mark.parametrize(
        ("answer", "alone"),
        [
            ({"status_code": 500}, False),
            ({"status_code": 503}, False),
            ({"status_code": 429}, False),
            ({"status_code": 302, "headers": {"Location": "http://elsewhere.example.org/"}}, False),
            ({"exc": requests.ConnectionError("refused")}, False),
            ({"exc": requests.Timeout("slow")}, False),
            ({"status_code": 400}, True),
            ({"status_code": 422}, True),
        ],
    )
    def test_what_counts_as_not_taken(self, intake_api: Api, requests_mock: t.Any, answer: dict[str, t.Any], alone: bool) -> None:
        requests_mock.post(INTAKE, **answer)
        intake_api.session()
        pause = intake_api.service.outbox.run_once()
        assert pause == pytest.approx(0.2)
        assert len(waiting(intake_api)) == 1
        assert bool(intake_api.service.outbox._held) is alone
        requests_mock.post(INTAKE, status_code=200)
        intake_api.clock.tick(1)
        intake_api.service.outbox.run_once()
        assert waiting(intake_api) == []


class TestBus:
    """Through oslo.messaging with a broker in memory."""

    @pytest.fixture
    def service(self, write_config: t.Callable[..., t.Any], clock: t.Any) -> t.Iterator[Service]:
        conf = config.load(["--config-file", str(write_config(notifications={"transport_url": "kombu+memory://"}))])
        oslo_log.setup(conf, "test")
        service = Service(conf, clock)
        yield service
        service.stop()

    def test_the_bus_carries_what_the_predecessor_put_there(
        self, service: Service, clock: t.Any, recorded: t.Callable[[str], dict[str, t.Any]]
    ) -> None:
        from .conftest import Api as RealApi  # noqa: PLC0415

        carried: list[tuple[str, dict[str, t.Any], float]] = []
        bus = t.cast("notifier.BusNotifier", service._notifier)
        driver = bus._transport._driver
        original = driver.send_notification

        def listen(target: t.Any, ctxt: t.Any, message: t.Any, version: float, **options: t.Any) -> None:
            carried.append((target.topic, json.loads(json.dumps(message)), version))
            original(target, ctxt, message, version, **options)

        driver.send_notification = listen
        api = RealApi(service, clock, t.cast("t.Any", bus))
        sid = api.session()
        api.inventory(sid, i1="p1@h1")
        api.tell(sid, "MAINTENANCE")
        api.tell(sid, "PLANNED_MAINTENANCE", "i1")
        api.admin.ok("PUT", f"/v1/sessions/{sid}/instances/i1", {"state": "MOVED", "host": "h2"})
        api.admin.ok("PUT", f"/v1/sessions/{sid}/hosts/h1", {"state": "IN_MAINTENANCE"})
        assert service.outbox.run_once() is None
        by_state = {(message["event_type"], message["payload"]["state"]): message for _topic, message, _version in carried}
        for name, key in (
            ("bus-01-project-maintenance", ("maintenance.scheduled", "MAINTENANCE")),
            ("bus-07-project-planned-maintenance", ("maintenance.scheduled", "PLANNED_MAINTENANCE")),
            ("bus-04-project-instance-action-done", ("maintenance.scheduled", "INSTANCE_ACTION_DONE")),
            ("bus-05-host-in-maintenance-compute-3", ("maintenance.host", "IN_MAINTENANCE")),
        ):
            theirs = json.loads(recorded(f"fenix/{name}.json")["body"])
            ours = by_state[key]
            # The two with an underscore are made below us: the context, which was a placeholder, and a number for duplicates.
            assert set(ours) == {field for field in theirs if not field.startswith("_")}
            assert (ours["priority"], ours["publisher_id"]) == (theirs["priority"], theirs["publisher_id"])
            assert set(ours["payload"]) == {*theirs["payload"], "service", "message_id"}
            for field, value in theirs["payload"].items():
                assert type(ours["payload"][field]) is type(value), field
            assert ours["payload"]["allowed_actions" if "allowed_actions" in theirs["payload"] else "state"] == (
                theirs["payload"].get("allowed_actions", theirs["payload"]["state"])
            )
        assert {(topic, version) for topic, _message, version in carried} == {("notifications.info", 1.0)}

    def test_a_bus_that_is_away_is_not_taken_for_one_that_took_it(self, service: Service) -> None:
        bus = t.cast("notifier.BusNotifier", service._notifier)

        def fail(*args: t.Any, **options: t.Any) -> None:
            raise OSError("broker is away")

        bus._transport._driver.send_notification = fail
        with service.work.write() as unit:
            unit.notify("maintenance.host", {"state": "IN_MAINTENANCE"}, lane="x/")
        assert service.outbox.run_once() == pytest.approx(0.2)
        with service.store.engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT error FROM outbox").scalar_one() == "OSError: broker is away"


def test_without_bus_and_intake_projects_read_their_messages(make_api: t.Callable[..., Api]) -> None:
    api = make_api()
    assert isinstance(notifier.make(api.service.conf), notifier.NowhereNotifier)
