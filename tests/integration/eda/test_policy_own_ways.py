# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions on findings that are the owner's own; what gives a VNF up is seen on the real Tacker, which can end one."""

from __future__ import annotations

import json

import pytest

from tests.integration.eda.acting import LIMITS

PLAYBOOK = """---
- name: What the owner does
  hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: Note it
      ansible.builtin.copy:
        content: "{{ vnf_policy_action_decision | to_json }}"
        dest: %s
        mode: "0600"

    - name: See whether it can be done
      ansible.builtin.assert:
        that: %s
        fail_msg: the owner's switch does not answer
"""
OWN = {"name": "playbook", "to": "reroute"}


@pytest.fixture
def own_playbook(tmp_path):
    """An owner's playbook that writes what it was told; ``own_playbook(works=True)`` returns the variable and the note."""

    def make(works=True):
        noted, path = tmp_path / "noted.json", tmp_path / "reroute.yml"
        path.write_text(PLAYBOOK % (noted, str(works).lower()))
        return {"vnf_policy_action_playbooks": {"reroute": str(path)}}, noted

    return make


def test_the_owners_playbook_is_told_what_was_found_and_runs_once(acting, own_playbook):
    variables, noted = own_playbook()
    before, server = len(acting.heals()), acting.worker()
    event = acting.event(server, actions=[OWN])
    acting.run(event, **variables)
    told = json.loads(noted.read_text())
    assert (told["vnf_id"], told["to"], [one["server_id"] for one in told["vnfcs"]]) == (acting.vnf["id"], "reroute", [server])
    assert told["vnfcs"][0]["state"] == "down"
    noted.unlink()
    acting.run(event, **variables)
    assert not noted.exists(), "the same finding again is no second run"
    assert len(acting.heals()) == before


def test_an_owners_playbook_that_fails_is_told_with_its_reason_and_tried_again(acting, own_playbook):
    variables, noted = own_playbook(works=False)
    event = acting.event(acting.worker(), actions=[OWN])
    output = acting.run(event, fails=True, **variables)
    assert "playbook for VNF one" in output
    assert "the owner's switch does not answer" in output
    noted.unlink()
    [(action, decision, _reason)] = acting.decide(event)
    assert (action, decision) == ("playbook", "put_off")
    again = acting.event(event["vnfc"]["server_id"], actions=[OWN], kind="reminder")
    works, _noted = own_playbook()
    acting.run(again, **works, vnf_policy_action_limits={**LIMITS, "backoff": 0})
    assert noted.exists()


def test_a_playbook_that_nobody_has_named_is_not_run(acting):
    output = acting.run(acting.event(acting.worker(), actions=[OWN]), fails=True)
    assert "vnf_policy_action_playbooks has no reroute" in output


def test_a_vnf_is_given_up_only_where_that_is_allowed(acting):
    event = acting.event(acting.worker(), actions=["log_and_kill"])
    assert "log_and_kill for VNF one (down): refused: " in acting.run(event)
    assert acting.owner.servers("one"), "not allowed without being asked for"
