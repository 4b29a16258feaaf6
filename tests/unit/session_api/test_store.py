# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept: tables as migrated, restarts, many writers, both databases."""

from __future__ import annotations

import concurrent.futures
import pathlib
import typing as t

import alembic.command
import alembic.config
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api import models
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api.posting import Answer
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api.store.database import Store

import tests.postgresql as postgresql_server

from .direct import Receivers, deliver, deliveries, signed_by, subscribe

Api = t.Any


def test_the_migrations_make_the_tables_of_the_models(empty_database: pathlib.Path) -> None:
    with sa.create_engine(f"sqlite:///{empty_database}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), models.Base.metadata) == []


def test_upgrading_again_changes_nothing(api: Api) -> None:
    sid = api.session()
    api.service.store.upgrade()
    assert api.detail(sid)["id"] == sid


def test_what_an_older_version_wrote_is_kept(api: Api) -> None:
    """The way up from the first tables, with a message in them."""
    sid = api.session()
    (message,) = api.tell(sid, "MAINTENANCE", window=60)
    with api.service.store._writing.begin() as connection:
        setup = alembic.config.Config()
        setup.set_main_option("script_location", str(pathlib.Path(models.__file__).parent / "migrations"))
        setup.attributes["connection"] = connection
        alembic.command.downgrade(setup, "0001")
        connection.exec_driver_sql("SELECT 1 FROM messages")
        assert not sa.inspect(connection).has_table("subscriptions")
    api.service.store.upgrade()
    assert api.message(sid, message["id"]) == message


def test_a_database_of_a_newer_version_is_refused(tmp_path: pathlib.Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/x.sqlite")
    store.upgrade()
    with store.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(ValueError, match="revision that this version does not know"):
        store.upgrade()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_that_forgets_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="forget"):
        Store(url)


def test_sqlite_is_set_up_for_it(api: Api) -> None:
    with api.service.store.engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
        assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_everything_is_still_there_after_a_restart(make_api: t.Callable[..., Api]) -> None:
    api = make_api()
    sid = api.session("h1", "h2", name="rack 7")
    api.inventory(sid, i1="p1@h1")
    (message,) = api.tell(sid, "PLANNED_MAINTENANCE", "i1", window=60)
    api.admin.ok("PUT", f"/v1/sessions/{sid}/hosts/h1", {"state": "DRAINING", "disabled": True})
    before = [api.admin.ok("GET", f"/v1/sessions/{sid}{path}") for path in ("", "/messages", "/events")]
    api.service.stop()
    again = make_api()
    assert [again.admin.ok("GET", f"/v1/sessions/{sid}{path}") for path in ("", "/messages", "/events")] == before
    again.admin.lease = "1"
    assert again.tell(sid, "PLANNED_MAINTENANCE", "i1", window=60) == [message]
    again.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": "ACK_PLANNED_MAINTENANCE", "instance_action": "MIGRATE"})


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> str:
    """Return the URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/other.sqlite"
    return postgresql_server.database(request.getfixturevalue("postgresql"))


@pytest.fixture(scope="module")
def postgresql() -> t.Iterator[str]:
    """A PostgreSQL of our own, where the programs are there."""
    with postgresql_server.server() as url:
        yield url


def test_a_whole_conversation_in_each_database(make_api: t.Callable[..., Api], database: str) -> None:
    api = make_api(database={"connection": database})
    sid = api.session("h1", "h2", name="rack ü")
    api.inventory(sid, i1="p1@h1", i2="p1@h2")
    (message,) = api.tell(sid, "PLANNED_MAINTENANCE", "i1", window=60)
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": "ACK_PLANNED_MAINTENANCE", "instance_actions": {"i1": "MIGRATE"}})
    api.admin.ok("PUT", f"/v1/sessions/{sid}/instances/i1", {"state": "MOVED", "host": "h2", "seconds": 1.25})
    api.admin.ok("PUT", f"/v1/sessions/{sid}/hosts/h1", {"state": "IN_MAINTENANCE", "disabled": True})
    api.tell(sid, "MAINTENANCE", window=60)
    api.clock.tick(61)
    assert [one["status"] for one in api.admin.ok("GET", f"/v1/sessions/{sid}/messages")["messages"]] == [
        "acknowledged",
        "informed",
        "expired",
    ]
    assert api.message(sid, message["id"])["reply"]["instance_actions"] == {"i1": "MIGRATE"}
    assert [one["state"] for one in api.told()] == ["PLANNED_MAINTENANCE", "INSTANCE_ACTION_DONE", "MAINTENANCE"]
    api.admin.ok("DELETE", f"/v1/maintenance/{sid}")
    api.clock.tick(200_000)
    api.service._keep_time()
    with api.service.store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM messages").scalar_one() == 0
        with sa.create_engine(database).connect() as other:
            assert compare_metadata(MigrationContext.configure(other), models.Base.metadata) == []


def test_direct_delivery_in_each_database(make_api: t.Callable[..., Api], database: str) -> None:
    api = make_api(database={"connection": database})
    receivers = Receivers()
    api.service.deliverer._poster = receivers
    made = subscribe(api)
    sid = api.session()
    receivers.answers[made["url"]] = [Answer(422, "answered 422"), Answer(503, "answered 503")]
    api.tell(sid, "MAINTENANCE")
    api.tell(sid, "SCALE_IN")
    deliver(api)
    api.clock.tick(2)
    deliver(api)
    assert receivers.heard()[:2] == ["MAINTENANCE", "SCALE_IN"]
    assert sorted(receivers.heard()[2:]) == ["MAINTENANCE", "SCALE_IN"]
    [first, second] = deliveries(api, made, "?status=delivered&limit=2")
    api.owner.ok("POST", f"/v1/subscriptions/{made['id']}/deliveries/{second['id']}/resend", status=202)
    api.owner.ok("PUT", f"/v1/subscriptions/{made['id']}", {"rotate": True})
    deliver(api)
    assert signed_by(made["secret"], *receivers.posts[-1][1:])
    assert deliveries(api, made, f"?marker={second['id']}")[0]["id"] == first["id"]
    api.clock.tick(10**7)
    api.service.deliverer.run_once()
    assert deliveries(api, made) == []
    assert 'nfv_session_api_subscriptions{enabled="yes"} 1.0' in api.admin("GET", "/metrics").text
    api.owner.ok("DELETE", f"/v1/subscriptions/{made['id']}", status=204)


def test_of_two_replies_at_once_one_counts(make_api: t.Callable[..., Api], database: str) -> None:
    api = make_api(database={"connection": database})
    sid = api.session()
    for turn in range(5):
        (message,) = api.tell(sid, "PREPARE_MAINTENANCE", "i1", key=str(turn))
        bodies = [
            {"state": "ACK_PREPARE_MAINTENANCE", "instance_action": action}
            for action in ("MIGRATE", "LIVE_MIGRATE", "OWN_ACTION")
        ]
        callers = [(api.caller("member", "p1"), body) for body in bodies]
        with concurrent.futures.ThreadPoolExecutor(len(bodies)) as pool:
            path = f"/v1/maintenance/{sid}/p1"
            futures = [pool.submit(caller, "PUT", path, body) for caller, body in callers]
            answers = [future.result() for future in futures]
        taken = [body["instance_action"] for body, answer in zip(bodies, answers, strict=True) if answer.status_code == 200]
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        assert api.message(sid, message["id"])["reply"]["instance_actions"] == {"i1": taken[0]}


def test_of_two_runners_at_once_one_gets_the_lease(make_api: t.Callable[..., Api], database: str) -> None:
    api = make_api(database={"connection": database})
    sid = api.session(lease=False)
    callers = [api.caller("admin", "admins") for _holder in range(6)]
    with concurrent.futures.ThreadPoolExecutor(len(callers)) as pool:
        answers = list(
            pool.map(
                lambda n: callers[n]("POST", f"/v1/sessions/{sid}/lease", {"holder": str(n)}).status_code, range(len(callers))
            )
        )
    assert sorted(answers) == [200, 409, 409, 409, 409, 409]


def test_of_many_creations_at_once_one_gets_the_hosts_and_the_name(make_api: t.Callable[..., Api], database: str) -> None:
    api = make_api(database={"connection": database})
    body = {"hosts": ["h1"], "maintenance_at": "2026-11-21 02:00:00"}
    callers = [api.caller("admin", "admins") for _turn in range(6)]
    with concurrent.futures.ThreadPoolExecutor(len(callers)) as pool:
        answers = list(pool.map(lambda caller: caller("POST", "/v1/maintenance", body).status_code, callers))
        assert sorted(answers) == [200, 409, 409, 409, 409, 409]
        named = {**body, "hosts": ["h2"], "name": "n"}
        answers = list(pool.map(lambda caller: caller("POST", "/v1/maintenance", named).json["session_id"], callers))
    assert len(set(answers)) == 1


def test_two_services_on_one_database_do_not_both_take_a_host(make_api: t.Callable[..., Api], database: str) -> None:
    one, two = (make_api(database={"connection": database}) for _service in range(2))
    for turn in range(10):
        bodies = [
            {"hosts": [*own, f"shared-{turn}"], "maintenance_at": "2026-11-21 02:00:00"} for own in ([f"a-{turn}"], [f"b-{turn}"])
        ]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            futures = [
                pool.submit(api.admin, "POST", "/v1/maintenance", body) for api, body in zip((one, two), bodies, strict=True)
            ]
            answers = [future.result() for future in futures]
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        (made,) = [answer.json["session_id"] for answer in answers if answer.status_code == 200]
        assert [answer.json["session_id"] for answer in answers] == [made, made]
        one.admin.ok("DELETE", f"/v1/maintenance/{made}")


def test_two_services_on_one_database_do_not_both_take_a_reply(make_api: t.Callable[..., Api], database: str) -> None:
    """What the lock inside a process does not see: the database's own has to hold."""
    one, two = (make_api(database={"connection": database}) for _service in range(2))
    sid = one.session()
    for turn in range(10):
        one.tell(sid, "PREPARE_MAINTENANCE", "i1", key=str(turn))
        path = f"/v1/maintenance/{sid}/p1"
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            futures = [
                pool.submit(api.owner, "PUT", path, {"state": "ACK_PREPARE_MAINTENANCE", "instance_action": action})
                for api, action in ((one, "MIGRATE"), (two, "OWN_ACTION"))
            ]
            assert sorted(future.result().status_code for future in futures) == [200, 409]
