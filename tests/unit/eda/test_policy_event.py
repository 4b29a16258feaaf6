# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event filter vnf_policy_event: our source's findings and Alertmanager's webhooks in one form."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import yaml
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring.findings import Finding
from ansible_collections.nfv.maintenance.plugins.plugin_utils._decision.policy import PolicyError
from ansible_collections.nfv.maintenance.plugins.plugin_utils._monitoring.completing import vnf_policy_events, vnf_policy_unsaid

ROOT = Path(__file__).resolve().parents[3]
MODULE = runpy.run_path(str(ROOT / "extensions/eda/plugins/event_filter/vnf_policy_event.py"))
FILTER = MODULE["main"]
LABELS = {"alertname": "VnfcDown", "vnf_id": "web", "vdu": "VDU1", "server_id": "0a6c1c86", "instance": "192.0.2.11:9100"}


def webhook(*alerts):
    return {"payload": {"version": "4", "status": "firing", "alerts": list(alerts)}, "meta": {"uuid": "u"}}


def alert(status="firing", **labels):
    given = {name: value for name, value in {**LABELS, **labels}.items() if value is not None}
    return {"status": status, "labels": given, "annotations": {"summary": "{{ 1 }}"}, "startsAt": "2026-11-21T01:02:03.456Z",
            "endsAt": "2026-11-21T01:05:00.5+01:00"}  # fmt: skip


def test_a_firing_alert_is_down_and_a_resolved_one_up():
    event = FILTER(webhook(alert(), alert("resolved")))
    assert event["meta"] == {"uuid": "u"}
    assert event["vnf_policy"]["rejected"] == []
    down, up = map(Finding.read, event["vnf_policy"]["events"])
    assert (down.vnf_id, down.vdu, down.server_id, down.state, down.actions) == ("web", "VDU1", "0a6c1c86", "down", None)
    assert up.state == "up"
    assert down.target == up.target, "the one ends the incident that the other has opened"
    assert down.seen_at > down.at, "it began then, and is sent again now"


@pytest.fixture(autouse=True)
def nothing_told():
    """Each test has heard of nothing yet."""
    MODULE["told_up"].clear()


@pytest.fixture
def clock(monkeypatch):
    """The time that passes for the filter: ``clock[0]``."""
    now = [1000.0]
    monkeypatch.setattr(MODULE["time"], "monotonic", lambda: now[0])
    return now


def told(*alerts, **options):
    return [one["to"] for one in FILTER(webhook(*alerts), **options)["vnf_policy"]["events"]]


def test_who_is_up_and_stays_up_is_told_now_and_then_only(clock):
    assert told(alert("resolved")) == ["up"], "somebody may have missed the end of a fault"
    assert told(alert("resolved"), alert("resolved", instance="192.0.2.12:9100", server_id=None)) == ["up"], "another one"
    clock[0] += 599
    assert told(alert("resolved")) == []
    clock[0] += 1
    assert [told(alert("resolved")), told(alert("resolved"))] == [["up"], []]


def test_what_is_wrong_is_told_each_time_and_its_end_at_once(clock):
    assert told(alert("resolved")) == ["up"]
    assert [told(alert()), told(alert())] == [["down"], ["down"]]
    assert [told(alert("resolved")), told(alert("resolved"))] == [["up"], []]


def test_all_may_be_told(clock):
    assert [told(alert("resolved"), up_again=0) for _time in range(2)] == [["up"], ["up"]]


def test_only_so_many_are_remembered(clock):
    """All of them are one alert each, of a webhook that may be anybody's."""
    for number in range(MODULE["MOST_UP"] // 1000 + 1):
        told(*(alert("resolved", server_id=f"s-{number}-{one}", instance=f"i-{number}-{one}") for one in range(1000)))
    assert len(MODULE["told_up"]) == MODULE["MOST_UP"]
    assert told(alert("resolved", server_id="s-0-0", instance="i-0-0")) == ["up"]


def test_labels_of_other_names_and_a_state():
    event = webhook(alert(vnf_id=None, vnf="web", server_id=None, vnf_state="degraded"))
    [finding] = FILTER(event, vnf_label="vnf")["vnf_policy"]["events"]
    assert (finding["vnf"]["id"], finding["to"], finding["vnfc"]["id"]) == ("web", "degraded", "192.0.2.11:9100")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (alert(vnf_id=None), "an alert has no label vnf_id"),
        (alert(vnf_id="{{ lookup('pipe', 'id') }}"), "label vnf_id of an alert is no plain name"),
        (alert(server_id=["x"]), "label server_id of an alert is no plain name"),
        (alert(vnf_state="broken"), "label vnf_state of an alert is none of down, degraded, unknown"),
        (alert("pending"), "an alert is neither firing nor resolved"),
        ({**alert(), "startsAt": "soon"}, "startsAt or endsAt of an alert is no time"),
        ("alert", "an alert has no labels"),
    ],
    ids=["no-vnf", "template", "list", "state", "status", "time", "text"],
)
def test_what_cannot_be_used_is_rejected_and_holds_up_nothing_else(given, said, caplog):
    found = FILTER(webhook(given, alert()))["vnf_policy"]
    assert found["rejected"] == [said]
    assert said in caplog.text
    assert len(found["events"]) == 1


def test_more_alerts_than_are_taken():
    found = FILTER(webhook(*[alert()] * 1001))["vnf_policy"]
    assert (len(found["events"]), found["rejected"]) == (1000, ["more than 1000 alerts at once"])


def test_no_text_of_a_finding_is_taken_for_a_template():
    told = {
        "vnf": {"id": "v", "name": "{{ lookup('pipe', 'id') }}"},
        "to": "down",
        "evidence": {"error": ["{%x%}", "{#"]},
        "sent": 3,
    }
    [found] = FILTER({"vnf_monitor": told})["vnf_policy"]["events"]
    assert found == {
        "vnf": {"id": "v", "name": "({ lookup('pipe', 'id') }}"}, "to": "down", "evidence": {"error": ["(%x%}", "(#"]}, "sent": 3,
    }  # fmt: skip


@pytest.mark.parametrize("event", [{"payload": {"alerts": 1}}, {"something": 1}, "text"], ids=["alerts", "other", "text"])
def test_other_events_pass(event):
    assert FILTER(event) == event


def test_both_rulebooks_do_the_same_with_what_was_found():
    files = [ROOT / f"extensions/eda/rulebooks/{name}.yml" for name in ("vnf_monitor", "vnf_monitor_alertmanager")]
    rules = [yaml.safe_load(file.read_text())[0]["rules"][0] for file in files]
    assert rules[0] == rules[1]
    defaults = yaml.safe_load((ROOT / "roles/vnf_policy_action/defaults/main.yml").read_text())
    passed = rules[0]["action"]["run_playbook"]["extra_vars"]
    kept = {"vnf_policy_action_webhooks", "vnf_policy_action_on_failure", "vnf_policy_action_timeout"}
    assert set(passed) - {"vnf_policy_action_file"} == set(defaults) - kept, "what is not passed may stand in the file"


class TestActions:
    """What is wanted for a finding that does not say it."""

    policies = {
        "web": {"probe": "ping", "actions": {"down": ["respawn"]}},
        "default": {"probe": "tcp", "actions": {"down": ["log"]}},
    }

    def findings(self, **labels):
        return FILTER(webhook(alert(**labels)))["vnf_policy"]["events"]

    def test_the_owners(self):
        assert vnf_policy_unsaid(self.findings(), self.policies) == []
        assert vnf_policy_events(self.findings(), self.policies)[0]["actions"] == [{"name": "respawn"}]
        assert vnf_policy_events(self.findings(vnf_id="4c8b", vnf_name="web"), self.policies)[0]["actions"] == [
            {"name": "respawn"}
        ]
        assert vnf_policy_events(self.findings(vnf_id="db"), self.policies)[0]["actions"] == [{"name": "log"}]

    def test_the_descriptors_where_the_owner_says_nothing(self):
        given = {"name": "ping", "actions": {"failure": "respawn"}}
        node = {"type": "tosca.nodes.nfv.VDU.Tacker", "properties": {"monitoring_policy": given}}
        read = [{"item": {"id": "web"}, "vnfds": [{"topology_template": {"node_templates": {"VDU1": node}}}]}]
        assert vnf_policy_unsaid(self.findings() * 2, {}) == ["web"]
        assert vnf_policy_events(self.findings(), {}, read)[0]["actions"] == [{"name": "respawn"}]
        assert vnf_policy_events(self.findings(vdu=None), {}, read)[0]["actions"] == [{"name": "respawn"}]
        assert vnf_policy_events(self.findings(vdu="VDU2"), {}, read)[0]["actions"] == []

    def test_what_an_event_says_stays(self):
        [event] = self.findings()
        said = {**event, "actions": [{"name": "log"}]}
        assert vnf_policy_unsaid([said], {}) == []
        assert vnf_policy_events([said], self.policies) == [said]

    def test_a_policy_that_cannot_be_used_is_said(self):
        with pytest.raises(PolicyError, match="policy of VNF web cannot be used"):
            vnf_policy_events(self.findings(), {"web": {"probe": "pong"}})
