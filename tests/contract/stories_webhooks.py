# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way of a notification: bus, Ceilometer, Aodh, webhook, byte for byte."""

from __future__ import annotations

import json
from typing import Any

from .listener import Listener
from .stories_alarms import ALARMS, make
from .talk import Talk

SCHEDULED = "maintenance.scheduled"
_EVERY = {"repeat_actions": True}


def payload(t: Talk, **more: Any) -> dict[str, Any]:
    """Return what a session tells the project demo; None in `more` is sent as null."""
    return {
        "service": "fenix",
        "project_id": t.site.project("demo"),
        "session_id": "47479bca-7f0e-11ea-99c9-2c600c9893ee",
        "state": "PLANNED_MAINTENANCE",
        "allowed_actions": ["MIGRATE", "LIVE_MIGRATE", "OWN_ACTION"],
        "instance_ids": "http://127.0.0.1:12347/v1/maintenance/x",
        "reply_url": "http://127.0.0.1:12347/v1/maintenance/x",
        "actions_at": "2030-02-28T07:10:16",
        "reply_at": "2030-02-28T06:40:16",
        "metadata": {"openstack_release": "Zed", "nested": {"a": None, "b": [1, 2.5, True, "it's"]}},
        **more,
    }


def _subscribe(t: Talk, hears: Listener, name: str, path: str, user: str = "demo", **more: Any) -> str:
    return make(t, name, user, alarm_actions=[f"{hears.url}{path}"], **more)


def _next(t: Talk, hears: Listener, path: str, event: dict[str, Any], event_type: str = SCHEDULED) -> dict[str, Any]:
    """Emit and return the webhook that follows."""
    before = len(hears.at(path))
    t.site.emit(event_type, event)
    t.until(lambda: len(hears.at(path)) > before, f"a webhook at {path}")
    return hears.at(path)[-1]


def _traits(request: dict[str, Any]) -> dict[str, Any]:
    event = json.loads(request["body"])["reason_data"]["event"]
    return {**event, "traits": sorted(event["traits"])}


def bytes_(t: Talk) -> None:
    """The whole request: its head in order, and its body as text."""
    hears = Listener(t)
    _subscribe(t, hears, "bytes", "/bytes", severity="critical", **_EVERY)
    request = _next(t, hears, "/bytes", payload(t))
    t.note("head", {**request, "body": "see below"})
    body = json.loads(request["body"])
    t.note("body as text", _without_traits(request["body"]))
    t.note("body", {**body, "reason_data": {**body["reason_data"], "event": _traits(request)}})
    again = json.loads(_next(t, hears, "/bytes", payload(t))["body"])
    t.note("second one", {**again, "reason_data": {**again["reason_data"], "event": "as before"}})


def _without_traits(text: str) -> str:
    """The order of traits follows from the order of Ceilometer's definitions, which is no order at all."""
    begin, end = text.index('"traits": [['), text.index("]]")
    return text[: begin + 11] + "..." + text[end + 2 :]


def values(t: Talk) -> None:
    """What becomes of each kind of value on the way."""
    hears = Listener(t)
    _subscribe(t, hears, "values", "/values", **_EVERY)
    for name, more in (
        ("lists and mappings", {"metadata": {"a": [{"b": None}]}, "allowed_actions": []}),
        ("text of 255 characters", {"metadata": "x" * 255}),
        ("text of 256 characters", {"metadata": "y" * 256}),
        ("a mapping that is too long", {"metadata": {"key": "z" * 300}}),
        ("letters beyond ASCII", {"metadata": {"name": "Käse ☃"}, "state": "ÜBER"}),
        ("nulls", {"metadata": None, "allowed_actions": None, "actions_at": None}),
        ("empty text and empty times", {"metadata": "", "actions_at": "", "reply_at": ""}),
        ("unknown keys", {"color": "blue", "subject": "mine"}),
        ("missing keys", {"metadata": None}),
        ("numbers and flags", {"metadata": 7, "allowed_actions": True, "state": 1.5}),
        ("times with a zone", {"actions_at": "2030-02-28T07:10:16+02:00", "reply_at": "2030-02-28T06:40:16Z"}),
        ("times with fractions", {"actions_at": "2030-02-28T07:10:16.123456", "reply_at": "2030-02-28 06:40:16"}),
        ("a date alone", {"actions_at": "2030-02-28", "reply_at": None}),
    ):
        request = _next(t, hears, "/values", payload(t, **more))
        t.note(name, _clear(_traits(request)["traits"]))
    session = {
        "service": "fenix",
        "project_id": t.site.project("demo"),
        "session_id": "s",
        "state": "MAINTENANCE",
        "percent_done": "40",
    }
    _subscribe(t, hears, "session", "/session", event_rule={"event_type": "maintenance.session"}, **_EVERY)
    t.note("of a session", _clear(_traits(_next(t, hears, "/session", session, "maintenance.session"))["traits"]))


def _clear(traits: list[list[Any]]) -> list[list[Any]]:
    """Keep times readable: here they are what is looked at."""
    return [[name, kind, f"time {value[:10]} at {value[11:]}" if kind == 4 else value] for name, kind, value in traits]


def lost(t: Talk) -> None:
    """Events that nobody hears of; one that is heard afterwards shows that they were not just late."""
    hears = Listener(t)
    _subscribe(t, hears, "marks", "/marks", event_rule={"event_type": "maintenance.session"}, **_EVERY)
    _subscribe(t, hears, "lost", "/lost", event_rule={"event_type": "*"}, **_EVERY)
    _subscribe(t, hears, "foreign", "/foreign", user="demo2", event_rule={"event_type": "*"}, **_EVERY)
    other = {"event_type": "*", "query": [{"field": "traits.state", "type": "string", "op": "eq", "value": "OTHER"}]}
    _subscribe(t, hears, "unmet", "/unmet", event_rule=other, **_EVERY)
    _subscribe(t, hears, "off", "/off", enabled=False, event_rule={"event_type": "*"}, **_EVERY)
    mark = {"service": "fenix", "project_id": t.site.project("demo"), "session_id": "s", "state": "MARK", "percent_done": 1}
    seen: dict[str, list[str]] = {}

    def heard(what: str) -> None:
        for _time in range(2):
            _next(t, hears, "/marks", mark, "maintenance.session")
        paths = ("/lost", "/foreign", "/unmet", "/off")
        seen[what] = sorted({path for path in paths for item in hears.at(path) if '"MARK"' not in item["body"]})
        hears.requests.clear()

    for name, event_type, more in (
        ("an event like others", SCHEDULED, {}),
        ("a time that nobody can read", SCHEDULED, {"actions_at": "soon"}),
        ("a time that cannot be", SCHEDULED, {"reply_at": "2030-02-30T00:00:00"}),
        ("a type without a definition", "maintenance.unheard", {}),
        ("no project", SCHEDULED, {"project_id": None}),
        ("another project", SCHEDULED, {"project_id": t.site.project("admin")}),
        ("a condition that is met", SCHEDULED, {"state": "OTHER"}),
    ):
        t.site.emit(event_type, payload(t, **more))
        if name == "an event like others":
            t.until(lambda: hears.at("/lost"), "the first event")
        heard(name)
    t.note("heard", seen)


def repeating(t: Talk) -> None:
    """Without repeat_actions an alarm fires once, until somebody sets it back."""
    hears = Listener(t)
    once = _subscribe(t, hears, "once", "/once", repeat_actions=False)
    _subscribe(t, hears, "always", "/always", **_EVERY)
    first = json.loads(_next(t, hears, "/once", payload(t))["body"])
    t.note("first", {key: first[key] for key in ("previous", "current", "severity", "alarm_name")})
    t.call("the alarm that fired", "GET", "alarming", f"{ALARMS}/{once}", user="demo", expect=200)
    for _time in range(2):
        _next(t, hears, "/always", payload(t))
    t.note("after three events", {path: len(hears.at(path)) for path in ("/once",)})
    t.call("set back", "PUT", "alarming", f"{ALARMS}/{once}/state", data=b'"ok"', user="demo", expect=200)
    second = json.loads(_next(t, hears, "/once", payload(t))["body"])
    t.note("second", {key: second[key] for key in ("previous", "current")})


def addresses(t: Talk) -> None:
    """Secrets in the address, redirects, a listener that fails, several actions."""
    hears = Listener(t)
    plain = hears.address
    _subscribe(t, hears, "query", "/query?token=a%20b&x=1", **_EVERY)
    make(t, "basic", alarm_actions=[f"http://aodh:s%2Fcret@{plain}/basic"], **_EVERY)
    _subscribe(t, hears, "moved", "/moved", **_EVERY)
    _subscribe(t, hears, "fails", "/fails", **_EVERY)
    make(t, "several", alarm_actions=[f"{hears.url}/several/1", f"{hears.url}/several/2"], **_EVERY)
    make(t, "nobody", alarm_actions=["http://127.0.0.1:9/nobody"], **_EVERY)
    t.site.emit(SCHEDULED, payload(t))
    paths = ("/query", "/basic", "/new-place", "/fails", "/several/1", "/several/2")
    for path in paths:
        t.until(lambda path=path: hears.at(path), f"a webhook at {path}")  # type: ignore[misc]
    _subscribe(t, hears, "later", "/later", **_EVERY)
    _next(t, hears, "/later", payload(t))
    for path in ("/query", "/basic", "/moved", "/new-place"):
        request = hears.at(path)[0]
        t.note(f"at {path}", {**request, "body": "empty" if not request["body"] else "as always"})
    # Two events: each is told once, the one that failed too.
    for path in paths:
        t.until(lambda path=path: len(hears.at(path)) >= 2, f"a second webhook at {path}")  # type: ignore[misc]
    t.note("how often", {path: len(hears.at(path)) for path in ("/moved", *paths)})


STORIES = {"webhook": bytes_, "webhook values": values, "webhooks lost": lost, "webhooks repeated": repeating,
           "webhook addresses": addresses}  # fmt: skip
