# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""maintenance_webhook and its info twin: one subscription an address, secrets shown once and never compared in the open."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import typing as t

import pytest

URL = "https://vnfm.example.com:8090/hook"
SID = "0b5f0a52-6a0b-4f0e-9a39-0f7e31b2a7f7"
PATH = f"/subscriptions/{SID}"
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
MADE = "whsec_" + base64.b64encode(b"m" * 32).decode()


def print_of(secret: str) -> str:
    return hmac.new(base64.b64decode(secret.removeprefix("whsec_")), b"fingerprint", hashlib.sha256).hexdigest()[:16]


@pytest.fixture
def record(service: t.Any) -> dict[str, t.Any]:
    """The subscription as the service shows it."""
    return {
        "id": SID, "project_id": service.pid, "url": URL, "description": "west", "enabled": True, "disabled_reason": None,
        "secrets": [{"fingerprint": print_of(SECRET), "until": None}],
        "deliveries": {"pending": 0, "delivered": 2, "dead": 0},
        "created_at": "2026-11-21T01:02:03.000000Z", "updated_at": "2026-11-21T01:02:03.000000Z",
    }  # fmt: skip


@pytest.fixture
def known(service: t.Any, conversation: t.Any) -> t.Callable[..., None]:
    """The service is ours and lists these subscriptions of the project."""

    def declare(*records: dict[str, t.Any]) -> None:
        service.is_ours()
        other = {"id": "other", "url": URL + "2", "project_id": service.pid}
        service.expect("GET", "/subscriptions", query={"project_id": service.pid}, json={"subscriptions": [other, *records]})

    return declare


@pytest.fixture
def run(conversation: t.Any) -> t.Callable[..., dict[str, t.Any]]:
    """Run the module; whatever it returns, the secret that was given is not in it."""

    def go(check_mode: bool = False, **params: t.Any) -> dict[str, t.Any]:
        result = conversation.run("maintenance_webhook", {"url": URL, **params}, check_mode=check_mode)
        assert "secret" not in params or params["secret"] not in json.dumps(result)
        return t.cast("dict[str, t.Any]", result)

    return go


def test_a_new_subscription_shows_its_secret_once(service: t.Any, known: t.Any, run: t.Any, record: t.Any) -> None:
    known()
    service.expect(
        "POST", "/subscriptions", status=201, body={"url": URL, "description": "west"}, json={**record, "secret": MADE}
    )
    result = run(description="west")
    assert (result["changed"], result["secret"], result["maintenance_webhook"]) == (True, MADE, record)
    assert MADE not in json.dumps(result["diff"])
    assert result["diff"]["after"] == {"url": URL, "description": "west", "enabled": True, "secret": print_of(SECRET)}


def test_a_secret_that_was_brought_is_not_returned(service: t.Any, known: t.Any, run: t.Any, record: t.Any) -> None:
    known()
    service.expect("POST", "/subscriptions", status=201, body={"url": URL, "secret": SECRET}, json={**record, "secret": SECRET})
    assert "secret" not in run(secret=SECRET)


def test_a_creation_is_not_repeated(service: t.Any, known: t.Any, run: t.Any) -> None:
    """Its answer may have been lost, and with it the secret."""
    known()
    service.expect("POST", "/subscriptions", status=503, json={"error": "busy"})
    assert run()["failed"]


@pytest.mark.parametrize(
    "params", [{}, {"description": "west", "enabled": True}, {"secret": SECRET}, {"secret": SECRET, "overlap": 5}]
)
def test_nothing_to_do(known: t.Any, run: t.Any, record: t.Any, conversation: t.Any, *, params: dict[str, t.Any]) -> None:
    known(record)
    result = run(**params)
    assert (result["changed"], result["maintenance_webhook"]) == (False, record)
    assert result["diff"]["before"] == result["diff"]["after"]
    assert conversation.writes == []


@pytest.mark.parametrize(
    ("params", "body", "shown"),
    [
        ({"description": "east"}, {"description": "east"}, {"description": "east"}),
        ({"enabled": False, "description": "west"}, {"enabled": False}, {"enabled": False}),
        ({"secret": MADE}, {"secret": MADE}, {"secret": print_of(MADE)}),
        ({"secret": MADE, "overlap": 0}, {"secret": MADE, "overlap": 0}, {"secret": print_of(MADE)}),
        ({"rotate": True}, {"rotate": True}, {"secret": "(a new one)"}),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_what_differs_is_written(
    service: t.Any, known: t.Any, run: t.Any, record: t.Any, *, params: t.Any, body: t.Any, shown: t.Any, check_mode: bool
) -> None:
    known(record)
    if not check_mode:
        secrets = [{"fingerprint": shown.get("secret", print_of(SECRET)), "until": None}]
        answer = {**record, **{name: value for name, value in body.items() if name in record}, "secrets": secrets}
        made = {"secret": MADE} if "rotate" in body or "secret" in body else {}
        service.expect("PUT", PATH, body=body, json={**answer, **made})
    result = run(check_mode, **params)
    assert result["changed"]
    assert result["diff"]["before"] == {"url": URL, "description": "west", "enabled": True, "secret": print_of(SECRET)}
    assert result["diff"]["after"] == {**result["diff"]["before"], **shown}
    assert ("secret" in result) is ("rotate" in body and not check_mode)


def test_a_new_one_in_check_mode(known: t.Any, run: t.Any, conversation: t.Any) -> None:
    known()
    result = run(True, secret=SECRET)
    assert result["changed"]
    assert result["diff"]["after"]["secret"] == print_of(SECRET)
    assert result["maintenance_webhook"]["project_id"] == conversation.project_id, "as of one that is there"
    assert conversation.writes == []


def test_absent(service: t.Any, known: t.Any, run: t.Any, record: t.Any) -> None:
    known(record)
    service.expect("DELETE", PATH, status=204)
    result = run(state="absent")
    assert (result["changed"], result["maintenance_webhook"]) == (True, None)


@pytest.mark.parametrize("there", [True, False])
def test_absent_without_a_write(known: t.Any, run: t.Any, record: t.Any, conversation: t.Any, *, there: bool) -> None:
    known(*[record] * there)
    assert run(there, state="absent")["changed"] is there
    assert conversation.writes == []


def test_dead_letters_are_sent_again_in_the_order_of_then(service: t.Any, known: t.Any, run: t.Any, record: t.Any) -> None:
    known(record)
    dead = {"deliveries": [{"id": "d-2"}, {"id": "d-1"}], "next_marker": None}
    service.expect("GET", f"{PATH}/deliveries", query={"status": "dead", "limit": "1000"}, json=dead)
    for one in ("d-0", "d-1", "d-2"):
        service.expect("POST", f"{PATH}/deliveries/{one}/resend", status=202, json={"id": one, "status": "pending"})
    result = run(resend=["d-0", "dead"])
    assert result["changed"]
    assert [one["id"] for one in result["resent"]] == ["d-0", "d-1", "d-2"]


def test_nothing_dead_is_nothing_changed(service: t.Any, known: t.Any, run: t.Any, record: t.Any) -> None:
    known(record)
    service.expect("GET", f"{PATH}/deliveries", json={"deliveries": [], "next_marker": None})
    result = run(resend=["dead"])
    assert (result["changed"], result["resent"]) == (False, [])


def test_check_mode_sends_nothing_again(known: t.Any, run: t.Any, record: t.Any, conversation: t.Any) -> None:
    known(record)
    assert run(True, resend=["d-0"])["changed"]
    assert conversation.writes == []


@pytest.mark.parametrize("secret", ["abc", "whsec_*", base64.b64encode(b"s" * 32).decode()])
def test_what_is_no_secret_is_refused_without_being_quoted(service: t.Any, run: t.Any, secret: str) -> None:
    service.is_ours()
    result = run(secret=secret)
    assert "secret must be" in result["msg"]


def test_secret_and_rotate_contradict(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    assert "either secret, or rotate" in run(secret=SECRET, rotate=True)["msg"]


def test_a_fenix_delivers_nothing(service: t.Any, run: t.Any) -> None:
    service.is_fenix()
    assert "needs the session API" in run()["msg"]


def test_info(service: t.Any, conversation: t.Any, record: t.Any) -> None:
    service.is_ours()
    service.expect("GET", "/subscriptions", query={}, json={"subscriptions": [record, {**record, "id": "x", "url": URL + "2"}]})
    result = conversation.run("maintenance_webhook_info", {"url": URL})
    assert (result["changed"], result["maintenance_webhooks"]) == (False, [record])


def test_info_with_deliveries_reads_page_by_page(service: t.Any, conversation: t.Any, record: t.Any) -> None:
    service.is_ours()
    service.expect("GET", "/subscriptions", query={"project_id": "p"}, json={"subscriptions": [record]})
    first = {"deliveries": [{"id": "d-3"}, {"id": "d-2"}], "next_marker": "d-2"}
    query = {"status": "dead", "limit": "3"}
    service.expect("GET", f"{PATH}/deliveries", query=query, json=first)
    rest = {"deliveries": [{"id": "d-1"}], "next_marker": "d-1"}
    service.expect("GET", f"{PATH}/deliveries", query={**query, "limit": "1", "marker": "d-2"}, json=rest)
    params = {"project_id": "p", "with_deliveries": True, "status": "dead", "limit": 3}
    result = conversation.run("maintenance_webhook_info", params)
    assert [one["id"] for one in result["maintenance_webhooks"][0]["latest"]] == ["d-3", "d-2", "d-1"]
    assert conversation.writes == []
