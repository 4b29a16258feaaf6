# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies of VNF owners, each carried out against the lab and the session API."""

from __future__ import annotations

import contextlib
import http.server
import threading

import openstack
import pytest
import yaml

from tests.waiting import until

PLANNED = "PLANNED_MAINTENANCE"


@pytest.fixture
def cloud(owner):
    """The owner's own connection."""
    entry = yaml.safe_load((owner.stack.folder / "clouds.yaml").read_text())["clouds"]["lab-vnf"]
    return openstack.connect(auth=entry["auth"], region_name=entry["region_name"])


@pytest.fixture
def planned(session):
    """Asks for PLANNED_MAINTENANCE."""
    session.state("START_MAINTENANCE")
    session.state(PLANNED)
    return lambda ids, **more: session.ask(PLANNED, ids, **more)


def policy(owner, *groups, name="one", **more):
    return {owner.vnfs[name]["id"]: {"groups": [*groups], **more}, "default": {}}


def pair(**more):
    return {"vdu_ids": ["ha"], **more}


def handle(owner, session, asked, policies, **more):
    """Run the playbook for one message; the message afterwards."""
    output = owner.handle(owner.hint(asked), vnf_maintenance_policies=policies, **more)
    return {**session.message(asked["id"]), "output": output}


@contextlib.contextmanager
def stopped(cloud, server_id):
    """A server that is not in service."""
    cloud.compute.stop_server(server_id)
    until("the server is stopped", lambda: cloud.compute.get_server(server_id).status == "SHUTOFF")
    yield
    if cloud.compute.get_server(server_id).status == "SHUTOFF":
        cloud.compute.start_server(server_id)
    until("the server runs", lambda: cloud.compute.get_server(server_id).status == "ACTIVE")


class Health:
    """Where the members' health is asked; they are well when the test says so."""

    def __init__(self):
        outer, self.well, self.asked = self, False, threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.set()
                self.send_response(200 if outer.well else 503)
                self.end_headers()

            def log_message(self, *_args):
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.probe = {"url": f"http://127.0.0.1:{self.server.server_address[1]}/{{address}}"}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def health():
    found = Health()
    yield found
    found.server.shutdown()
    found.server.server_close()


def port_of(cloud, server_id):
    [port] = cloud.network.ports(device_id=server_id)
    return port


def test_a_virtual_address_moves_to_the_standby_before_the_reply(owner, session, cloud, planned):
    active, standby = owner.servers("one", "ha")
    pairs = [{"ip_address": "10.99.0.1"}]
    cloud.network.update_port(port_of(cloud, active).id, allowed_address_pairs=pairs)
    found = handle(owner, session, planned([active]), policy(owner, pair(active={"vip": {"address": "10.99.0.1"}})))
    assert found["status"] == "acknowledged"
    assert port_of(cloud, active).allowed_address_pairs == []
    assert [one["ip_address"] for one in port_of(cloud, standby).allowed_address_pairs] == ["10.99.0.1"]
    cloud.network.update_port(port_of(cloud, standby).id, allowed_address_pairs=[])


def test_metadata_of_the_servers_moves_to_the_standby(owner, session, cloud, planned):
    active, standby = owner.servers("one", "ha")
    cloud.compute.set_server_metadata(active, role="active")
    found = handle(owner, session, planned([active]), policy(owner, pair(active={"metadata": {"key": "role"}})))
    assert found["status"] == "acknowledged"
    roles = [cloud.compute.get_server(one).metadata["role"] for one in (active, standby)]
    assert roles == ["standby", "active"]


def test_the_service_has_to_answer_after_the_switch_over(owner, session, planned):
    address = owner.vnfs["one"]["floating_ip"]
    service = {"url": f"{owner.stack.lab_url}/lab/service/{address}"}
    active = owner.active("one")
    found = handle(owner, session, planned([active]), policy(owner, pair(active={"floating_ip": address}, check=service)))
    assert found["status"] == "acknowledged"
    assert owner.active("one") != active
    wrong = pair(active={"floating_ip": address}, check={**service, "status": 418})
    asked = planned([owner.active("one")], key="2")
    refused = handle(owner, session, asked, policy(owner, wrong), vnf_maintenance_switch_timeout=2)
    assert refused["status"] == "refused"
    assert "to answer 418 after the switch-over; last seen: " in refused["reason"]


def test_the_owners_tasks_say_who_is_active_and_switch_over(owner, session, planned, tmp_path):
    state = tmp_path / "active"
    who, switch, broken = (tmp_path / f"{name}.yml" for name in ("who", "switch", "broken"))
    who.write_text(yaml.safe_dump([{
        "name": "See", "ansible.builtin.set_fact": {"vnf_maintenance_active": f"{{{{ lookup('file', '{state}') }}}}"},
    }]))  # fmt: skip
    switch.write_text(yaml.safe_dump([{
        "name": "Switch", "ansible.builtin.copy": {"content": "{{ vnf_maintenance_standby }}", "dest": str(state)},
    }]))  # fmt: skip
    broken.write_text(yaml.safe_dump([{"name": "Do nothing", "ansible.builtin.debug": {"msg": "nothing"}}]))
    active, standby = owner.servers("one", "ha")
    state.write_text(active)
    seen = {"tasks": str(who)}
    refused = handle(
        owner, session, planned([active]), policy(owner, pair(name="db", active=seen, switch_over={"tasks": str(broken)}))
    )
    assert refused["status"] == "refused"
    assert f"After the owner's tasks {broken} {active} is the active member of group db" in refused["reason"]
    group = pair(active=seen, switch_over={"tasks": str(switch)})
    found = handle(owner, session, planned([active], key="2"), policy(owner, group))
    assert (found["status"], state.read_text()) == ("acknowledged", standby)
    done = pair(active=seen, switch_over={"tasks": "/none.yml"})
    again = handle(owner, session, planned([active], key="3"), policy(owner, done))
    assert again["status"] == "acknowledged", "what is switched over already is not switched again"


def test_too_few_in_service_are_refused(owner, session, cloud, planned):
    first, second, third = owner.servers("one", "worker")
    pool = {"vdu_ids": ["worker"], "at_least": 2}
    with stopped(cloud, third):
        refused = handle(owner, session, planned([first]), policy(owner, pool))
        assert refused["status"] == "refused"
        assert f"Fewer than 2 of 2 members are in service: {third}: SHUTOFF" in refused["reason"]
    both = handle(owner, session, planned([first, second], key="2"), policy(owner, pool))
    assert "1 of 3 members would stay in service, and 2 have to" in both["reason"]


def test_members_that_get_well_in_time_are_waited_for(owner, session, planned, health):
    pool = {"vdu_ids": ["worker"], "at_least": 2, "when_unhealthy": "wait", "health": health.probe}
    asked = planned(owner.servers("one", "worker")[:1])
    waiting = owner.start([owner.hint(asked)], vnf_maintenance_policies=policy(owner, pool))
    assert health.asked.wait(60)
    assert session.message(asked["id"])["status"] == "pending"
    health.well = True
    waiting.communicate(timeout=120)
    assert session.message(asked["id"])["status"] == "acknowledged"


def test_waiting_ends_before_the_deadline_with_a_refusal(owner, session, cloud, planned):
    first, _second, third = owner.servers("one", "worker")
    pool = {"vdu_ids": ["worker"], "at_least": 2, "when_unhealthy": "wait"}
    with stopped(cloud, third):
        asked = planned([first], window=45)
        found = handle(owner, session, asked, policy(owner, pool), vnf_maintenance_reply_margin=20)
    assert found["status"] == "refused"
    assert "waiting for 2 of 2 members to be in service" in found["reason"]
    assert found["replied_at"] < found["reply_at"]


def test_work_that_has_no_time_left_is_refused_at_once(owner, session):
    level = owner.level("one")
    session.state("SCALE_IN")
    asked = session.ask("SCALE_IN", owner.servers("one"), window=60)
    found = handle(owner, session, asked, owner.policies, vnf_maintenance_reply_margin=60, vnf_maintenance_extension=0)
    assert (found["status"], owner.level("one")) == ("refused", level)
    assert "no time is left for it: the reply is due at" in found["reason"]


def test_the_message_says_how_many_instances_are_too_many(owner, session):
    before = {name: owner.level(name) for name in owner.vnfs}
    session.state("SCALE_IN")
    asked = session.ask("SCALE_IN", owner.servers("one") + owner.servers("two"), metadata={"instances_to_remove": 3})
    scale = [{"aspect_id": "worker", "minimum": 1, "instances_per_step": 1}]
    policies = {vnf["id"]: {"scale": scale} for vnf in owner.vnfs.values()}
    found = handle(owner, session, asked, policies)
    assert found["reply"]["state"] == "ACK_SCALE_IN"
    assert sum(before.values()) - sum(owner.level(name) for name in owner.vnfs) == 3
    session.state("START_MAINTENANCE")
    session.state("MAINTENANCE_COMPLETE")
    handle(owner, session, session.ask("MAINTENANCE_COMPLETE", []), policies)
    assert {name: owner.level(name) for name in owner.vnfs} == before


def test_a_policy_that_does_not_fit_is_said_to_the_administrator(owner, session):
    asked = session.ask("MAINTENANCE", owner.servers("one"))
    found = handle(owner, session, asked, {owner.vnfs["one"]["id"]: {"pairs": []}, "default": {}})
    vnf_id = owner.vnfs["one"]["id"]
    assert found["reason"].startswith(f"the policy of VNF {vnf_id} cannot be used: pairs is unknown; allowed here: groups")
