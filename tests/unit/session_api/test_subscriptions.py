# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Subscriptions: a project's own, with secrets that are shown once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import typing as t

import pytest
import sqlalchemy as sa
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api import models, signing

from .direct import subscribe

Api = t.Any
URL = "http://vnfm.example.org/hook"
OWN = "whsec_" + base64.b64encode(b"k" * 32).decode()


def print_of(secret: str) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return hmac.new(key, b"fingerprint", hashlib.sha256).hexdigest()[:16]


def prints(shown: dict[str, t.Any]) -> list[str]:
    return [one["fingerprint"] for one in shown["secrets"]]


def put(api: Api, made: dict[str, t.Any], **body: t.Any) -> dict[str, t.Any]:
    return dict(api.owner.ok("PUT", f"/v1/subscriptions/{made['id']}", body))


def test_the_signature_is_that_of_the_specification() -> None:
    """The example that the libraries of Standard Webhooks are tested with."""
    key = signing.key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    header = signing.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', [key])
    assert header == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_made_and_shown_once(api: Api) -> None:
    made = subscribe(api, description="VNFM of the west")
    secret = made.pop("secret")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert secret != subscribe(api, URL + "2")["secret"]
    assert api.owner.ok("GET", f"/v1/subscriptions/{made['id']}") == made
    assert made["secrets"] == [{"fingerprint": print_of(secret), "until": None}]
    assert (made["project_id"], made["url"], made["description"], made["enabled"]) == ("p1", URL, "VNFM of the west", True)
    for who in (api.owner, api.admin):
        assert secret not in who("GET", "/v1/subscriptions").text


def test_a_project_brings_its_own_secret(api: Api) -> None:
    assert subscribe(api, secret=OWN)["secret"] == OWN


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("k" * 40, "begins with whsec_"),
        ("whsec_!!!", "must be base64"),
        ("whsec_" + base64.b64encode(b"k" * 23).decode(), "24 to 64 bytes; this one has 23"),
        ("whsec_" + base64.b64encode(b"k" * 65).decode(), "24 to 64 bytes; this one has 65"),
    ],
)
def test_a_bad_secret_is_refused_and_not_quoted(api: Api, secret: str, why: str) -> None:
    made = subscribe(api)
    for method, path in (("POST", "/v1/subscriptions"), ("PUT", f"/v1/subscriptions/{made['id']}")):
        body = {"secret": secret} if method == "PUT" else {"url": URL + "2", "secret": secret}
        error = api.owner.refused(400, method, path, body)
        assert error["field"] == "secret"
        assert why in error["error"]
        assert secret not in str(error)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://vnfm.example.org/",
        "vnfm.example.org",
        "http:///x",
        "http://user:pass@vnfm.example.org/",
        "http://vnfm.example.org/#x",
        "http://vnfm.example.org/a b",
        "http://vnfm.example.org/\u00fc",
        "http://vnfm.example.org:99999/",
        "http://vnfm.example.org:0/",
        "http://127.0.0.1/",
        "http://[::1]:80/",
        "http://[::ffff:169.254.169.254]/latest",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://169.254.169.254/latest/meta-data",
        "http://0.0.0.0/",
        "http://[fe80::1%25eth0]/",
        "http://224.0.0.1/",
        "https://" + "x" * 1020,
    ],
)
def test_a_bad_address_is_refused(api: Api, url: str) -> None:
    error = api.owner.refused(400, "POST", "/v1/subscriptions", {"url": url})
    assert error["field"] == "url"
    made = subscribe(api)
    assert api.owner.refused(400, "PUT", f"/v1/subscriptions/{made['id']}", {"url": url})["field"] == "url"


def test_a_network_may_be_allowed_within_a_denied_one(make_api: t.Callable[..., Api]) -> None:
    api = make_api(webhooks={"denied_networks": "0.0.0.0/0,::/0", "allowed_networks": "192.0.2.0/24"})
    subscribe(api, "http://192.0.2.7/")
    api.owner.refused(400, "POST", "/v1/subscriptions", {"url": "http://198.51.100.7/"})


def test_one_address_is_subscribed_once(api: Api) -> None:
    made = subscribe(api)
    assert api.owner.refused(409, "POST", "/v1/subscriptions", {"url": URL})["subscription_id"] == made["id"]
    other = subscribe(api, URL + "2")
    api.owner.refused(409, "PUT", f"/v1/subscriptions/{other['id']}", {"url": URL})
    subscribe(api, who=api.other)


def test_there_are_only_so_many(make_api: t.Callable[..., Api]) -> None:
    api = make_api(webhooks={"max_subscriptions": 2})
    for number in range(2):
        subscribe(api, f"{URL}{number}")
    assert "2 subscriptions" in api.owner.refused(409, "POST", "/v1/subscriptions", {"url": URL})["error"]
    subscribe(api, who=api.other)


def test_everybody_has_their_own(api: Api) -> None:
    own, theirs = subscribe(api), subscribe(api, who=api.other)
    assert [one["id"] for one in api.owner.ok("GET", "/v1/subscriptions")["subscriptions"]] == [own["id"]]
    assert [one["id"] for one in api.admin.ok("GET", "/v1/subscriptions")["subscriptions"]] == [own["id"], theirs["id"]]
    listed = api.admin.ok("GET", "/v1/subscriptions?project_id=p2")["subscriptions"]
    assert [one["id"] for one in listed] == [theirs["id"]]
    api.owner.refused(403, "GET", "/v1/subscriptions?project_id=p2")
    for method, rest, body in (
        ("GET", "", None), ("PUT", "", {"enabled": False}), ("DELETE", "", None), ("GET", "/deliveries", None),
        ("POST", "/deliveries/x/resend", None),
    ):  # fmt: skip
        api.owner.refused(404, method, f"/v1/subscriptions/{theirs['id']}{rest}", body)
    assert api.caller("member").ok("GET", "/v1/subscriptions") == {"subscriptions": []}
    api.caller("member").refused(403, "POST", "/v1/subscriptions", {"url": URL})


def test_an_administrator_never_gets_a_projects_secret(api: Api) -> None:
    made = subscribe(api)
    for body in ({"rotate": True}, {"url": "http://evil.example.org/"}, {"secret": OWN}):
        api.admin.refused(403, "PUT", f"/v1/subscriptions/{made['id']}", body)
    api.admin.ok("DELETE", f"/v1/subscriptions/{made['id']}", status=204)
    api.owner.refused(404, "GET", f"/v1/subscriptions/{made['id']}")


def test_a_secret_is_changed_with_an_overlap(api: Api) -> None:
    made = subscribe(api)
    changed = put(api, made, rotate=True)
    assert changed["secret"] != made["secret"]
    assert prints(changed) == [print_of(changed["secret"]), print_of(made["secret"])]
    assert changed["secrets"][1]["until"] == "2026-11-22T01:00:00.000000Z"
    api.clock.tick(86_399)
    assert len(prints(put(api, made))) == 2
    api.clock.tick(2)
    assert prints(put(api, made)) == [print_of(changed["secret"])]


def test_a_leaked_secret_ends_at_once(api: Api) -> None:
    made = subscribe(api)
    put(api, made, rotate=True)
    changed = put(api, made, rotate=True, overlap=0)
    assert prints(changed) == [print_of(changed["secret"])]


def test_a_secret_that_is_brought_again_changes_nothing(api: Api) -> None:
    made = subscribe(api)
    first = put(api, made, secret=OWN)
    assert prints(first) == [print_of(OWN), print_of(made["secret"])]
    again = put(api, made, secret=OWN)
    assert prints(again) == prints(first)
    assert "secret" not in again


def test_a_repeated_rotation_forgets_no_secret(api: Api) -> None:
    """Whoever lost the answer asks again; what the receiver knows must go on signing."""
    made = subscribe(api)
    for _turn in range(4):
        changed = put(api, made, rotate=True)
    assert prints(changed)[-1] == print_of(made["secret"])
    assert "overlap 0" in api.owner.refused(409, "PUT", f"/v1/subscriptions/{made['id']}", {"rotate": True})["error"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rotate": True, "secret": OWN}, "secret"),
        ({"overlap": 5}, "overlap"),
        ({"rotate": True, "overlap": -1}, "overlap"),
        ({"urls": []}, "urls"),
    ],
)
def test_what_does_not_fit_is_refused(api: Api, body: dict[str, t.Any], field: str) -> None:
    made = subscribe(api)
    assert api.owner.refused(400, "PUT", f"/v1/subscriptions/{made['id']}", body)["field"] == field


def test_an_update_changes_what_it_names(api: Api) -> None:
    made = subscribe(api, description="a")
    changed = put(api, made, url=URL + "2", enabled=False)
    assert (changed["url"], changed["description"], changed["enabled"]) == (URL + "2", "a", False)
    assert changed["disabled_reason"] == "disabled by its project"
    assert put(api, made, enabled=True)["disabled_reason"] is None


def test_no_secret_leaves_by_the_back_door(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a row's repr nor a database's error quotes it."""
    made = subscribe(api)
    with api.service.work.write() as unit:
        row = unit.db.scalar(sa.select(models.SubscriptionRow))
        assert made["secret"] not in repr(row)
        assert made["secret"] not in repr(vars(row)["_sa_instance_state"])
    with api.service.store.engine.connect() as connection:
        refuse = "CREATE TRIGGER refuse BEFORE INSERT ON subscriptions BEGIN SELECT RAISE(ABORT, 'the disk is tired'); END"
        connection.exec_driver_sql(refuse)
        connection.commit()
    with caplog.at_level(logging.DEBUG):
        headers = {"X-Identity-Status": "Confirmed", "X-Roles": "member", "X-Project-Id": "p1"}
        body = {"url": URL + "2", "secret": OWN}
        answer = api.flask.test_client().post("/v1/subscriptions", json=body, headers=headers)
    assert answer.status_code == 500
    assert "the disk is tired" in caplog.text
    assert OWN not in answer.text + caplog.text
