# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What docs/protocol.md shows is what the service sends and takes."""

from __future__ import annotations

import json
import re
import typing as t

import pytest

from tests.docs_pages import DOCS, blocks

Api = t.Any
PAGE = DOCS / "protocol.md"
SENT, ANSWERED = (json.loads(text) for text in blocks(PAGE, "json"))
INSTANCE = next(iter(ANSWERED["instance_actions"]))
PLANNED = "PLANNED_MAINTENANCE"


def _kind(value: t.Any) -> t.Any:
    """A value's type, and how a text is written."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d.\d\d:\d\d:\d\d\S*", value):
        return re.sub(r"\d", "0", value)
    return "".__class__ if isinstance(value, str) else value.__class__


@pytest.fixture
def told(api: Api) -> tuple[Api, dict[str, t.Any]]:
    """The message of the page, as the service sends it."""
    sid = api.session(metadata=SENT["metadata"])
    api.inventory(sid, **{INSTANCE: "p1@h1"})
    api.tell(sid, PLANNED, INSTANCE, window=60, allowed_actions=SENT["allowed_actions"])
    (payload,) = api.told()
    return api, payload


def test_the_payload_has_the_fields_of_the_page(told: tuple[Api, dict[str, t.Any]]) -> None:
    _api, payload = told
    assert {name: _kind(value) for name, value in payload.items()} == {name: _kind(value) for name, value in SENT.items()}
    assert [payload[name] for name in ("service", "state", "allowed_actions", "metadata")] == [
        SENT[name] for name in ("service", "state", "allowed_actions", "metadata")
    ]


def test_the_reply_of_the_page_is_taken(told: tuple[Api, dict[str, t.Any]]) -> None:
    api, payload = told
    path = payload["reply_url"].partition("/v1/")[2]
    assert api.owner.ok("PUT", f"/v1/{path}", ANSWERED) == ANSWERED
    assert api.owner.ok("PUT", f"/v1/{path}", ANSWERED) == ANSWERED
    assert api.message(payload["session_id"], payload["message_id"])["reply"] == ANSWERED


def test_refusals_are_those_of_the_page(told: tuple[Api, dict[str, t.Any]]) -> None:
    api, payload = told
    path = f"/v1/maintenance/{payload['session_id']}/p1"
    page = PAGE.read_text()
    bad = api.owner.refused(400, "PUT", path, {"state": f"ACK_{PLANNED}", "instance_actions": {}})
    assert "field" in bad
    assert "| 400, with `field` | an instance without an action" in page
    api.nobody.refused(401, "PUT", path, ANSWERED)
    api.admin.refused(403, "PUT", path, ANSWERED)
    assert "| 401, 403 | no token; an administrator's, since nobody replies for a project |" in page
    api.owner.refused(404, "PUT", path.replace(payload["session_id"], "no-such-session"), ANSWERED)
    api.other.refused(404, "PUT", path, ANSWERED)
    assert "| 404 | no such session; the token of another project |" in page
    api.owner.refused(409, "PUT", path, {"state": "ACK_SCALE_IN"})
    api.clock.tick(120)
    api.owner.refused(409, "PUT", path, ANSWERED)
    assert "| 409 | nothing of that state is pending, or it is too late |" in page


def test_instance_dialect_is_as_the_page_draws_it(api: Api) -> None:
    sid = api.session(workflow="vnf")
    api.inventory(sid, a="p1@h1", b="p1@h1")
    api.tell(sid, PLANNED, "a", "b", window=60, allowed_actions=["MIGRATE", "LIVE_MIGRATE"])
    sent = {payload["instance_ids"][0]: payload for payload in api.told()}
    assert sorted(sent) == ["a", "b"]
    assert all(payload["reply_url"].endswith(f"/{sid}/p1/{one}") for one, payload in sent.items())
    tolerated = {"migration_type": "MIGRATE", "max_interruption_time": 1, "resource_mitigation": True, "lead_time": 1}
    constraint = {"instance_id": "b", "project_id": "p1", "group_id": "g", "instance_name": "b", **tolerated}
    api.owner.ok("PUT", "/v1/instance/b", constraint)
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1/a", {"state": f"ACK_{PLANNED}", "instance_action": "LIVE_MIGRATE"})
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1/b", {"state": f"ACK_{PLANNED}"})
    replies = [api.message(sid, payload["message_id"])["reply"]["instance_actions"] for payload in sent.values()]
    assert {**replies[0], **replies[1]} == {"a": "LIVE_MIGRATE", "b": "MIGRATE"}


def test_more_time_is_asked_for_as_the_page_draws_it(told: tuple[Api, dict[str, t.Any]]) -> None:
    api, payload = told
    (body,) = re.findall(r"\{seconds: (\d+)\}", PAGE.read_text())
    path = f"/v1/sessions/{payload['session_id']}/messages/{payload['message_id']}/extension"
    before = api.message(payload["session_id"], payload["message_id"])["reply_at"]
    assert api.owner.ok("POST", path, {"seconds": int(body)})["reply_at"] > before
