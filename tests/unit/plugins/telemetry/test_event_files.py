# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of Ceilometer's event files: ours comes in, theirs stays, line by line."""

from __future__ import annotations

import fnmatch

import pytest
import yaml
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._telemetry import definitions, pipeline
from hypothesis import given, settings
from hypothesis import strategies as st

TYPES = ("maintenance.planned", "maintenance.scheduled", "maintenance.host", "maintenance.session")

PACKAGED = """\
---
# The definitions of a Ceilometer
- event_type: 'compute.instance.*'
  traits: &instance_traits
    tenant_id:
      fields: payload.tenant_id
    launched_at:
      type: datetime
      fields: payload.launched_at   # a date
# an update says more
- event_type: compute.instance.update
  traits:
    <<: *instance_traits
    old_state:
      fields: payload.old_state
- event_type: ['image.*', "volume.*",
               'snapshot.*']
  traits:
    error: payload[0].error
# the end
"""
PIPELINE = """\
---
sources:
    - name: event_source
      events:
          - "*"
      sinks:
          - event_sink   # all of them
sinks:
    - name: event_sink
      publishers:
          - gnocchi://?filter_project=service
          - notifier://
"""


def applied(events, event_type):
    """The traits of the definition that Ceilometer takes: the last one that matches."""
    found = {}
    for entry in events:
        named = entry["event_type"] if isinstance(entry["event_type"], list) else [entry["event_type"]]
        if any(fnmatch.fnmatch(event_type, one) for one in named):
            found = entry["traits"]
    return found


def assert_complete(text):
    events = yaml.safe_load(text)
    for event_type in ("maintenance.planned", "maintenance.scheduled"):
        traits = applied(events, event_type)
        assert {
            "service", "project_id", "session_id", "state", "instance_ids", "reply_url", "allowed_actions", "metadata",
            "message_id", "actions_at", "reply_at",
        } <= set(traits)  # fmt: skip
        assert traits["actions_at"] == {"fields": "payload.actions_at", "type": "datetime"}
        assert traits["reply_at"]["type"] == "datetime"
        assert traits["allowed_actions"].get("type", "text") == "text"
    assert applied(events, "maintenance.host")["host"]["fields"] == "payload.host"
    assert applied(events, "maintenance.session")["percent_done"]["type"] == "int"
    for event_type in TYPES:
        assert applied(events, event_type)["project_id"] == {"fields": "payload.project_id"}


def kept_lines(before, after):
    """The lines of the one that are in the other, in their order."""
    left = iter(after.splitlines())
    return [line for line in before.splitlines() if any(line == other for other in left)]


# --- definitions


def test_definitions_come_behind_what_is_there_and_change_no_line_of_it():
    after, told = definitions.with_definitions(PACKAGED, "f")
    assert kept_lines(PACKAGED, after) == PACKAGED.splitlines()
    assert yaml.safe_load(after)[:3] == yaml.safe_load(PACKAGED)
    assert_complete(after)
    assert len(told) == 3
    assert definitions.with_definitions(after, "f") == (after, [])


@pytest.mark.parametrize("text", ["", "---\n", "# nothing yet\n", "[]\n", "--- []", "~\n", "---\n# nothing\n"])
def test_an_empty_file_gets_them_too(text):
    after, _told = definitions.with_definitions(text, "f")
    assert_complete(after)
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        line for line in after.splitlines() if line.startswith("#") and "nfv" not in line
    ]
    assert definitions.with_definitions(after, "f") == (after, [])


def test_a_definition_that_lacks_a_trait_is_replaced_where_it_stands_and_keeps_what_else_it_has():
    host = "- event_type: maintenance.host\n  traits:\n    rack: {fields: payload.rack}\n"
    text = f"{PACKAGED}{host}# behind\n- event_type: x\n  traits: {{}}\n"
    after, told = definitions.with_definitions(text, "f")
    events = yaml.safe_load(after)
    assert events[3]["event_type"] == "maintenance.host"
    assert set(events[3]["traits"]) == {"service", "project_id", "session_id", "state", "host", "rack"}
    assert events[4] == {"event_type": "x", "traits": {}}
    assert "# behind" in after
    assert [one for one in told if "maintenance.host" in one] == [
        "the definition of maintenance.host is replaced (host, project_id, service, session_id, state differed)"
    ]
    assert_complete(after)


def test_a_definition_with_more_traits_or_in_other_words_is_left_alone():
    ours, _told = definitions.with_definitions("", "f")
    events = yaml.safe_load(ours)
    for event in events:
        short = {name: trait["fields"] for name, trait in event["traits"].items() if set(trait) == {"fields"}}
        event["traits"] |= short
        event["traits"]["rack"] = {"fields": ["payload.rack"], "type": "text"}
    events[1]["event_type"] = [events[1]["event_type"]]
    text = yaml.safe_dump(events)
    assert definitions.with_definitions(text, "f") == (text, [])


@pytest.mark.parametrize("wildcard", ["*", "maintenance.*", "maintenance.sch*"])
def test_a_wildcard_behind_our_definitions_is_overridden(wildcard):
    ours, _told = definitions.with_definitions("", "f")
    text = ours + f"- event_type: '{wildcard}'\n  traits: {{}}\n"
    after, told = definitions.with_definitions(text, "f")
    assert_complete(after)
    assert told
    assert {"event_type": wildcard, "traits": {}} in yaml.safe_load(after)
    assert definitions.with_definitions(after, "f") == (after, [])


def test_a_definition_that_serves_other_types_as_well_stays():
    entry = "- event_type: [maintenance.host, billing.exists]\n  traits:\n    a: payload.a\n"
    after, told = definitions.with_definitions(entry, "f")
    assert after.startswith(entry)
    assert_complete(after)
    assert any("maintenance.host is added, before which maintenance.host, billing.exists applied" in one for one in told)


def test_one_definition_of_two_types_makes_place_for_both():
    entry = "- event_type: [maintenance.scheduled, maintenance.host]\n  traits:\n    state: payload.state\n"
    after, _told = definitions.with_definitions(entry, "f")
    assert_complete(after)
    assert len(yaml.safe_load(after)) == 3


def test_windows_line_ends_and_a_missing_one_at_the_end():
    text = PACKAGED.rstrip("\n").replace("\n", "\r\n")
    after, _told = definitions.with_definitions(text, "f")
    assert after.count("\n") == after.count("\r\n")
    assert_complete(after)


def test_indented_entries():
    text = "  - event_type: a\n    traits: {}\n  # for b\n  -\n    event_type: b\n    traits:\n      t: |\n        payload.t\n\n"
    after, _told = definitions.with_definitions(text, "f")
    assert kept_lines(text, after) == text.splitlines()
    assert_complete(after)


def test_an_entry_between_brackets():
    after, _told = definitions.with_definitions("[{event_type: a, traits: {}}]\n", "f")
    assert_complete(after)
    assert yaml.safe_load(after)[0] == {"event_type": "a", "traits": {}}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a: [", "no YAML"),
        ("a: 1\n", "no list"),
        ("- a\n", "Entry 1"),
        ("- event_type: x\n", "Entry 1"),
        ("--- []\n--- []\n", "no YAML"),
        ("- !!python/object/apply:os.system [id]\n", "no YAML"),
    ],
)
def test_what_is_no_list_of_definitions_is_refused(text, word):
    with pytest.raises(CollectionError, match=word):
        definitions.with_definitions(text, "/etc/ceilometer/event_definitions.yaml")


def test_a_definition_whose_anchor_others_use_stays_and_is_overridden():
    text = "- event_type: maintenance.host\n  traits: &t\n    a: payload.a\n- event_type: other\n  traits:\n    <<: *t\n"
    after, _told = definitions.with_definitions(text, "f")
    assert after.startswith(text)
    assert_complete(after)
    assert applied(yaml.safe_load(after), "maintenance.host")["a"] == "payload.a"
    assert definitions.with_definitions(after, "f") == (after, [])


def test_a_pipeline_that_cannot_be_changed_line_by_line_is_refused():
    with pytest.raises(CollectionError, match="cannot be changed line by line"):
        pipeline.with_publisher("sources: &s\n- {name: a, events: [x], sinks: [b]}\nsinks: []\nmore: *s\n", "f")


names = st.sampled_from([*TYPES, "maintenance.*", "*", "compute.*", "!maintenance.host", "volume.exists"])
fields = st.sampled_from(["payload.state", "payload.x"])
traits = st.dictionaries(st.sampled_from(["state", "host", "rack", "project_id"]), fields)
entries = st.fixed_dictionaries({"event_type": st.lists(names, min_size=1, max_size=3), "traits": traits})


@settings(max_examples=150, deadline=None)
@given(st.lists(entries, max_size=6), st.sampled_from([None, False]), st.integers(0, 3))
def test_whatever_is_there_the_result_is_complete_once_and_for_all(events, flow, indent):
    written = "".join(
        "".join(" " * indent + line for line in yaml.safe_dump([event], default_flow_style=flow).splitlines(keepends=True))
        + f"{' ' * indent}# comment {number}\n"
        for number, event in enumerate(events)
    )
    after, told = definitions.with_definitions(written, "f")
    found = yaml.safe_load(after)
    for event_type in TYPES:
        if not any(one.startswith("!") for event in events for one in event["event_type"]):
            assert applied(found, event_type)["project_id"] == {"fields": "payload.project_id"}
    theirs = [event for event in events if not set(event["event_type"]) <= set(TYPES)]
    assert [event for event in found if not set(definitions.types_of(event)) <= set(TYPES)] == theirs
    assert all(f"# comment {number}\n" in after for number in range(len(events)))
    assert told
    assert definitions.with_definitions(after, "f") == (after, [])


# --- pipeline


def delivered(text, event_type, publisher="notifier://?topic=alarm.all"):
    """How often an event gets to a publisher."""
    data = yaml.safe_load(text)
    sinks = {sink["name"]: sink["publishers"] for sink in data["sinks"]}
    sources = [
        source for source in data["sources"]
        if any(fnmatch.fnmatch(event_type, one) for one in source["events"] if one[0] != "!")
        and not any(fnmatch.fnmatch(event_type, one[1:]) for one in source["events"] if one[0] == "!")
    ]  # fmt: skip
    return sum(publisher in sinks[name] for source in sources for name in source["sinks"])


def test_maintenance_events_go_to_aodh_and_nothing_else_changes():
    after, told = pipeline.with_publisher(PIPELINE, "f")
    assert kept_lines(PIPELINE, after) == PIPELINE.splitlines()
    assert [delivered(after, event_type) for event_type in TYPES] == [1] * 4
    assert delivered(after, "compute.instance.update") == 0
    assert delivered(after, "maintenance.scheduled", "notifier://") == 1
    assert len(told) == 2
    assert pipeline.with_publisher(after, "f") == (after, [])


@pytest.mark.parametrize("publisher", ["notifier://?topic=alarm.all", "notifier://?driver=messaging&topic=alarm.all"])
def test_a_pipeline_that_hands_on_everything_is_left_alone(publisher):
    text = PIPELINE.replace("- notifier://", f"- {publisher}")
    assert pipeline.with_publisher(text, "f") == (text, [])


def test_only_what_is_missing_is_handed_on_so_that_nothing_comes_twice():
    text = PIPELINE.replace('- "*"', "- maintenance.scheduled").replace("- notifier://", "- notifier://?topic=alarm.all")
    after, _told = pipeline.with_publisher(text, "f")
    assert [delivered(after, event_type) for event_type in TYPES] == [1] * 4


def test_a_sink_for_aodh_alone_is_used_and_one_with_other_publishers_is_not():
    alone = PIPELINE.replace('- "*"', "- compute.*").replace("          - gnocchi://?filter_project=service\n", "")
    alone = alone.replace("- notifier://", "- notifier://?topic=alarm.all")
    after, told = pipeline.with_publisher(alone, "f")
    assert [sink["name"] for sink in yaml.safe_load(after)["sinks"]] == ["event_sink"]
    assert len(told) == 1
    both = PIPELINE.replace('- "*"', "- compute.*").replace("- notifier://", "- notifier://?topic=alarm.all")
    after, _told = pipeline.with_publisher(both, "f")
    assert delivered(after, "maintenance.host", "gnocchi://?filter_project=service") == 0


def test_what_a_source_refuses_is_missing():
    text = PIPELINE.replace('- "*"', '- "!maintenance.*"').replace("- notifier://", "- notifier://?topic=alarm.all")
    after, _told = pipeline.with_publisher(text, "f")
    assert [delivered(after, event_type) for event_type in TYPES] == [1] * 4


def test_an_entry_of_ours_that_was_cut_down_is_completed():
    whole, _told = pipeline.with_publisher(PIPELINE, "f")
    less = whole.replace(", maintenance.session]", "]").replace("['notifier://?topic=alarm.all']", "['file:///tmp/x']")
    assert less != whole
    after, _told = pipeline.with_publisher(less, "f")
    assert [delivered(after, event_type) for event_type in TYPES] == [1] * 4
    assert len(yaml.safe_load(after)["sources"]) == len(yaml.safe_load(after)["sinks"]) == 2
    assert delivered(after, "maintenance.host", "file:///tmp/x") == 1


@pytest.mark.parametrize("text", ["", "---\n", "sources: []\nsinks: []\n", "sources:\nsinks:\n", "# mine\nsinks: []\n"])
def test_an_empty_pipeline(text):
    after, _told = pipeline.with_publisher(text, "f")
    assert [delivered(after, event_type) for event_type in TYPES] == [1] * 4
    assert pipeline.with_publisher(after, "f") == (after, [])


@pytest.mark.parametrize("text", ["- a\n", "sources: 1\n", "sources:\n- events: []\n", "sinks: [a]\n"])
def test_what_is_no_pipeline_is_refused(text):
    with pytest.raises(CollectionError, match="Next:"):
        pipeline.with_publisher(text, "f")
