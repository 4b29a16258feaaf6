# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every webhook that was recorded of Fenix and Doctor, as it stands and in its order, through our rulebook: one right answer,
early and once. Further the older spellings.
"""

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path

import pytest
import yaml

from lab.products import write_private
from tests.integration.eda.owned import Listening
from tests.integration.eda.recorded_cloud import RecordedCloud
from tests.waiting import until

pytestmark = pytest.mark.timeout(600)
RECORDED = Path(__file__).parents[2] / "fixtures" / "recorded"
FOLDERS = {
    "fenix": ["fenix"],
    "doctor": ["sample", "sample-fenix", "sample-fenix-probes", "vnfm", "vnfm-probes", "admin-probes"],
}
# Doctor's sample admin tool leaves 22 s from the second host on.
EARLY = 15.0
TAKEN, REPEATED, REFUSED = 200, 409, 422
WANTS_ACTIONS = ("PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE")
INFORMS = ("INSTANCE_ACTION_DONE", "ADMIN_ACTION_DONE")
# Older spellings of the states, and how they are called at present.
PRESENT = {
    "DOWN_SCALE": "SCALE_IN",
    "IN_SCALE": "SCALE_IN",
    "PLANNED_MAINTANANCE": "PLANNED_MAINTENANCE",
    "ADMIN_ACTION_DONE": "INSTANCE_ACTION_DONE",
}


class Hook(t.NamedTuple):
    """One webhook, its traits, and what the project was shown then (None: not asked)."""

    name: str
    body: dict[str, t.Any]
    traits: dict[str, t.Any]
    shown: list[str] | None


def content(path):
    """What was sent and what was answered: the bodies of one recorded file, which may be nothing but the former."""
    found = json.loads(path.read_text())
    exchange = (found.get("request", found), found.get("answer") or {})
    bodies = [part.get("body", part if part is found else None) for part in exchange]
    return [json.loads(body) if isinstance(body, str) and body.startswith("{") else body for body in bodies]


def traits_of(body):
    return {name: value for name, _type, value in body["reason_data"]["event"]["traits"]}


def hooks_of(folder):
    """The webhooks of a recorded folder in their order, each with what the project was shown when it asked about it."""
    found = []
    if folder == "fenix":
        # The manager asked before each of its replies, and after it.
        shown = [content(path)[1]["instance_ids"] for path in sorted((RECORDED / folder).glob("project-*-get-[!a]*.json"))]
        for path in sorted((RECORDED / folder).glob("webhook-*.json")):
            body, _answer = content(path)
            asked = traits_of(body)["state"] != "INSTANCE_ACTION_DONE" and shown
            found.append(Hook(path.stem, body, traits_of(body), shown.pop(0) if asked else None))
        return found
    for path in sorted((RECORDED / "doctor" / folder).glob("*.json")):
        body, answer = content(path)
        if "-app-manager-POST-maintenance-" in path.name or "-inspector-POST-maintenance-" in path.name:
            found.append(Hook(f"{folder} {path.stem}", body, traits_of(body), None))
        elif path.name.endswith("-GET-maintenance_ID_ID.json") and found and found[-1].shown is None:
            found[-1] = found[-1]._replace(shown=(answer or {}).get("instance_ids"))
    return found


class Owner(Listening):
    """The owner of the recorded instances, which are all of one VNF that moves by MIGRATE and gives nothing."""

    vnf_cloud = "recorded"
    notifications: t.ClassVar[dict[str, t.Any]] = {}

    def __init__(self, folder, cloud):
        super().__init__(folder)
        self.cloud = cloud
        write_private(self.clouds_file, yaml.safe_dump({"clouds": {self.vnf_cloud: cloud.clouds}}))
        self.make_secrets(self.vnf_id)

    def publish(self, url):
        raise AssertionError("no session API of ours runs here")

    @property
    def vnf_policies(self):
        return {"default": {"actions": ["MIGRATE"]}}

    @property
    def vnf_id(self):
        return self.cloud.vnf_id

    @property
    def project_id(self):
        return self.cloud.project_id


@pytest.fixture(scope="module")
def owned(tmp_path_factory):
    """Gives the owner in the cloud of a kind, whose rulebook runs, and all that was recorded there."""
    started = {}

    def start(kind):
        hooks = [hook for folder in FOLDERS[kind] for hook in hooks_of(folder)]
        if kind not in started:
            (project_id,) = {hook.traits["project_id"] for hook in hooks if status_of(hook) == TAKEN}
            cloud = RecordedCloud(project_id, sorted({id_ for hook in hooks for id_ in hook.shown or []}))
            started[kind] = Owner(tmp_path_factory.mktemp(kind), cloud)
            started[kind].start_rulebook()
            until("the source answers", lambda: "Messages are answered through" in started[kind].log)
        return started[kind], hooks

    yield start
    for owner in started.values():
        owner.stop()
        owner.cloud.close()


def answer_to(hook, instance_ids):
    """The right answer, as the instance whose part it is sent to (None: the project's) and the body; None for none at all.

    It is ACK_ or NACK_ and the state as whoever asks spells it.
    """
    spelling, url = hook.traits["state"], hook.traits.get("reply_url", "")
    state = PRESENT.get(spelling, spelling)
    last = url.rsplit("/", 1)[-1]
    if state == "INSTANCE_ACTION_DONE":
        return None
    if state == "SCALE_IN":
        return None, {"state": f"NACK_{spelling}"}
    body = {"state": f"ACK_{spelling}"}
    if state not in WANTS_ACTIONS:
        return None, body
    if last == hook.traits["project_id"]:
        return None, {**body, "instance_actions": dict.fromkeys(hook.shown or instance_ids, "MIGRATE")}
    return (last, {**body, "instance_action": "MIGRATE"}) if last in instance_ids else None


def status_of(hook):
    of_hosts = hook.body["reason_data"]["event"]["event_type"] == "maintenance.host"
    return REFUSED if of_hosts or hook.traits["state"] == "EXTRA_MAINTENANCE" else TAKEN


def what(hook):
    """What a message is known by when it is told of a second time by another notification; None without a time."""
    told = [hook.traits.get(name) for name in ("session_id", "state", "instance_ids", "actions_at", "reply_at")]
    return tuple(told) if any(told[3:]) else None


def shape(reply):
    """A reply without what it says besides."""
    body = {name: reply.body[name] for name in ("state", "instance_actions", "instance_action") if name in reply.body}
    return reply.session_id, reply.instance_id, body


def answered(owner, hook, shown, answer):
    """Post a webhook as it stands, and again as when Aodh has not heard our answer; returns the seconds until the reply."""
    before, began = len(owner.cloud.hears), time.monotonic()
    if hook.traits["state"] not in INFORMS and status_of(hook) == TAKEN:
        owner.cloud.ask(hook.traits["session_id"], hook.traits["state"], shown)
    assert owner.post(owner.vnf_id, hook.body) == status_of(hook), hook.name
    seconds = 0.0
    if answer:
        until(f"an answer to {hook.name}", lambda: len(owner.cloud.hears) > before, every=0.01)
        seconds = time.monotonic() - began
        assert shape(owner.cloud.hears[before]) == (hook.traits["session_id"], *answer), hook.name
        assert seconds < EARLY, hook.name
    assert owner.post(owner.vnf_id, hook.body) == (REPEATED if status_of(hook) == TAKEN else REFUSED)
    return seconds


@pytest.mark.parametrize("kind", FOLDERS)
def test_every_recorded_webhook_gets_one_right_answer_early(owned, kind):
    owner, hooks = owned(kind)
    everything = owner.cloud.instance_ids
    known, wanted, slowest = set(), [], 0.0
    for hook in hooks:
        answer = answer_to(hook, everything) if status_of(hook) == TAKEN and (what(hook) or hook.name) not in known else None
        known.add(what(hook) or hook.name)
        slowest = max(slowest, answered(owner, hook, (hook.shown if answer else None) or everything, answer))
        wanted += [(hook.traits["session_id"], *answer)] if answer else []
    until("nothing is left", lambda: owner.counted("not_over") == 0)
    assert [shape(reply) for reply in owner.cloud.hears] == wanted
    assert {reply.project_id for reply in owner.cloud.hears} == {owner.project_id}
    assert len(wanted) > len(hooks) / 3
    assert owner.counted("dropped_total") == 0
    print(f"{kind}: {len(hooks)} webhooks, {len(wanted)} answers, the slowest after {slowest:.2f} s")  # noqa: T201


OLDER = [
    *((state, spelling, "maintenance.scheduled") for spelling, state in PRESENT.items()),
    ("MAINTENANCE", "MAINTENANCE", "maintenance.planned"),
]


@pytest.mark.parametrize(("state", "spelling", "event_type"), OLDER)
def test_an_older_spelling_is_answered_in_the_same_spelling(owned, state, spelling, event_type):
    owner, hooks = owned("fenix")
    recorded = next(hook for hook in hooks if hook.traits["state"] == state)
    session = f"{recorded.traits['session_id']}-{spelling}-{event_type[-1]}"
    text = json.dumps(recorded.body).replace(recorded.traits["session_id"], session).replace(f'"{state}"', f'"{spelling}"')
    body = json.loads(text.replace("maintenance.scheduled", event_type))
    body["reason_data"]["event"]["message_id"] = session
    hook = Hook(session, body, traits_of(body), recorded.shown)
    before = len(owner.cloud.hears)
    answered(owner, hook, hook.shown or owner.cloud.instance_ids, answer_to(hook, owner.cloud.instance_ids))
    until("nothing is left", lambda: owner.counted("not_over") == 0)
    assert len(owner.cloud.hears) - before == (state != "INSTANCE_ACTION_DONE")


@pytest.mark.parametrize(("state", "shown"), [("START_MAINTENANCE", 0), ("PLANNED_MAINTENANCE", 1)])
def test_a_fenix_that_asks_something_else_by_now_hears_nothing(owned, state, shown):
    """Its engine takes any reply for one to what it asks at that moment: nothing, or about the instances of the next host."""
    owner, hooks = owned("fenix")
    first, second = [hook for hook in hooks if hook.traits["state"] == "PLANNED_MAINTENANCE"][:2]
    session = f"{first.traits['session_id']}-late-{state}"
    body = json.loads(json.dumps(first.body).replace(first.traits["session_id"], session))
    body["reason_data"]["event"]["message_id"] = session
    before = len(owner.cloud.hears)
    owner.cloud.ask(session, "PLANNED_MAINTENANCE", first.shown)
    owner.cloud.meanwhile = lambda: owner.cloud.ask(session, state, [first.shown, second.shown][shown])
    try:
        assert owner.post(owner.vnf_id, body) == TAKEN
        until("nothing is left", lambda: owner.counted("not_over") == 0)
    finally:
        owner.cloud.meanwhile = lambda: None
        owner.cloud.states[session] = "MAINTENANCE_DONE"
    assert len(owner.cloud.hears) == before
