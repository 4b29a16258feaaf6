# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aodh: the alarms that a project subscribes with."""

from __future__ import annotations

from typing import Any

from .servers import mine
from .talk import NAME, Talk

_UNKNOWN = "99999999-9999-4999-8999-999999999999"
ALARMS = "/v2/alarms"


def wanted(name: str, **more: Any) -> dict[str, Any]:
    """Return an event alarm as the collection makes them."""
    rule = {"event_type": "maintenance.scheduled", "query": []}
    return {"name": f"{NAME}-{name}", "type": "event", "event_rule": rule, "alarm_actions": ["http://127.0.0.1:9/"], **more}


def make(t: Talk, name: str, user: str = "demo", **more: Any) -> str:
    """Make an alarm without recording it."""
    made = t.ask("POST", "alarming", ALARMS, wanted(name, **more), user=user)["alarm_id"]
    t.undo("DELETE", "alarming", f"{ALARMS}/{made}")
    return t.name(f"alarm {name}", made)


def documents(t: Talk) -> None:
    """The version documents."""
    t.call("root", "GET", "alarming", "/", user=None, expect=200)
    t.call("v2", "GET", "alarming", "/v2", user=None, expect=401)
    t.call("v2 with a token", "GET", "alarming", "/v2", expect=404)
    t.call("v2 with a slash", "GET", "alarming", "/v2/", expect=404)
    t.call("an unknown path", "GET", "alarming", "/v2/nothing", expect=404)
    t.call("capabilities", "GET", "alarming", "/v2/capabilities", expect=200)
    none = f"{ALARMS}?q.field=name&q.op=eq&q.value=nothing"
    t.call("asked for everything", "GET", "alarming", none, user="demo2", headers={"Accept": "*/*"}, expect=200)
    t.call("asked as clients do", "GET", "alarming", none, user="demo2", headers={"Accept": "application/json, */*"}, expect=200)


def alarms(t: Talk) -> None:
    """Alarms are made, read, replaced and deleted."""
    post, get = ("POST", "alarming", ALARMS), ("GET", "alarming")
    full = wanted(
        "full", description="why", severity="critical", repeat_actions=True, enabled=False, state="ok",
        ok_actions=["http://127.0.0.1:9/ok"], insufficient_data_actions=["http://127.0.0.1:9/none"],
        event_rule={"event_type": "maintenance.*", "query": [
            {"field": "traits.project_id", "type": "string", "op": "eq", "value": t.site.project("demo")},
            {"field": "traits.percent_done", "type": "integer", "op": "gt", "value": "5"},
            {"field": "traits.state", "type": "", "op": "ne", "value": "x"}]},
    )  # fmt: skip
    made = t.call("make", *post, full, user="demo", expect=201).json()["alarm_id"]
    one = f"{ALARMS}/{t.name('alarm full', made)}"
    t.undo("DELETE", "alarming", one)
    small = t.call(
        "make with little", *post, {"name": f"{NAME}-little", "type": "event", "event_rule": {}}, user="demo", expect=201
    )
    t.undo("DELETE", "alarming", f"{ALARMS}/{t.name('alarm little', small.json()['alarm_id'])}")
    spoken = t.call("make with a flag as text", *post, wanted("spoken", repeat_actions="yes"), user="demo", expect=201)
    t.undo("DELETE", "alarming", f"{ALARMS}/{t.name('alarm spoken', spoken.json()['alarm_id'])}")
    twin = t.call("make one of the same name", *post, full, user="demo", expect=201).json()["alarm_id"]
    t.name("alarm twin", twin)
    t.undo("DELETE", "alarming", f"{ALARMS}/{twin}")
    t.call("show", *get, one, user="demo", expect=200)
    t.call("show to others", *get, one, user="demo2", expect=404)
    t.call("show to an administrator", *get, one, expect=200)
    t.call("list", *get, ALARMS, user="demo", see=_mine, expect=200)
    t.call("list to others", *get, ALARMS, user="demo2", see=_mine, expect=200)
    t.call("list to an administrator", *get, ALARMS, see=_mine, expect=200)
    query = "q.field={}&q.op=eq&q.value={}"
    for name, field, value, user in (
        ("by name", "name", f"{NAME}-little", "demo"),
        ("by an unknown name", "name", "nothing", "demo"),
        ("by type", "type", "event", "demo"),
        ("by state", "state", "ok", "demo"),
        ("by enabled", "enabled", "false", "demo"),
        ("by severity", "severity", "critical", "demo"),
        ("by one's project", "project_id", t.site.project("demo"), "demo"),
        ("of all projects", "all_projects", "true", "admin"),
        ("of another project", "project_id", t.site.project("demo"), "admin"),
    ):
        t.call(name, *get, f"{ALARMS}?{query.format(field, value)}", user=user, see=_mine, expect=200)
    both = f"{ALARMS}?{query.format('all_projects', 'true')}&{query.format('name', f'{NAME}-little')}"
    t.call("of all projects by name", *get, both, see=_mine, expect=200)
    t.call("of all projects, by a member", *get, f"{ALARMS}?{query.format('all_projects', 'true')}", user="demo", expect=403)
    foreign = f"{ALARMS}?{query.format('project_id', t.site.project('demo2'))}"
    t.call("of another project, by a member", *get, foreign, user="demo", expect=401)
    t.call("by an unknown field", *get, f"{ALARMS}?{query.format('color', 'blue')}", user="demo", expect=400)
    t.call("by an unknown operator", *get, f"{ALARMS}?q.field=name&q.op=like&q.value=x", user="demo", expect=400)
    names = f"{ALARMS}?q.field=name&q.op=eq&q.value={NAME}-full&sort=alarm_id:asc&"
    t.call("first page", *get, f"{names}limit=1", user="demo", see=_names, expect=200)
    t.call("an unknown marker", *get, f"{names}limit=1&marker={_UNKNOWN}", user="demo", expect=500)
    t.call("a limit of 0", *get, f"{names}limit=0", user="demo", expect=200)
    for text in ("-1", "x"):
        t.call(f"a limit of {text}", *get, f"{names}limit={text}", user="demo", expect=400)
    t.call("more than any limit", *get, f"{names}limit=5000", user="demo", see=_names, expect=200)
    t.call("an unknown sort key", *get, f"{ALARMS}?sort=color", user="demo", expect=400)
    changed = {**full, "repeat_actions": False, "enabled": True}
    t.call("replace", "PUT", "alarming", one, changed, user="demo", expect=200)
    little = {"name": f"{NAME}-full", "type": "event", "event_rule": {}}
    t.call("replace with little", "PUT", "alarming", one, little, user="demo", expect=200)
    _changed(t, one, full)
    other = t.call("make for another project", *post, {**wanted("given"), "project_id": t.site.project("demo2")}, expect=201)
    given = t.name("alarm given", other.json()["alarm_id"])
    t.undo("DELETE", "alarming", f"{ALARMS}/{given}")
    t.call("read what was given", *get, f"{ALARMS}/{given}", user="demo2", expect=200)
    taken = {**wanted("taken"), "project_id": t.site.project("demo2")}
    t.call("make for another project, by a member", *post, taken, user="demo", expect=401)


def _changed(t: Talk, one: str, full: dict[str, Any]) -> None:
    """Its state is set, and it is deleted."""
    get = ("GET", "alarming")
    back = t.ask("GET", "alarming", one, user="demo")
    t.call("replace with what was read", "PUT", "alarming", one, {**back, "state": "ok"}, user="demo", expect=200)
    t.call("replace another's", "PUT", "alarming", one, full, user="demo2", expect=404)
    t.call("state", *get, f"{one}/state", user="demo", expect=200)
    t.call("set the state", "PUT", "alarming", f"{one}/state", data=b'"alarm"', user="demo", expect=200)
    t.call("the state now", *get, one, user="demo", expect=200)
    t.call("set the state again", "PUT", "alarming", f"{one}/state", data=b'"ok"', user="demo", expect=200)
    t.call("set no state", "PUT", "alarming", f"{one}/state", data=b'"great"', user="demo", expect=400)
    t.call("set another's state", "PUT", "alarming", f"{one}/state", data=b'"ok"', user="demo2", expect=404)
    t.call("delete another's", "DELETE", "alarming", one, user="demo2", expect=404)
    t.call("delete", "DELETE", "alarming", one, user="demo", expect=204)
    t.call("delete again", "DELETE", "alarming", one, user="demo", expect=404)
    t.call("show what is gone", *get, one, user="demo", expect=404)
    t.call("malformed", *get, f"{ALARMS}/nothing", user="demo", expect=404)


def invalid(t: Talk) -> None:
    """What Aodh does not take as an alarm."""

    def rule(**condition: Any) -> dict[str, Any]:
        return {"event_rule": {"query": [condition]}}

    for name, body in (
        ("without a name", {key: value for key, value in wanted("x").items() if key != "name"}),
        ("without a type", {key: value for key, value in wanted("x").items() if key != "type"}),
        ("of an unknown type", wanted("x", type="magic")),
        ("without a rule", {key: value for key, value in wanted("x").items() if key != "event_rule"}),
        ("with a rule of another type", wanted("x", composite_rule={"or": []})),
        ("with an unknown field", wanted("x", color="blue")),
        ("with an unknown severity", wanted("x", severity="tragic")),
        ("with an unknown state", wanted("x", state="great")),
        ("with an unclear flag", wanted("x", repeat_actions="perhaps")),
        ("with an action that is none", wanted("x", alarm_actions=["gopher://x"])),
        ("with actions that are no list", wanted("x", alarm_actions="http://x")),
        ("with a condition without type", wanted("x", **rule(field="traits.a", op="eq", value="1"))),
        ("with a condition of a time", wanted("x", **rule(field="traits.a", op="eq", value="1", type="datetime"))),
        ("with an unknown operator", wanted("x", **rule(field="traits.a", op="like", value="1", type="string"))),
        (
            "with an unknown key of a condition",
            wanted("x", **rule(field="traits.a", op="eq", value="1", type="string", color="blue")),
        ),
        ("with a condition on a strange field", wanted("x", **rule(field="traits.a b!", op="eq", value="1", type="string"))),
        ("with a wrong number", wanted("x", **rule(field="traits.a", op="eq", value="x", type="integer"))),
        ("with an unknown key of the rule", wanted("x", event_rule={"color": "blue"})),
    ):
        t.call(name, "POST", "alarming", ALARMS, body, user="demo", expect=400)
    logged = wanted("x", alarm_actions=["log://"])
    t.call("with an action of administrators", "POST", "alarming", ALARMS, logged, user="demo", expect=401)
    t.call("that is a list", "POST", "alarming", ALARMS, [], user="demo", expect=500)
    t.call("that is no JSON", "POST", "alarming", ALARMS, data=b"{", user="demo", expect=400)
    t.call("without a body", "POST", "alarming", ALARMS, user="demo", headers={"Content-Type": "application/json"}, expect=400)


def _mine(answer: list[dict[str, Any]]) -> Any:
    return mine("alarms")({"alarms": sorted(answer, key=lambda item: item["timestamp"])})


def _names(answer: list[dict[str, Any]]) -> Any:
    return [item["name"] for item in answer]


STORIES = {"alarm documents": documents, "alarms": alarms, "alarms that are refused": invalid}
