# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is believed, what is the same message, what is refused, and what is counted."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time

import pytest

from tests.unit.eda.listening import OTHER, PATH, SECRET, alarm, listening

OTHER_VNF = PATH.replace("vnf-1", "vnf-2")
KEY = bytes(range(32))
SIGNING = "whsec_" + base64.b64encode(KEY).decode()
OLD_KEY = bytes(range(1, 33))
OLD_SIGNING = "whsec_" + base64.b64encode(OLD_KEY).decode()


@pytest.fixture
def scenario(source, tmp_path):
    """Run coroutine functions, each with a source that was started anew on the same journal."""

    def run(*lives, **args):
        async def main():
            for steps in lives:
                async with listening(source, **{"journal": str(tmp_path / "j.sqlite"), "confirm": True, **args}) as running:
                    await steps(running)

        asyncio.run(main())

    return run


async def handed_on(running):
    """Everything that is handed on before something that is posted now, and that it ends with."""
    marker = f"marker-{time.monotonic_ns()}"
    assert await running.status(body=alarm(session=marker)) == 200
    messages = []
    while marker not in [message["session_id"] for message in messages]:
        messages += await running.batch()
    assert messages[-1]["session_id"] == marker, "what came before is handed on before"
    assert (await running.report(messages[-1]["delivery"], "done"))[0] == 200
    return messages[:-1]


def url_of(session):
    return f"http://fenix/v1/maintenance/{session}/project-1"


# --- the same message --------------------------------------------------------------------------------------------------


def test_the_alarm_of_another_vnf_joins_before_it_is_handed_on(scenario):
    async def steps(running):
        body = alarm("SCALE_IN")
        assert await running.status(body=body) == 200
        assert await running.status(OTHER_VNF, body=body, secret=OTHER) == 200
        (message,) = await handed_on(running)
        assert (message["vnf_id"], message["vnf_ids"]) == ("vnf-1", ["vnf-1", "vnf-2"])
        assert (await running.metrics())['duplicates_total{taken="yes"}'] == 1

    scenario(steps, batch_window=60, max_batch=2)


def test_the_alarm_of_another_vnf_is_no_second_message_while_the_first_is_handled_nor_after(scenario):
    async def steps(running):
        body = alarm("SCALE_IN")
        assert await running.status(body=body) == 200
        (message,) = await running.batch()
        assert await running.status(OTHER_VNF, body=body, secret=OTHER) == 200
        assert await handed_on(running) == []
        assert (await running.report(message["delivery"], "done"))[0] == 200
        third = {**body, "alarm_id": "another alarm"}
        third["reason_data"]["event"]["event_type"] = "maintenance.planned"
        assert await running.status(OTHER_VNF, body=third, secret=OTHER) == 200
        assert await handed_on(running) == []

    async def after(running):
        assert await handed_on(running) == []

    scenario(steps, after)


SAME = {"instance_ids": "['i']", "reply_at": "2026-11-21T02:00:00", "actions_at": "2026-11-21T02:00:00"}


@pytest.mark.parametrize(
    ("first", "second", "are_one"),
    [
        ({"message_id": "n-1"}, {"message_id": "n-2"}, True),  # said again
        ({"message_id": "n-1"}, {"message_id": "n-2", "session": "other"}, False),
        ({"message_id": "n-1"}, {"message_id": "n-2", "reply_at": "2026-11-21T02:00:01"}, False),
        ({"message_id": "n-1"}, {"message_id": "n-2", "actions_at": "2026-11-21T02:00:01"}, False),
        ({"message_id": "n-1"}, {"message_id": "n-2", "instance_ids": "['j']"}, False),
        ({"message_id": "n-1"}, {"message_id": "n-2", "state": "SCALE_IN"}, False),
        ({"message_id": "n-1"}, {"message_id": "n-2", "state": "IN_SCALE"}, False),
        ({"message_id": "n-1", "state": "DOWN_SCALE"}, {"message_id": "n-2", "state": "IN_SCALE"}, True),
        # The same URL for each host: only the times differ.
        ({"instance_ids": url_of("s")}, {"instance_ids": url_of("s"), "reply_at": "2026-11-21T02:04:00"}, False),
        ({"instance_ids": url_of("s")}, {"instance_ids": url_of("s")}, True),
        # An instance that is done twice.
        ({"reply_at": None, "actions_at": None}, {"reply_at": None, "actions_at": None}, False),
        # A list that was cut does not say which instances are meant.
        ({"instance_ids": "['" + "x" * 253}, {"instance_ids": "['" + "x" * 253}, False),
    ],
)
def test_without_an_id_of_its_own_a_message_is_known_by_what_it_says(scenario, first, second, are_one):
    async def before(running):
        assert await running.status(body=told(first)) == 200

    async def after(running):
        assert await running.status(body=told(second)) == 200
        assert len(await handed_on(running)) == (1 if are_one else 2)

    def told(changes):
        changes = {**SAME, **changes}
        return alarm(changes.pop("state", "PREPARE_MAINTENANCE"), session=changes.pop("session", "s"), **changes)

    scenario(before, after, batch_window=0.3)


def test_with_an_id_of_its_own_it_is_known_by_that_alone(scenario):
    def trait(message_id, notification, **changes):
        body = alarm("PLANNED_MAINTENANCE", message_id=notification, **{**SAME, **changes})
        body["reason_data"]["event"]["traits"].append(["message_id", 1, message_id])
        return body

    async def steps(running):
        assert await running.status(body=trait("m-1", "n-1")) == 200
        assert await running.status(body=trait("m-2", "n-2")) == 200, "about another host, and looks the same"
        assert await running.status(body=trait("m-1", "n-3", reply_at="2026-11-21T03:00:00")) == 200, "under another name"
        assert [message["message_id"] for message in await handed_on(running)] == ["m-1", "m-2"]

    scenario(steps, batch_window=0.3)


def test_the_very_same_notification_is_409_also_after_a_restart(scenario):
    body = alarm()

    async def before(running):
        assert await running.status(body=body) == 200
        status, answer, _headers = await running.post(body=body)
        assert (status, answer) == (409, {"error": "this notification was accepted before"})

    async def after(running):
        assert await running.status(body=body) == 409
        assert len(await handed_on(running)) == 1
        counted = await running.metrics()
        assert (counted['duplicates_total{taken="no"}'], counted['rejected_total{status="409"}']) == (1, 1)

    scenario(before, after, batch_window=0.3)


def test_what_was_not_taken_is_no_repetition(scenario):
    async def steps(running):
        assert await running.status(body=alarm(session="first")) == 200
        body = alarm(session="second")
        assert await running.status(body=body) == 503
        (message,) = await running.batch()
        assert (await running.report(message["delivery"], "done"))[0] == 200
        assert await running.status(body=body) == 200
        assert [found["session_id"] for found in await running.batch()] == ["second"]

    scenario(steps, max_waiting=1, batch_window=0)


# --- what cannot be used -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"a": 1}, 422, "event type none is not for a VNF"),
        ({"reason_data": {"event": {"traits": []}}}, 422, "event type none"),
        (alarm("EXTRA_MAINTENANCE"), 422, "unknown state 'EXTRA_MAINTENANCE'"),
        (alarm(event_type="maintenance.host"), 422, "event type 'maintenance.host'"),
        (alarm(session=None), 422, "without a usable session_id"),
        (alarm(project_id="project-2"), 403, "the message is for project project-2, the address for project-1"),
    ],
)
def test_what_is_no_message_of_this_project_is_refused_and_told_to_the_rulebook(scenario, body, status, says):
    async def steps(running):
        found, answer, _headers = await running.post(body=body)
        assert found == status
        assert says in answer["error"]
        event = await running.event()
        assert event["messages"] == []
        message_id = body.get("reason_data", {}).get("event", {}).get("message_id", "")
        assert event["rejected"] == [{"reason": answer["error"], "message_id": message_id}]
        assert (await running.metrics())[f'rejected_total{{status="{status}"}}'] == 1
        assert await running.status() == 200
        assert len(await running.batch()) == 1

    scenario(steps)


def test_an_error_that_nobody_thought_of_refuses_one_webhook_only(scenario, source, monkeypatch):
    async def steps(running):
        with monkeypatch.context() as patched:
            patched.setattr(source._EVENT_FILTER, "read", lambda _webhook: {}["secret text"])
            status, answer, _headers = await running.post()
            assert (status, answer) == (422, {"error": "VNF vnf-1: unreadable (KeyError)"})
        assert await running.status() == 200

    scenario(steps)


# --- who is believed ---------------------------------------------------------------------------------------------------


def test_the_secret_may_be_the_last_part_of_the_path_and_is_never_logged(scenario, caplog):
    caplog.set_level("DEBUG")

    async def steps(running):
        assert await running.status(f"{PATH}/{SECRET.replace(' ', '%20')}", secret=None) == 200
        for wrong in (OTHER.replace(" ", "%20"), "x", "%2F", "%00", "%C3%A9", "%FF", "x" * 1024):
            assert await running.status(f"{PATH}/{wrong}", secret=None) == 401
        assert await running.status(f"{OTHER_VNF}/{SECRET.replace(' ', '%20')}", secret=None) == 401
        assert await running.status(f"{PATH}/{SECRET.replace(' ', '%20')}", secret=None, body=b"{") == 400

    scenario(steps)
    assert SECRET not in caplog.text
    assert SECRET.replace(" ", "%20") not in caplog.text


def signed(body=None, *, key=KEY, webhook_id="msg_1", ahead=0, more="", **changes):
    """The body and the headers of a signed webhook."""
    payload = {"project_id": "project-1", "session_id": "s-1", "state": "SCALE_IN", "message_id": "m-1", **changes}
    body = json.dumps({"type": "maintenance.scheduled", "timestamp": "2026-11-21T01:00:00Z", "data": payload}).encode()
    timestamp = str(int(time.time()) + ahead)
    digest = hmac.new(key, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    headers = {"webhook-id": webhook_id, "webhook-timestamp": timestamp, "webhook-signature": f"{more}{signature}"}
    return {"body": body, "headers": headers, "secret": None}


SIGNED = {"secrets": {"vnf-1": [SECRET, SIGNING, OLD_SIGNING], "vnf-2": OTHER}}


def test_a_signed_webhook_is_a_message_and_joins_what_came_through_aodh(scenario):
    async def steps(running):
        assert await running.status(**signed()) == 200
        told = alarm("SCALE_IN")
        told["reason_data"]["event"]["traits"].append(["message_id", 1, "m-1"])
        assert await running.status(body=told) == 200
        assert await running.status(OTHER_VNF, body=alarm("SCALE_IN", message_id="m-1"), secret=OTHER) == 200
        (message,) = await handed_on(running)
        assert (message["message_id"], message["state"], message["vnf_ids"]) == ("m-1", "SCALE_IN", ["vnf-1", "vnf-2"])

    scenario(steps, batch_window=60, max_batch=2, **SIGNED)


def test_while_a_signing_secret_is_changed_both_are_valid(scenario):
    async def steps(running):
        assert await running.status(**signed(key=OLD_KEY)) == 200
        assert await running.status(**signed(webhook_id="msg_2", more="v1a,x v1,AAAA v2,y ")) == 200
        assert await running.status(**signed(webhook_id="msg_3", key=b"another key of 16 bytes")) == 401

    scenario(steps, **SIGNED)


def altered(**headers):
    found = signed()
    return {**found, "headers": {**found["headers"], **headers}}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (lambda: {**signed(), "body": signed()["body"].replace(b"SCALE_IN", b"MAINTENANCE")}, 401),
        (lambda: {**signed(), "path": OTHER_VNF}, 401),
        (lambda: {**signed(), "path": PATH.replace("vnf-1", "unknown")}, 401),
        (lambda: signed(ahead=301), 401),
        (lambda: signed(ahead=-302), 401),
        (lambda: signed(ahead=-290), 200),
        (lambda: altered(**{"webhook-signature": ""}), 401),
        (lambda: altered(**{"webhook-signature": "v1,"}), 401),
        (lambda: altered(**{"webhook-signature": "\u00e9"}), 401),
        (lambda: altered(**{"webhook-id": "msg_2"}), 401),
        (lambda: altered(**{"webhook-id": "a b"}), 400),
        (lambda: altered(**{"webhook-timestamp": "now"}), 400),
        (lambda: altered(**{"webhook-timestamp": "0" + str(int(time.time()))}), 400),
        (lambda: {**altered(**{"webhook-signature": "v1,AAAA"}), "secret": SECRET}, 401),
        (lambda: {**signed(), "headers": {}}, 401),
        (lambda: signed(project_id="project-2"), 403),
        (lambda: signed(state="NONSENSE"), 422),
    ],
)
def test_a_signed_webhook_has_to_be_whole_and_recent(scenario, intake, monkeypatch, sent, status):
    begun, real = time.time(), intake.signatures.Signed.is_recent
    # A slow machine takes longer to hand it on than is between the two sides of the window.
    monkeypatch.setattr(intake.signatures.Signed, "is_recent", lambda signed, _now: real(signed, begun))
    webhook = sent()

    async def steps(running):
        assert await running.status(**webhook) == status
        assert len(await handed_on(running)) == (1 if status == 200 else 0)

    scenario(steps, **SIGNED)


def test_a_secret_for_signatures_is_no_password_and_the_other_way_round(scenario):
    async def steps(running):
        assert await running.status(secret=SIGNING) == 401
        assert await running.status(f"{PATH}/{SIGNING.replace('/', '%2F')}", secret=None) == 401
        assert await running.status(**signed(key=SECRET.encode())) == 401
        assert await running.status(**signed(key=b"-")) == 401

    scenario(steps, **SIGNED)


def test_the_very_same_signed_webhook_is_409_and_a_retry_of_its_sender_is_200(scenario):
    first, second = signed(), signed(ahead=2)

    async def before(running):
        assert await running.status(**first) == 200
        assert await running.status(**first) == 409
        assert await running.status(**second) == 200

    async def after(running):
        assert [await running.status(**first), await running.status(**second)] == [409, 409]
        assert await running.status(**signed(ahead=4)) == 200
        assert len(await handed_on(running)) == 1

    scenario(before, after, **SIGNED, batch_window=0.3)


def test_signatures_are_compared_all_and_for_an_unknown_vnf_too(intake, monkeypatch):
    compared = []
    real = intake.credentials.hmac.compare_digest
    monkeypatch.setattr(intake.credentials.hmac, "compare_digest", lambda one, other: compared.append(1) or real(one, other))
    secrets = intake.credentials.Secrets({"vnf-1": (SIGNING, OLD_SIGNING)}, None)
    right = base64.b64encode(hmac.digest(KEY, b"signed", "sha256")).decode()
    assert secrets.accept_signature("vnf-1", b"signed", f"v1,{right} v1,x")
    assert len(compared) == 4, "it does not stop at the first"
    compared.clear()
    assert not secrets.accept_signature("vnf-2", b"signed", f"v1,{right} v1,x")
    assert len(compared) == 2


@pytest.mark.parametrize("wrong", ["whsec_not base64 at all", "whsec_" + base64.b64encode(b"short").decode() + "=" * 12])
def test_a_signing_secret_that_is_none_is_an_error(intake, wrong):
    with pytest.raises(intake.errors.ArgumentError, match="what follows whsec_ in a secret of VNF 'vnf-1'"):
        intake.arguments.check_arguments({"secrets": {"vnf-1": wrong}})


# --- limits and counters -----------------------------------------------------------------------------------------------


def test_a_sender_that_sends_too_much_is_429_and_told_when_to_come_again(scenario):
    async def steps(running):
        answers = [await running.post() for _number in range(3)]
        assert [status for status, _answer, _headers in answers] == [200, 200, 429]
        assert int(answers[2][2]["Retry-After"]) >= 1
        async with running.client.get(running.url + "/healthz") as answer:
            assert answer.status == 200
        (message, _other) = await running.batch()
        assert (await running.report(message["delivery"], "done"))[0] == 200, "handlers are not limited"

    scenario(steps, rate=0.01, burst=2, batch_window=60, max_batch=2)


def test_each_address_has_its_own_bucket_and_only_so_many_are_remembered(intake):
    limit = intake.limits.RateLimit(2, 2)
    assert [limit.wait("a", 0), limit.wait("a", 0), limit.wait("a", 0)] == [0, 0, 1]
    assert limit.wait("b", 0) == 0
    assert limit.wait("a", 0.5) == 0
    assert limit.wait("a", 0.5) == 1
    for number in range(intake.limits.MAX_SENDERS):
        limit.wait(f"x{number}", 1)
    assert len(limit._buckets) == intake.limits.MAX_SENDERS
    assert intake.limits.RateLimit(0, 1).wait("a", 0) == 0


def test_what_is_counted(scenario):
    async def steps(running):
        assert await running.status() == 200
        assert await running.status(secret="wrong and long enough") == 401
        assert await running.status(body=b"{") == 400
        counted = await running.metrics()
        assert (counted["waiting"], counted["not_over"], counted["accepted_total"]) == (1, 1, 1)
        assert 0 <= counted["lag_seconds"] < 60
        assert await running.status(body=alarm("INSTANCE_ACTION_DONE")) == 200
        (message, _informs) = await running.batch()
        assert (await running.hold(message["delivery"], "vnf-1"))[0] == 200
        assert (await running.report(message["delivery"], "released", reason="x"))[0] == 200
        assert await running.status(body=alarm("INSTANCE_ACTION_DONE")) == 200
        (message, _informs) = await running.batch()
        assert (await running.report(message["delivery"], "done", outcome="x"))[0] == 200
        await running.settled()
        counted = await running.metrics()
        assert {name: counted[name] for name in ("waiting", "not_over", "lag_seconds", "done_total", "released_total")} == {
            "waiting": 0, "not_over": 0, "lag_seconds": 0, "done_total": 1, "released_total": 1
        }  # fmt: skip
        assert (counted["handed_on_total"], counted["handed_on_again_total"], counted["dropped_total"]) == (4, 1, 0)
        assert (counted['rejected_total{status="401"}'], counted['rejected_total{status="400"}']) == (1, 1)

    scenario(steps, batch_window=60, max_batch=2)


@pytest.mark.parametrize(("metrics", "status"), [(False, 404), (True, 200)])
def test_counters_are_for_this_machine_unless_allowed(scenario, monkeypatch, metrics, status):
    async def steps(running):
        from aiohttp import web  # noqa: PLC0415 - only this test needs it

        monkeypatch.setattr(web.Request, "remote", "192.0.2.7")
        async with running.client.get(running.url + "/metrics") as answer:
            assert answer.status == status

    scenario(steps, metrics=metrics)
