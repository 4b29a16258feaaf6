# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of the source itself, and what no alarm told of, with our rulebook on the lab."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
import uuid
from pathlib import Path

import pytest

from tests.integration.eda.conftest import SPEED, Conversation, Owner
from tests.integration.eda.owned import OwnedStack
from tests.integration.eda.sessions import complete_all, replies

SESSIONS = 8
AWAY, BACK = "No message is answered by the source itself", "Messages are answered through"
LATE = "is work: it took too long to decide"


@pytest.fixture(scope="module")
def owned(tmp_path_factory):
    stack = OwnedStack(tmp_path_factory.mktemp("owned"), speed=SPEED, topology=Path(__file__).parent / "two_vnfs.yaml")
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def owner(owned, wait_until):
    wait_until(lambda: BACK in owned.log, "the source answers")
    return Owner(owned)


@pytest.fixture
def session(owned, owner, wait_until):
    conversation = Conversation(owned, owner.project_id)
    yield conversation
    conversation.end()
    # A playbook that failed while the endpoint was away is begun again some seconds later.
    wait_until(lambda: owned.counted("not_over") == 0, "nothing of this test is left in the journal")


@pytest.fixture
def no_play(owned):
    """No playbook begins in the test, but where the source says that it had not the time to decide by itself."""
    plays, late = owned.plays, owned.log.count(LATE)
    yield
    assert owned.plays == plays or owned.log.count(LATE) > late


@pytest.mark.usefixtures("no_play")
def test_what_wants_no_action_is_answered_without_a_playbook(owner, session):
    asked = session.ask("MAINTENANCE", owner.servers("one") + owner.servers("two"))
    found = session.answered(asked["id"])
    assert found["reply"]["state"] == "ACK_MAINTENANCE"
    session.state("PREPARE_MAINTENANCE")
    worker = owner.servers("one", "worker")[0]
    asked = session.ask("PREPARE_MAINTENANCE", [worker])
    assert session.answered(asked["id"])["reply"]["instance_actions"] == {worker: "MIGRATE"}


def test_what_wants_an_action_is_done_by_the_playbook(owned, owner, session):
    active = owner.active("two")
    session.state("PREPARE_MAINTENANCE")
    asked = session.ask("PREPARE_MAINTENANCE", [active])
    assert session.answered(asked["id"])["status"] == "acknowledged"
    assert owner.active("two") != active


def test_without_a_single_alarm_everything_is_answered(owned, owner, session, wait_until):
    before = owner.level("one")
    with owned.faults({"kind": "webhook_drop"}):
        announced = session.ask("MAINTENANCE", owner.servers("one"), window=20)
        assert session.answered(announced["id"], 20)["status"] == "acknowledged"
        session.state("SCALE_IN")
        scale = session.ask("SCALE_IN", owner.servers("one") + owner.servers("two"))
        assert session.answered(scale["id"])["status"] == "acknowledged"
        assert owner.level("one") == before - 1
        session.state("START_MAINTENANCE")
        session.state("MAINTENANCE_COMPLETE")
        end = session.ask("MAINTENANCE_COMPLETE", [])
        assert session.answered(end["id"])["status"] == "acknowledged"
        assert owner.level("one") == before
    assert replies(session) == {announced["id"]: 1, scale["id"]: 1, end["id"]: 1}


def test_every_session_completes_though_webhooks_are_lost_doubled_and_late(owned, owner):
    complete_all(owned, owner, SESSIONS, SESSIONS)


def test_a_process_that_is_killed_costs_nobody_an_answer(owned, owner, session, wait_until):
    process = wait_until(lambda: owned.answering, "the process runs")
    process.send_signal(signal.SIGKILL)
    asked = [session.ask("MAINTENANCE", owner.servers("one"), key=str(number)) for number in range(3)]
    assert {session.answered(one["id"])["status"] for one in asked} == {"acknowledged"}
    assert set(replies(session).values()) == {1}
    assert wait_until(lambda: (new := owned.answering) and new.pid != process.pid and new, "another one runs")


def test_an_endpoint_that_is_away_for_a_while_is_said_once_and_waited_for(owned, owner, session, wait_until):
    away, back, plays = owned.log.count(AWAY), owned.log.count(BACK), owned.plays
    with owned.faults({"kind": "webhook_delay", "seconds": 30}):
        asked = session.ask("MAINTENANCE", owner.servers("one"))
        wait_until(lambda: session.message(asked["id"])["sent_at"], "the alarm is on its way")
        owned.processes.kill("session-api")
        wait_until(lambda: owned.log.count(AWAY) > away, "it is said")
        # The alarm arrives while nobody can be asked.
        wait_until(lambda: owned.plays > plays, "the playbook tries")
    owned.start_session_api()
    assert session.answered(asked["id"], 90)["status"] == "acknowledged"
    wait_until(lambda: owned.log.count(BACK) > back, "it is back")
    assert owned.log.count(AWAY) == away + 1


@pytest.fixture
def stranger():
    """A listening socket of somebody else, and how often it was called."""
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def count():
            with contextlib.suppress(OSError):
                while True:
                    connection, _address = listening.accept()
                    calls.append(connection.recv(65536))
                    connection.close()

        threading.Thread(target=count, daemon=True).start()
        yield listening.getsockname()[1], calls


def alarm(state, project_id, **traits):
    fields = {"state": state, "project_id": project_id, **traits}
    event = {
        "message_id": str(uuid.uuid4()), "event_type": "maintenance.scheduled",
        "traits": [[name, 1, value] for name, value in fields.items()],
    }  # fmt: skip
    return {"current": "alarm", "reason_data": {"type": "event", "event": event}}


def refusals(owned):
    return [owned.counted(f'rejected_total{{status="{status}"}}') for status in (401, 403, 409)]


@pytest.mark.usefixtures("no_play")
def test_forged_webhooks_do_nothing_and_no_token_leaves(owned, owner, session, stranger, wait_until):
    port, calls = stranger
    vnf, project = owner.vnfs["one"], owner.project_id
    evil = f"http://127.0.0.1:{port}/v1/maintenance/{session.id}/{project}"
    with owned.faults({"kind": "webhook_drop"}):
        ended, refused = session.ask("MAINTENANCE", owner.servers("one")), refusals(owned)
        session.answered(ended["id"])
        before, dropped = owner.level("one"), owned.counted('answered_total{outcome="dropped"}')
        ids = f"['{owner.servers('one')[0]}']"
        forged = [
            alarm("SCALE_IN", project, session_id=session.id, reply_url=evil, instance_ids=evil),
            alarm("MAINTENANCE", project, session_id=session.id, reply_url=evil, instance_ids=evil),
            alarm("MAINTENANCE", project, session_id=session.id, instance_ids=ids),
            alarm("SCALE_IN", project, session_id=str(uuid.uuid4()), instance_ids=ids),
        ]
        assert [owned.post(vnf["id"], body) for body in forged] == [200] * len(forged)
        assert owned.post(vnf["id"], alarm("SCALE_IN", "another", session_id=session.id)) == 403
        assert owned.post(vnf["id"], forged[0], secret="not the secret of this VNF") == 401
        assert owned.post(vnf["id"], forged[0]) == 409
        wait_until(lambda: owned.counted('answered_total{outcome="dropped"}') >= dropped + len(forged), "all were looked at")
    assert [now - then for now, then in zip(refusals(owned), refused, strict=True)] == [1, 1, 1]
    assert owner.level("one") == before
    assert set(replies(session)) == {ended["id"]}
    assert calls == []
