# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal on disk: what is answered is in it, whose it is, what is wrong with it, what is forgotten."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import stat

import pytest

from tests.unit.eda.listening import ARGS, alarm, listening


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "nfv.maintenance" / "journal.sqlite"


@pytest.fixture
def scenario(source, path):
    def run(*lives, **args):
        async def main():
            for steps in lives:
                async with listening(source, **{"journal": str(path), "confirm": True, "batch_window": 0, **args}) as running:
                    await steps(running)

        asyncio.run(main())

    return run


async def one(running, body=None):
    """Post one alarm, have it done, and return its message."""
    assert await running.status(body=body) == 200
    (message,) = await running.batch()
    assert (await running.report(message["delivery"], "done"))[0] == 200
    return message


async def accepts_one(running):
    await one(running)


def test_what_is_answered_200_is_committed_and_nothing_is_answered_before(scenario, path):
    async def steps(running):
        await one(running)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        posting = asyncio.ensure_future(running.status(body=alarm(session="waits")))
        done, _pending = await asyncio.wait([posting], timeout=0.5)
        assert not done, "it was answered before it could be written"
        other.execute("ROLLBACK")
        assert await posting == 200
        assert other.execute("SELECT count(*) FROM deliveries WHERE session_id = 'waits'").fetchone() == (1,)
        other.close()

    scenario(steps)


def test_each_commit_is_on_the_disk_before_it_is_answered(scenario, path, intake):
    """Of a killed machine this is all that a test can see: the file says that every commit is synchronised."""
    database = intake.database.Database(str(path))
    try:
        with database.transaction() as (connection, _now):
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    finally:
        database.close()


def test_while_the_journal_cannot_be_written_the_answer_is_503(scenario, path):
    async def steps(running):
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        body = alarm()
        status, answer, headers = await running.post(body=body)
        assert (status, answer, headers["Retry-After"]) == (503, {"error": "the journal cannot be written"}, "1")
        async with running.client.get(running.url + "/healthz") as health:
            assert health.status == 503
        other.execute("ROLLBACK")
        other.close()
        assert await running.status(body=body) == 200, "it had not been taken"
        assert len(await running.batch()) == 1
        async with running.client.get(running.url + "/healthz") as health:
            assert health.status == 200

    scenario(steps)


def test_the_file_is_for_its_owner_alone(scenario, path):
    async def steps(running):
        await one(running)
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        for ending in ("", "-wal", "-shm", ".lock"):
            assert stat.S_IMODE(path.with_name(path.name + ending).stat().st_mode) == 0o600, ending

    old = os.umask(0)
    try:
        scenario(steps)
    finally:
        os.umask(old)


def refused(source, **args):
    with pytest.raises(ValueError, match=r".") as raised:
        asyncio.run(asyncio.wait_for(source.main(asyncio.Queue(), {**ARGS, **args}), 10))
    return str(raised.value)


def test_a_file_that_others_may_read_is_refused(scenario, source, path):
    scenario(accepts_one)
    path.chmod(0o640)
    assert refused(source, journal=str(path)) == f"the journal {path} is open to other users; run: chmod 600 {path}"


def test_a_link_is_refused(source, path, tmp_path):
    path.parent.mkdir(parents=True)
    (tmp_path / "elsewhere").touch(mode=0o600)
    path.symlink_to(tmp_path / "elsewhere")
    assert "cannot be opened" in refused(source, journal=str(path))


def test_a_folder_that_cannot_be_made_is_named(source, tmp_path):
    (tmp_path / "file").touch()
    assert "cannot be made" in refused(source, journal=str(tmp_path / "file" / "journal.sqlite"))


def test_one_listener_has_a_file(source, path):
    async def main():
        async with listening(source, journal=str(path)) as running:
            with pytest.raises(ValueError, match=f"is in use by process {os.getpid()}; each listener needs its own"):
                await source.main(asyncio.Queue(), {**ARGS, "journal": str(path)})
            assert await running.status() == 200
        async with listening(source, journal=str(path)):
            pass

    asyncio.run(main())


def test_another_version_is_refused_and_left_alone(scenario, source, path):
    scenario(accepts_one)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE settings SET value = '99' WHERE name = 'schema'")
    before = path.read_bytes()
    said = refused(source, journal=str(path))
    assert "has version 99 and only 1 is known here; run the version of the collection that wrote it" in said
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["overwritten", "a page", "cut"])
def test_a_corrupt_file_is_set_aside_and_said_and_a_new_one_begun(scenario, path, caplog, damage):
    async def fill(running):
        for number in range(20):
            await one(running, alarm(session=f"s-{number}"))

    scenario(fill)
    assert not path.with_name("journal.sqlite-wal").exists(), "a clean end leaves all in one file"
    content = path.read_bytes()
    assert len(content) > 8 * 4096
    damaged = {
        "overwritten": b"this is not a database" * 500,
        "a page": content[: 4 * 4096] + b"\xff" * 8192 + content[6 * 4096 :],
        "cut": content[: len(content) // 2],
    }[damage]
    path.write_bytes(damaged)
    scenario(accepts_one)
    (kept,) = path.parent.glob("journal.sqlite.corrupt-*Z")
    assert kept.read_bytes() == damaged
    (said,) = [record for record in caplog.records if "is corrupt" in record.getMessage()]
    assert said.levelname == "ERROR"
    assert str(kept) in said.getMessage()


def test_a_journal_that_breaks_while_it_is_used_ends_the_source(source, path, intake, monkeypatch):
    import sqlalchemy as sa  # noqa: PLC0415 - only this test needs it

    def broken(*_args):
        raise sa.exc.DatabaseError("SELECT", {}, sqlite3.DatabaseError("database disk image is malformed"))

    async def main():
        async with listening(source, journal=str(path)) as running:
            monkeypatch.setattr(intake.handing_on, "agenda", broken)
            assert await running.status() in (200, 503)
            await asyncio.wait([running.task], timeout=10)

    with pytest.raises(RuntimeError, match=r"the journal cannot be used any more .database disk image is malformed."):
        asyncio.run(main())


def test_one_request_that_cannot_be_written_does_not_take_the_others_with_it(intake, path):
    """All that is asked at the same time shares a transaction."""

    def work(_connection, _now, asked):
        if "bad" in asked:
            raise KeyError("bad")
        return [one.upper() for one in asked]

    async def main():
        writer = intake.writer.Writer(intake.database.Database(str(path)))
        try:
            return await asyncio.gather(*(writer.do(work, one) for one in ("a", "bad", "c")), return_exceptions=True)
        finally:
            await writer.close()

    first, second, third = asyncio.run(main())
    assert (first, third) == ("A", "C")
    assert isinstance(second, KeyError)


# --- where it is -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "{state}/nfv.maintenance/journal.sqlite"),
        ({"port": 4711}, "{state}/nfv.maintenance/journal-4711.sqlite"),
        ({"journal": "/var/lib/j.sqlite"}, "/var/lib/j.sqlite"),
        ({"journal": "postgresql://u:p@h/d"}, "postgresql://u:p@h/d"),
    ],
)
def test_where_the_journal_is(intake, monkeypatch, tmp_path, given, expected):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    found = intake.arguments.check_arguments({"secrets": ARGS["secrets"], **given})
    assert found.journal == expected.format(state=tmp_path)
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/srv/owner")
    found = intake.arguments.check_arguments({"secrets": ARGS["secrets"], **given})
    assert found.journal == expected.format(state="/srv/owner/.local/state")


@pytest.mark.parametrize("wrong", ["mysql://u:p@h/d", "sqlite:///x"])
def test_another_database_is_refused_and_its_password_not_shown(source, wrong):
    said = refused(source, journal=wrong)
    assert said == "journal must be the path of a file or a postgresql:// URL"


# --- what is forgotten -------------------------------------------------------------------------------------------------


def test_what_has_been_over_for_long_is_forgotten_and_what_is_not_over_never(scenario):
    bodies = [alarm(session="done"), alarm(session="open")]

    async def before(running):
        await one(running, bodies[0])
        assert await running.status(body=bodies[1]) == 200
        assert len(await running.batch()) == 1

    async def after(running):
        assert [message["session_id"] for message in await running.batch()] == ["open"]
        told_again = {**bodies[0], "alarm_id": "x"}
        told_again["reason_data"]["event"]["message_id"] = "another-notification"
        assert await running.status(body=told_again) == 200
        assert [message["session_id"] for message in await running.batch()] == ["done"], "it is forgotten"

    scenario(before, after, retention=0)


@pytest.mark.parametrize("rules", [{"retention": 0}, {"retention_rows": 50}])
def test_the_file_does_not_grow_without_bound(intake, path, rules):
    database = intake.database.Database(str(path))
    kept = intake.handing_on.Rules("l", True, 30, 5, 1000, 10**9, **{"retention": 10**6, "retention_rows": 10**6, **rules})
    room = intake.accepting.Room(10**6, 10**9)
    tables = (intake.schema.deliveries, intake.schema.marks)

    def day(number):
        incoming = [
            intake.messages.Incoming("v", "p", f"s-{number}-{one}", "MAINTENANCE", "{}" * 200, (f"m-{number}-{one}",), None, None)
            for one in range(500)
        ]
        with database.transaction() as (connection, now):
            intake.accepting.accept(connection, now, [(one, room) for one in incoming])
            (batch,) = intake.handing_on.take(connection, now, [kept])
            for delivery in batch.deliveries:
                intake.handing_on.end(connection, now, delivery.id, "done", "x")
        with database.transaction() as (connection, now):
            intake.handing_on.purge(connection, now + 1, [kept])
            rows = {table.name: len(connection.execute(table.select()).all()) for table in tables}
            return connection.exec_driver_sql("PRAGMA page_count").scalar(), rows

    try:
        pages, _rows = day(1)
        for number in range(2, 6):
            now, rows = day(number)
            most = rules.get("retention_rows", 0)
            assert rows == {"deliveries": most, "marks": most}
        assert now <= pages * 1.3
    finally:
        database.close()
