# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Administrator and VNF owner converse through the session API, each with plays of their own; all of them are processes."""

from __future__ import annotations

import concurrent.futures
import importlib
import json
import socket
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import AUTH_SPEC
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError, failure
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import connect

from lab.stack import Stack
from tests.waiting import until

Task = dict[str, t.Any]
Results = list[dict[str, t.Any]]

BOUND = 60
MODULES = "ansible_collections.nfv.maintenance.plugins.modules"


class Plays:
    """One party with its credentials, by plays of its own."""

    def __init__(self, stack: Stack, cloud: str, folder: Path) -> None:
        self._stack = stack
        self._cloud = cloud
        self._folder = folder
        self._number = 0

    def begin(self, *tasks: Task, options: t.Sequence[str] = (), **play: t.Any) -> Play:
        """Start a play of tasks ``{module: options}``."""
        self._number += 1
        written = self._folder / f"{self._cloud}-{self._number}.json"
        steps = [
            {"name": f"Task {number}", **task, "register": f"result{number}", "ignore_errors": True}
            for number, task in enumerate(tasks)
        ]
        results = ", ".join(f"result{number}" for number in range(len(tasks)))
        save = {"dest": str(written), "content": "{{ [" + results + "] | to_json }}", "mode": "0600"}
        body = {
            "name": "Converse", "hosts": "localhost", "connection": "local", "gather_facts": False,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "module_defaults": {"group/nfv.maintenance.openstack": {"cloud": self._cloud}},
            "tasks": [*steps, {"name": "Save", "ansible.builtin.copy": save, "check_mode": False}], **play,
        }  # fmt: skip
        playbook = written.with_suffix(".yml")
        playbook.write_text(yaml.safe_dump([body]))
        command = self._stack.playbook_command(str(playbook), *options)
        process = subprocess.Popen(
            command, env=self._stack.env, cwd=self._folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Play(process, written)

    def do(self, *tasks: Task, **more: t.Any) -> Results:
        """Run a play to its end."""
        return self.begin(*tasks, **more).finish()


class Play:
    """A play under way."""

    def __init__(self, process: subprocess.Popen[str], written: Path) -> None:
        self._process = process
        self._written = written
        self.output = ""

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def finish(self) -> Results:
        self.output, _errors = self._process.communicate(timeout=BOUND)
        assert self._written.exists(), self.output
        return t.cast("Results", json.loads(self._written.read_text()))


class Party:
    """One party with its credentials, in this process: the same modules, without the seconds that a play costs."""

    def __init__(self, stack: Stack, cloud: str) -> None:
        entry = yaml.safe_load((stack.folder / "clouds.yaml").read_text())["clouds"][cloud]
        self._auth = {"auth": entry["auth"], "region_name": entry["region_name"]}
        self._pool = concurrent.futures.ThreadPoolExecutor(max_workers=2)

    def begin(self, *tasks: Task) -> concurrent.futures.Future[Results]:
        """Start with the tasks."""
        return self._pool.submit(self.do, *tasks)

    def do(self, *tasks: Task) -> Results:
        """Run tasks to their end."""
        return [self._run(name.rsplit(".", 1)[-1], options) for task in tasks for name, options in task.items()]

    def _run(self, name: str, options: dict[str, t.Any]) -> dict[str, t.Any]:
        module = importlib.import_module(f"{MODULES}.{name}")
        validator = ArgumentSpecValidator({**AUTH_SPEC, **module.SPEC}, **getattr(module, "RULES", {}))
        validated = validator.validate({**self._auth, **options})
        assert validated.error_messages == []
        params = validated.validated_parameters
        try:
            if hasattr(module, "read"):
                return {"failed": False, "changed": False, module.RETURNS: module.read(params, connect(params))}
            done = module.run(params, connect(params), False)
        except CollectionError as exc:
            return {"failed": True, "changed": False, **failure(exc)}
        return {"failed": False, "changed": done.changed, module.RETURNS: done.record, **done.extra}


def task(module: str, /, **options: t.Any) -> Task:
    return {f"nfv.maintenance.{module}": options}


class Talk:
    """A session that is open, and the two who converse in it."""

    def __init__(self, stack: Stack, folder: Path, name: str) -> None:
        self.stack = stack
        self.admin = Party(stack, "lab-admin")
        self.vnf = Party(stack, "lab-vnf")
        self.stranger = Party(stack, "lab-member")
        self.admin_plays = Plays(stack, "lab-admin", folder)
        self.vnf_plays = Plays(stack, "lab-vnf", folder)
        self.project_id = stack.vnf["project_id"]
        servers = [one for one in stack.control("GET", "state")["servers"] if one["project_id"] == self.project_id]
        self.instances = [
            {"id": one["id"], "name": one["name"], "project_id": self.project_id, "host": one["host"]} for one in servers
        ]
        self.host = servers[0]["host"]
        self.on_host = [one["id"] for one in servers if one["host"] == self.host]
        self.name = name
        self.open = task("fenix_session", name=name, hosts=[self.host], runner="one", instances=self.instances)
        [opened] = self.admin.do(self.open)
        assert not opened["failed"], opened["msg"]
        self.session = opened["fenix_session"]
        self.sid = self.session["session_id"]
        self.token = self.session["lease"]["token"]

    def message(self, state: str = "MAINTENANCE", *, window: int = 30, **more: t.Any) -> Task:
        one = {"project_id": self.project_id, "state": state, "window": window, **more.pop("extra", {})}
        return task("fenix_message", session_id=self.sid, lease_token=self.token, messages=[one], **more)

    def hint(self, state: str = "MAINTENANCE", **values: t.Any) -> dict[str, t.Any]:
        return {"vnf_id": self.stack.vnf["id"], "project_id": self.project_id, "session_id": self.sid, "state": state, **values}

    def heard(self, *, of: int = 1) -> list[dict[str, t.Any]]:
        """Wait until so many messages are pending."""

        def look() -> list[dict[str, t.Any]] | None:
            pending = self.stack.session_api(f"sessions/{self.sid}/messages?status=pending")["messages"]
            return pending if len(pending) == of else None

        return until(f"{of} pending", look, BOUND, every=0.05)

    def reply(self, state: str, **values: t.Any) -> Task:
        module = {name: values.pop(name) for name in ("ignore_refused",) if name in values}
        one = {"session_id": self.sid, "project_id": self.project_id, "state": state, **values}
        return task("fenix_reply", replies=[one], **module)


@pytest.fixture
def talk(stack: Stack, tmp_path: Path, request: pytest.FixtureRequest) -> t.Iterator[Talk]:
    """A session over the host of the first server; deleted afterwards, since a host is in one open session only."""
    made = Talk(stack, tmp_path, request.node.name)
    yield made
    made.admin.do(task("fenix_session", name=made.name, state="absent"))


def test_ask_hear_read_back_and_answer(talk: Talk) -> None:
    assert {one["id"] for one in talk.session["instances"]} == {one["id"] for one in talk.instances}
    asked = talk.admin_plays.begin(talk.message("PLANNED_MAINTENANCE", extra={"instance_ids": talk.on_host}))
    [sent] = talk.heard()
    forged = {"session_id": "00000000-e4e8-11f1-a118-02fc00000001"}
    [back] = talk.vnf.do(task("fenix_message_info", hints=[
        talk.hint("PLANNED_MAINTENANCE", instance_ids_url=sent["reply_url"], reply_url=sent["reply_url"]),
        talk.hint("PLANNED_MAINTENANCE", reply_url="http://evil.example/v1/maintenance/s/p"),
        talk.hint("SCALE_IN"),
        talk.hint("PLANNED_MAINTENANCE", project_id="f" * 32),
        talk.hint("PLANNED_MAINTENANCE", **forged),
    ]))  # fmt: skip
    [message] = back["fenix_messages"]
    assert message["id"] == sent["id"]
    assert sorted(message["instance_ids"]) == sorted(talk.on_host)
    assert message["vnf_id"] == talk.stack.vnf["id"]
    reasons = [one["reason"] for one in back["dropped"]]
    assert "does not belong to the maintenance endpoint" in reasons[0]
    assert "no message SCALE_IN" in reasons[1]
    assert f"it is for project {'f' * 32}" in reasons[2]
    assert "is unknown at" in reasons[3]

    answer = talk.reply(
        "ACK_PLANNED_MAINTENANCE", message_id=message["id"], reply_at=message["reply_at"],
        instance_actions=dict.fromkeys(talk.on_host, "MIGRATE"),
    )  # fmt: skip
    first, again = talk.vnf_plays.do(answer, answer)
    assert (first["changed"], first["fenix_replies"][0]["status"]) == (True, "accepted")
    assert (again["changed"], again["fenix_replies"][0]["status"]) == (False, "already")
    [told] = asked.finish()
    assert told["changed"]
    assert told["fenix_messages"][0]["reply"]["instance_actions"] == dict.fromkeys(talk.on_host, "MIGRATE")
    latency = told["fenix_messages"][0]["latency"]
    assert f"vnf-owner: ACK_PLANNED_MAINTENANCE after {latency:.1f} s" in asked.output

    # The same once more: the message of then, its reply, and nothing new.
    [same] = talk.admin.do(talk.message("PLANNED_MAINTENANCE", extra={"instance_ids": talk.on_host}))
    assert not same["changed"]
    assert same["fenix_messages"][0]["id"] == message["id"]
    # What was heard again leads nowhere.
    [replayed] = talk.vnf.do(task("fenix_message_info", hints=[talk.hint("PLANNED_MAINTENANCE", reply_url=sent["reply_url"])]))
    assert replayed["fenix_messages"] == []


def test_a_runner_that_was_killed_asks_again_and_the_project_hears_once(talk: Talk) -> None:
    killed = talk.admin_plays.begin(talk.message())
    [sent] = talk.heard()
    killed.kill()
    again = talk.admin.begin(talk.open, talk.message())
    talk.vnf.do(talk.reply("ACK_MAINTENANCE"))
    opened, told = again.result(BOUND)
    assert opened["fenix_session"]["session_id"] == talk.sid
    assert opened["fenix_session"]["lease"]["token"] == talk.token
    assert [one["id"] for one in told["fenix_messages"]] == [sent["id"]]
    every = talk.stack.session_api(f"sessions/{talk.sid}/messages")["messages"]
    assert [one["id"] for one in every] == [sent["id"]]


def test_a_refusal_ends_the_run_with_the_reason(talk: Talk) -> None:
    asked = talk.admin.begin(talk.message())
    talk.heard()
    [said] = talk.vnf.do(talk.reply("NACK_MAINTENANCE", reason="football final"))
    assert said["changed"]
    [told] = asked.result(BOUND)
    assert told["failed"]
    assert f"project {talk.project_id}: NACK_MAINTENANCE" in told["msg"]
    assert "(football final)" in told["msg"]
    assert told["failure"]["messages"][0]["status"] == "refused"


def test_silence_is_over_when_the_window_is_and_a_late_reply_is_refused(talk: Talk) -> None:
    [told] = talk.admin.do(talk.message(window=1, on_silence="return"))
    assert [one["status"] for one in told["expired"]] == ["expired"]
    [unasked, late] = talk.vnf.do(
        talk.reply("ACK_MAINTENANCE"),
        talk.reply("ACK_MAINTENANCE", reply_at=told["expired"][0]["reply_at"], ignore_refused=True),
    )
    assert unasked["failed"]
    assert "too late" in unasked["failure"]["replies"][0]["reason"]
    assert late["fenix_replies"][0]["status"] == "late"


def test_nobody_answers_or_sees_for_another_project(talk: Talk) -> None:
    asked = talk.admin.begin(talk.message())
    talk.heard()
    replied, seen, read = talk.stranger.do(
        talk.reply("ACK_MAINTENANCE"),
        task("fenix_session_info", session_id=talk.sid),
        task("fenix_message_info", session_id=talk.sid),
    )
    assert replied["failed"]
    assert "a project answers only for itself" in replied["msg"]
    assert seen["fenix_sessions"] == []
    assert read["fenix_messages"] == []
    [run] = talk.vnf.do(task("fenix_session", session_id=talk.sid, runner="vnf"))
    assert "HTTP 403" in run["msg"]
    talk.vnf.do(talk.reply("ACK_MAINTENANCE"))
    assert not asked.result(BOUND)[0]["failed"]


def test_a_stale_runner_cannot_write(talk: Talk) -> None:
    released, taken = talk.admin.do(
        task("fenix_session", session_id=talk.sid, lease_token=talk.token, release_lease=True),
        task("fenix_session", session_id=talk.sid, runner="two"),
    )
    assert released["fenix_session"]["lease"] is None
    assert taken["fenix_session"]["lease"]["token"] == talk.token + 1
    stale = [
        task("fenix_session", session_id=talk.sid, lease_token=talk.token, session_state="SCALE_IN"),
        task("fenix_host", session_id=talk.sid, lease_token=talk.token, hosts=[talk.host], state="DRAINING"),
        talk.message(),
    ]
    for result in talk.admin.do(*stale):
        assert result["failed"]
        assert result["failure"]["status"] == 409
    [held] = talk.admin.do(task("fenix_session", session_id=talk.sid, runner="three", wait=False))
    assert "runner two holds it until" in held["msg"]


def test_progress_failure_and_the_next_round(talk: Talk) -> None:
    host = {"session_id": talk.sid, "lease_token": talk.token, "hosts": [talk.host]}
    state = {"session_id": talk.sid, "lease_token": talk.token}
    done = talk.admin.do(
        task("fenix_session", **state, session_state="START_MAINTENANCE"),
        task("fenix_session", **state, session_state="START_MAINTENANCE"),
        task("fenix_host", **host, state="IN_MAINTENANCE", disabled=True),
        task("fenix_host", **host, state="IN_MAINTENANCE", disabled=True),
        task("fenix_session", **state, session_state="MAINTENANCE_FAILED", reason="fan " * 500),
        task("fenix_session", session_id=talk.sid, wait_for=["MAINTENANCE_DONE"], timeout=5),
        task("fenix_session", name=talk.name, state="continued"),
        task("fenix_session", **state, session_state="MAINTENANCE_DONE"),
        task("fenix_session_info", session_id=talk.sid, details=True),
    )
    assert [one["changed"] for one in done] == [True, False, True, False, True, False, True, False, False]
    assert [one["failed"] for one in done] == [False, False, False, False, False, True, False, True, False]
    assert "is MAINTENANCE_FAILED: fan fan" in done[5]["msg"]
    assert done[6]["fenix_session"]["round"] == 2
    assert "is MAINTENANCE, which MAINTENANCE_DONE may not follow" in done[7]["msg"]
    [session] = done[8]["fenix_sessions"]
    assert session["hosts"][0]["disabled"] is True
    assert {one["kind"] for one in session["events"]} >= {"session.created", "lease.taken", "host.state", "session.continued"}


def test_check_mode_changes_nothing(talk: Talk) -> None:
    before = talk.stack.session_api(f"sessions/{talk.sid}")
    results = talk.admin_plays.do(
        talk.message(),
        task("fenix_session", session_id=talk.sid, runner="somebody else", session_state="SCALE_IN"),
        task("fenix_host", session_id=talk.sid, lease_token=talk.token, hosts=[talk.host], state="DRAINING"),
        task("fenix_session", name=talk.name, state="absent"),
        options=["--check", "--diff"],
    )
    assert [one["changed"] for one in results] == [True, True, True, True]
    assert talk.stack.session_api(f"sessions/{talk.sid}") == before
    assert talk.stack.session_api(f"sessions/{talk.sid}/messages")["messages"] == []


def test_a_service_that_restarts_meanwhile_is_waited_for(talk: Talk) -> None:
    asked = talk.admin.begin(talk.message())
    talk.heard()
    talk.stack.processes.kill("session-api")
    answered = talk.vnf.begin(talk.reply("ACK_MAINTENANCE"))
    with socket.create_server(("127.0.0.1", talk.stack.session_api_port)) as gate:
        gate.settimeout(BOUND)
        gate.accept()[0].close()  # somebody has met a service that is not there
    talk.stack.start_session_api()
    [said] = answered.result(BOUND)
    [told] = asked.result(BOUND)
    assert not said["failed"], said["msg"]
    assert told["fenix_messages"][0]["status"] == "acknowledged"


def test_the_credentials_stay_where_they_belong(talk: Talk) -> None:
    """Options of one task, as ``auth``, in the action plug-in and in the module: never in what is returned."""
    clouds = yaml.safe_load((talk.stack.folder / "clouds.yaml").read_text())["clouds"]
    auth = clouds["lab-vnf"]["auth"]
    wrong = {**auth, "password": "correct-horse-battery"}
    away = {"nfv.maintenance.fenix_reply": {"auth": auth, "replies": []}, "become": False, "async": 30, "poll": 1}
    running = talk.vnf_plays.begin(
        task("fenix_reply", auth=auth, region_name="RegionOne", replies=[]),
        task("fenix_reply", auth=wrong, region_name="RegionOne", replies=[
            {"session_id": talk.sid, "project_id": talk.project_id, "state": "ACK_MAINTENANCE"}]),
        away,
        module_defaults={}, options=["-vvv"],
    )  # fmt: skip
    taken, refused, elsewhere = running.finish()
    assert not taken["failed"]
    assert refused["failed"]
    assert not elsewhere.get("failed"), elsewhere
    for secret in (auth["password"], wrong["password"]):
        assert secret not in json.dumps([taken, refused, elsewhere])
        assert secret not in running.output


def test_the_environment_of_a_task_names_the_cloud(talk: Talk) -> None:
    [own, read] = talk.vnf_plays.do(
        {"environment": {"OS_CLOUD": "lab-vnf"}, **talk.reply("ACK_MAINTENANCE")},
        {"environment": {"OS_CLOUD": "lab-vnf"}, **task("fenix_message_info", session_id=talk.sid)},
        module_defaults={},
    )
    assert "HTTP 409" in own["msg"]
    assert read["fenix_messages"] == []


def test_deleting_leaves_nobody_waiting(talk: Talk) -> None:
    asked = talk.admin.begin(talk.message())
    talk.heard()
    [gone] = talk.admin.do(task("fenix_session", name=talk.name, state="absent"))
    assert gone["changed"]
    [told] = asked.result(BOUND)
    assert told["failed"]
    [back] = talk.vnf.do(task("fenix_message_info", hints=[talk.hint("MAINTENANCE_COMPLETE")]))
    assert [one["state"] for one in back["fenix_messages"]] == ["MAINTENANCE_COMPLETE"]
    [said] = talk.vnf.do(talk.reply("ACK_MAINTENANCE_COMPLETE"))
    assert said["changed"]


def test_the_instance_dialect(stack: Stack) -> None:
    admin, vnf = Party(stack, "lab-admin"), Party(stack, "lab-vnf")
    project_id = stack.vnf["project_id"]
    ids = [one["id"] for one in stack.control("GET", "state")["servers"] if one["project_id"] == project_id][:3]
    name = "dialect"
    try:
        [opened] = admin.do(task("fenix_session", name=name, hosts=["compute-x"], workflow="vnf", runner="one"))
        session = opened["fenix_session"]
        one = {"project_id": project_id, "state": "PLANNED_MAINTENANCE", "instance_ids": ids, "window": 30}
        asked = admin.begin(
            task("fenix_message", session_id=session["session_id"], lease_token=session["lease"]["token"], messages=[one])
        )
        pending = f"sessions/{session['session_id']}/messages?status=pending"
        heard = until("messages to be pending", lambda: stack.session_api(pending)["messages"], BOUND, every=0.1)
        hints = [
            {"vnf_id": "v", "project_id": project_id, "session_id": session["session_id"], "state": "PLANNED_MAINTENANCE",
             "dialect": "instance", "instance_ids": [instance]} for instance in ids
        ]  # fmt: skip
        [back] = vnf.do(task("fenix_message_info", hints=hints))
        assert [message["instance_id"] for message in back["fenix_messages"]] == ids
        assert len(heard) == 3
        answers = [
            {"session_id": message["session_id"], "project_id": project_id, "instance_id": message["instance_id"],
             "state": "ACK_PLANNED_MAINTENANCE", "instance_action": "MIGRATE", "reply_at": message["reply_at"]}
            for message in back["fenix_messages"]
        ]  # fmt: skip
        [said] = vnf.do(task("fenix_reply", replies=answers))
        assert [reply["status"] for reply in said["fenix_replies"]] == ["accepted"] * 3
        [told] = asked.result(BOUND)
        assert [message["reply"]["instance_actions"] for message in told["fenix_messages"]] == [{one: "MIGRATE"} for one in ids]
    finally:
        admin.do(task("fenix_session", name=name, state="absent"))
