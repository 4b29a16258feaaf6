# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The source and the process that answers for it, played by a script that does what the name of a session says."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import sys
import time

import pytest

from tests.unit.eda.listening import PROJECT, alarm, listening

OTHER_PATH = f"/v1.0/vnfs/vnf-2/maintenance/{PROJECT}"
SCRIPT = """
import json, os, pathlib, sys, time
def say(**said):
    print(json.dumps(said), flush=True)
folder = pathlib.Path(__file__).parent
with (folder / "starts").open("a") as starts:
    starts.write(f"{os.getpid()}\\n")
settings = json.loads(sys.stdin.readline())["settings"]
(folder / "settings.json").write_text(json.dumps(settings))
if settings["cloud"] == "slow":
    time.sleep(60)
if settings["cloud"] == "away":
    say(away="no password")
else:
    say(ready="http://there/v1")
for line in (folder / "pending").read_text().splitlines() if (folder / "pending").exists() else []:
    say(pending=[json.loads(line)])
for line in sys.stdin:
    for one in json.loads(line)["answer"]:
        with (folder / "asked").open("a") as asked:
            asked.write(json.dumps(one) + "\\n")
        what = one["hint"]["session_id"].split("-")[0]
        if what == "die" or (what == "once" and len((folder / "starts").read_text().split()) == 1):
            os._exit(9)
        if what == "later":
            time.sleep(0.2)
            os._exit(9)
        if what == "hang":
            time.sleep(60)
        if what == "nonsense":
            print("Traceback", flush=True)
        if what != "silent":
            say(outcomes=[{"id": one["id"], "outcome": {"once": "done"}.get(what, what), "text": "as told"}])
"""


def waited(test):
    """Run a test that is a coroutine."""

    @functools.wraps(test)
    def run(*args, **kwargs):
        asyncio.run(test(*args, **kwargs))

    return run


@pytest.fixture
def folder(tmp_path, intake, monkeypatch):
    """Where the script keeps what it was told; short times."""
    path = tmp_path / "process.py"
    path.write_text(SCRIPT)
    monkeypatch.setattr(intake.answering, "COMMAND", (sys.executable, str(path)))
    monkeypatch.setattr(intake.answering, "LIMIT", 1.5)
    monkeypatch.setattr(intake.answering, "WITHIN", 5.0)
    monkeypatch.setattr(intake.answering, "LONGEST_BACK_OFF", 0.01)
    return tmp_path


def asked(folder):
    path = folder / "asked"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def answering(source, **args):
    return listening(source, **{"cloud": "mine", "confirm": True, **args})


async def ready(running):
    await running.log.wait_for("Messages are answered through")


async def over(running, number):
    """Wait until so many deliveries were answered by the process."""
    async with asyncio.timeout(10):
        while sum(value for name, value in (await running.metrics()).items() if name.startswith("answered_total")) < number:
            await asyncio.sleep(0.02)
        while (await running.metrics())["not_over"]:
            await asyncio.sleep(0.02)


def notification(state="MAINTENANCE", *, session="work-1", message_id: str | None = "m-1", **more):
    """What the process says that waits."""
    payload = {"session_id": session, "project_id": PROJECT, "state": state, "instance_ids": ["i-1"], **more}
    named = {"message_id": message_id} if message_id else {}
    return {"event_type": "maintenance.scheduled", **named, "payload": {**payload, **named}}


@waited
async def test_what_the_process_answers_is_not_handed_on(source, folder):
    async with answering(source) as running:
        await ready(running)
        assert await running.status(body=alarm(session="done-1")) == 200
        assert await running.status(body=alarm(session="dropped-1")) == 200
        await over(running, 2)
        assert running.queue.empty()
        assert [one["hint"]["session_id"] for one in asked(folder)] == ["done-1", "dropped-1"]


@waited
async def test_it_is_told_who_heard_and_no_key(source, folder):
    async with answering(source) as running:
        await ready(running)
        assert await running.status(body=alarm(session="done-1")) == 200
        await over(running, 1)
        [one] = asked(folder)
        assert set(one) == {"id", "hint"}
        assert one["hint"]["vnf_ids"] == ["vnf-1"]
        assert "delivery" not in one["hint"]


@waited
async def test_what_it_leaves_is_handed_on_at_once(source, folder):
    async with answering(source) as running:
        await ready(running)
        async with asyncio.timeout(2):
            assert await running.status(body=alarm(session="work-1")) == 200
            [message] = await running.batch()
        assert (message["session_id"], message["vnf_ids"], message["delivery"]["attempt"]) == ("work-1", ["vnf-1"], 1)
        assert (await running.report(message["delivery"], "done"))[0] == 200


@pytest.mark.parametrize("session", ["hang-1", "die-1", "nonsense-1", "silent-1"])
@waited
async def test_a_process_that_fails_is_replaced_and_its_messages_are_handed_on(source, folder, session):
    async with answering(source) as running:
        await ready(running)
        assert await running.status(body=alarm(session=session)) == 200
        [message] = await running.batch()
        assert message["session_id"] == session
        await running.log.wait_for("is started again")
        running.log.lines.clear()
        assert await running.status(body=alarm(session="done-2")) == 200
        await over_or_started(running, folder)


@waited
async def test_a_process_that_was_of_use_is_started_again_at_once_however_often_it_ends(source, folder, intake, monkeypatch):
    """Without it nobody looks for what no alarm told of."""
    monkeypatch.setattr(intake.answering, "LONGEST_BACK_OFF", 60.0)
    async with answering(source) as running:
        for number in range(2):
            await ready(running)
            running.log.lines.clear()
            assert await running.status(body=alarm(session="die-1")) == 200
            await running.batch()
            assert (await running.log.wait_for(r"is started again in (\S+) s"))[1] == "1", number


@waited
async def test_what_was_about_to_be_asked_when_the_process_ended_is_handed_on_too(source, folder, intake, monkeypatch):
    monkeypatch.setattr(intake.answering, "LIMIT", 30.0)
    taken = []

    def take(connection, now, asked):
        turns = original(connection, now, asked)
        taken.extend(question for turn in turns for question in turn.questions)
        if len(taken) == 2:
            # The second is in the journal's hands while the first ends the process.
            time.sleep(0.5)
        return turns

    original = intake.asking.take
    monkeypatch.setattr(intake.asking, "take", take)
    async with answering(source) as running:
        await ready(running)
        for session in ("later-1", "work-2"):
            assert await running.status(body=alarm(session=session)) == 200
        found = set()
        async with asyncio.timeout(10):
            while found != {"later-1", "work-2"}:
                found |= {message["session_id"] for message in await running.batch()}


async def over_or_started(running, folder):
    """The message that came while there was no process is asked of the next one."""
    async with asyncio.timeout(10):
        while "done-2" not in [one["hint"]["session_id"] for one in asked(folder)]:
            await asyncio.sleep(0.02)
    assert len((folder / "starts").read_text().split()) >= 2


@waited
async def test_what_the_last_source_had_asked_is_asked_again(source, folder, tmp_path):
    journal = str(tmp_path / "journal.sqlite")
    args = {"journal": journal, "listener": "me"}
    async with answering(source, **args) as running:
        await ready(running)
        assert await running.status(body=alarm(session="silent-1")) == 200
        async with asyncio.timeout(10):
            while not asked(folder):
                await asyncio.sleep(0.02)
    (folder / "asked").unlink()
    async with answering(source, **args) as running:
        await ready(running)
        async with asyncio.timeout(10):
            while not asked(folder):
                await asyncio.sleep(0.02)


@waited
async def test_a_process_that_starts_slowly_is_not_waited_for(source, folder, intake, monkeypatch):
    """On a loaded machine the start takes longer than the patience of a message that comes meanwhile."""
    monkeypatch.setattr(intake.answering, "WITHIN", 0.3)
    async with answering(source, cloud="slow") as running:
        async with asyncio.timeout(10):
            while not (folder / "settings.json").exists():
                await asyncio.sleep(0.01)
        async with asyncio.timeout(5):
            assert await running.status(body=alarm(session="work-1")) == 200
            [message] = await running.batch()
        assert message["session_id"] == "work-1"
        assert asked(folder) == []


@waited
async def test_while_the_cloud_is_away_everything_is_handed_on_at_once(source, folder):
    async with answering(source, cloud="away") as running:
        await running.log.wait_for("no password")
        async with asyncio.timeout(2):
            assert await running.status(body=alarm(session="done-1")) == 200
            [message] = await running.batch()
        assert message["session_id"] == "done-1"
        assert asked(folder) == []


@waited
async def test_what_only_informs_is_handed_on(source, folder):
    async with answering(source) as running:
        await ready(running)
        async with asyncio.timeout(2):
            assert await running.status(body=alarm("INSTANCE_ACTION_DONE", session="done-1")) == 200
            [message] = await running.batch()
        assert message["state"] == "INSTANCE_ACTION_DONE"
        assert asked(folder) == []


@waited
async def test_the_end_is_left_to_the_rulebook_while_something_else_goes_on(source, folder):
    """Otherwise an end could be acknowledged before the scale-in that it undoes has noted anything."""
    async with answering(source) as running:
        await ready(running)
        assert await running.status(body=alarm("SCALE_IN", session="work-1")) == 200
        [scale] = await running.batch()
        assert await running.status(body=alarm("MAINTENANCE_COMPLETE", session="work-1")) == 200
        [end] = await running.batch()
        assert [one["hint"]["state"] for one in asked(folder)] == ["SCALE_IN"]
        for one in (scale, end):
            assert (await running.report(one["delivery"], "done"))[0] == 200
        assert await running.status(body=alarm("MAINTENANCE_COMPLETE", session="done-1")) == 200
        await over(running, 2)


@waited
async def test_of_two_ends_the_second_is_left_to_the_rulebook_while_that_has_the_first(source, folder):
    """It may be restoring still."""
    async with answering(source) as running:
        await ready(running)
        found = []
        for session in ("work-1", "work-1"):
            assert await running.status(body=alarm("MAINTENANCE_COMPLETE", session=session)) == 200
            found += await running.batch()
        assert len(found) == 2
        assert len(asked(folder)) == 1


@waited
async def test_the_end_does_not_wait_for_what_only_informs(source, folder):
    async with answering(source) as running:
        await ready(running)
        # The rulebook takes neither of these, so what only informs stays in the journal.
        for _number in range(2):
            assert await running.status(body=alarm("INSTANCE_ACTION_DONE", session="done-1")) == 200
        assert await running.status(body=alarm("MAINTENANCE_COMPLETE", session="done-1")) == 200
        async with asyncio.timeout(10):
            while "MAINTENANCE_COMPLETE" not in [one["hint"]["state"] for one in asked(folder)]:
                await asyncio.sleep(0.01)


@waited
async def test_answering_can_be_left_to_the_rulebook(source, folder):
    async with answering(source, answer="false") as running:
        await ready(running)
        async with asyncio.timeout(2):
            assert await running.status(body=alarm(session="done-1")) == 200
            assert len(await running.batch()) == 1
        assert asked(folder) == []


@waited
async def test_without_a_cloud_there_is_no_process(source, folder):
    async with listening(source) as running:
        assert await running.status(body=alarm(session="done-1")) == 200
        assert len(await running.batch()) == 1
    assert not (folder / "starts").exists()


@waited
async def test_its_settings_hold_no_secret(source, folder):
    async with answering(source, policies={"default": {}}, policy_file="/p.yml", reconcile=False) as running:
        await ready(running)
    settings = json.loads((folder / "settings.json").read_text())
    expected = {"cloud": "mine", "region_name": None, "policies": {"default": {}}, "policy_file": "/p.yml", "reconcile": False}
    assert settings == expected


@waited
async def test_the_process_ends_with_the_source(source, folder):
    async with answering(source) as running:
        await ready(running)
        [pid] = (folder / "starts").read_text().split()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


# --- what no alarm told of


async def made_up(running):
    return (await running.metrics())["made_up_total"]


@waited
async def test_a_message_that_no_alarm_told_of_becomes_a_delivery(source, folder):
    (folder / "pending").write_text(json.dumps(notification(metadata={"evil": "{{ 7 }}"})) + "\n")
    async with answering(source) as running:
        [message] = await running.batch()
        assert (message["state"], message["session_id"], message["message_id"]) == ("MAINTENANCE", "work-1", "m-1")
        assert (message["vnf_id"], message["vnf_ids"], message["metadata"]) == (None, [], {})
        # The alarm about it, late.
        assert await running.status(body=alarm(session="work-1", message_id="m-1")) == 200
        assert (await running.report(message["delivery"], "done"))[0] == 200
        await asyncio.sleep(0)
        assert (await running.metrics())["not_over"] == 0
        assert running.queue.empty()


@waited
async def test_it_is_answered_by_the_process_like_any_other(source, folder):
    (folder / "pending").write_text(json.dumps(notification(session="done-1")) + "\n")
    async with answering(source) as running:
        await over(running, 1)
        assert running.queue.empty()


@waited
async def test_what_an_alarm_told_of_is_not_made_up(source, folder, tmp_path):
    """Neither while it is handled nor right after."""
    args = {"journal": str(tmp_path / "journal.sqlite")}
    body = alarm(session="work-1", message_id="m-1")
    async with answering(source, **args) as running:
        await ready(running)
        assert await running.status(body=body) == 200
        [message] = await running.batch()
        assert (await running.report(message["delivery"], "done"))[0] == 200
    (folder / "pending").write_text((json.dumps(notification()) + "\n") * 3 + json.dumps(notification(message_id="m-2")) + "\n")
    async with answering(source, **args) as running:
        [message] = await running.batch()
        assert message["message_id"] == "m-2"
        assert await made_up(running) == 1


@waited
async def test_what_still_waits_long_after_it_was_done_comes_again(source, folder, tmp_path, intake, monkeypatch):
    monkeypatch.setattr(intake.reconciling, "SECOND_THOUGHTS", 0.0)
    args = {"journal": str(tmp_path / "journal.sqlite")}
    async with answering(source, **args) as running:
        await ready(running)
        assert await running.status(body=alarm(session="work-1", message_id="m-1")) == 200
        [first] = await running.batch()
        assert (await running.report(first["delivery"], "done"))[0] == 200
    (folder / "pending").write_text(json.dumps(notification()) + "\n")
    async with answering(source, **args) as running:
        [again] = await running.batch()
        assert again["delivery"]["id"] == first["delivery"]["id"]
        assert again["delivery"]["attempt"] > first["delivery"]["attempt"]
        before = {**first["delivery"], "url": again["delivery"]["url"]}
        assert (await running.report(before, "held", vnf_ids=[], seconds=5))[0] == 409


@pytest.fixture
def look(request, intake, monkeypatch):
    """How old a look at the service may be."""
    monkeypatch.setattr(intake.reconciling, "LOOK", float(request.param))
    return request.param


@pytest.mark.parametrize(
    ("state", "look", "number"),
    [("MAINTENANCE", 0, 0), ("PLANNED_MAINTENANCE", 60, 0), ("PLANNED_MAINTENANCE", 0, 1)],
    indirect=["look"],
)
@waited
async def test_a_message_without_an_id_is_not_made_up_when_an_alarm_may_have_told_of_it(source, folder, look, state, number):
    """A Fenix fails its session over a second answer; PLANNED_MAINTENANCE comes once for each host."""
    args = {"journal": str(folder / "journal.sqlite")}
    async with answering(source, **args) as running:
        await ready(running)
        assert await running.status(body=alarm(state, session="work-1")) == 200
        [message] = await running.batch()
        assert (await running.report(message["delivery"], "done"))[0] == 200
    told = [notification(state, message_id=None), notification(session="done-9", message_id="m-9")]
    (folder / "pending").write_text("".join(json.dumps(one) + "\n" for one in told))
    async with answering(source, **args) as running:
        async with asyncio.timeout(10):
            while not [one for one in asked(folder) if one["hint"]["session_id"] == "done-9"]:
                await asyncio.sleep(0.02)
        assert await made_up(running) == 1 + number


@waited
async def test_the_collection_is_found_by_its_place_or_in_the_paths(intake, tmp_path, monkeypatch):
    find = intake.answering.import_root
    place = tmp_path / "ansible_collections" / "nfv" / "maintenance"
    file = place / "extensions" / "eda" / "plugins" / "plugin_utils" / "maintenance_intake" / "answering.py"
    file.parent.mkdir(parents=True)
    file.touch()
    assert find(file) == tmp_path
    checkout = tmp_path / "checkout"
    place.rename(checkout)
    elsewhere = checkout / file.relative_to(place)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "empty")])
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(tmp_path))
    with pytest.raises(intake.errors.ArgumentError, match="cannot be imported"):
        find(elsewhere)
    place.symlink_to(checkout)
    assert find(elsewhere) == tmp_path


@waited
async def test_the_process_of_the_collection_says_why_it_is_away(source, tmp_path, monkeypatch):
    """The real one, without a clouds.yaml."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "none.yaml"))
    async with answering(source, cloud="nowhere") as running:
        await running.log.wait_for("No message is answered by the source itself: .*nowhere")
        assert await running.status(body=alarm()) == 200
        assert len(await running.batch()) == 1
