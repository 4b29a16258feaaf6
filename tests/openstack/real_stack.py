# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our products on the real services: the session API on the real bus, the rulebook, the playbooks; and a cloud to maintain."""

from __future__ import annotations

import collections
import datetime
import json
import signal
import subprocess
import typing as t
import uuid
from pathlib import Path

import vnf_package
from services_under_test import SERVICES, OpenStack
from tacker import Tacker

from lab.processes import signal_family
from lab.products import Products
from tests.waiting import until

PLAYBOOK = "nfv.maintenance.rolling_maintenance"
RUN_LIMIT = 600
# In what Nova leaves a migration whose nova-compute was killed, for good.
BROKEN_OFF = ("accepted", "queued", "preparing", "pre-migrating", "running", "migrating", "post-migrating")
# Two servers of this flavor fill a host.
FLAVOR = "half-host"
WORKERS = 4
STEP = 2
EXTERNAL, INTERNAL, ROUTER = "public", "vnf", "vnf"

HOST_WORK = """\
- name: Restart the compute service, as an upgrade does
  ansible.builtin.command:
    argv: ["{{ maintenance_metadata.service }}", "{{ item }}", "{{ inventory_hostname }}"]
  loop: [stop, start]
  changed_when: true
"""

Server = dict[str, t.Any]


class RealStack(Products):
    """Our processes beside the real services; what the tests make in the cloud goes with ``stop``."""

    admin_cloud = "admin"
    vnf_cloud = "demo"
    session_api_cloud = "session-api"

    def __init__(self, folder: Path, services: OpenStack) -> None:
        """Nothing is started yet."""
        super().__init__(folder)
        self.services = services
        self.admin = services.connect("admin")
        self.tacker = Tacker(services, self.vnf_cloud)
        self._vnf: str | None = None
        self._floating_ip: t.Any = None
        self._told = 0

    # -- what Products asks for -----------------------------------------------------------------------------------------

    @property
    def clouds_file(self) -> Path:
        """Of the real services."""
        return self.services.clouds_file

    @property
    def notifications(self) -> dict[str, t.Any]:
        """The real bus."""
        secret = (self.services.folder / "secret").read_text().strip()
        return {"transport_url": f"rabbit://openstack:{secret}@127.0.0.1:{self.services.port('AMQP')}/"}

    def publish(self, url: str) -> None:
        """Enter the session API in Keystone's catalogue."""
        identity = self.admin.identity
        service = next(iter(identity.services(type="maintenance")), None)
        if service is None:
            service = identity.create_service(name="fenix", type="maintenance")
        for endpoint in identity.endpoints(service_id=service.id):
            identity.delete_endpoint(endpoint)
        for interface in ("public", "internal", "admin"):
            identity.create_endpoint(service_id=service.id, interface=interface, url=url, region_id="RegionOne")

    @property
    def vnf_id(self) -> str:
        """The VNF instance of Tacker."""
        assert self._vnf is not None, "there is no VNF yet"
        return self._vnf

    @property
    def vnf_policies(self) -> dict[str, t.Any]:
        """The pair switches over and moves live, the workers scale and move cold."""
        return {self.vnf_id: {
            "groups": [
                {"vdu_ids": ["ha"], "active": {"floating_ip": self.floating_ip}, "actions": ["LIVE_MIGRATE", "MIGRATE"]},
            ],
            "scale": [{"aspect_id": vnf_package.ASPECT, "steps": 1}],
            "actions": ["MIGRATE"],
        }}

    # -- the cloud ------------------------------------------------------------------------------------------------------

    @property
    def hosts(self) -> list[str]:
        """All compute hosts."""
        return sorted(service.host for service in self.admin.compute.services(binary="nova-compute"))

    @property
    def floating_ip(self) -> str:
        """The address at which the VNF serves."""
        return str(self._floating_ip.floating_ip_address)

    def active_server(self) -> str:
        """The server to which the floating IP leads."""
        floating_ip = self.admin.network.get_ip(self._floating_ip.id)
        return str(self.admin.network.get_port(floating_ip.port_id).device_id)

    def servers(self, cloud: str | None = None) -> list[Server]:
        """All servers, or those of a cloud's project."""
        project = self.services.connect(cloud).current_project_id if cloud else None
        found = self.admin.compute.get("/servers/detail?all_tenants=1", microversion="2.87").json()["servers"]
        return [one for one in found if project in (None, one["tenant_id"])]

    def populate(self) -> None:
        """Four full hosts: a VNF of a pair and four workers, and two servers of a project that has no VNFM."""
        network = self._networks()
        vnfd_id = str(uuid.uuid4())
        self.tacker.onboard(vnf_package.csar(vnfd_id, flavor=FLAVOR, image="tiny", workers=WORKERS, step=STEP))
        self._vnf = self.tacker.instantiate(vnfd_id, "core", network)
        self.add_servers("demo2", "plain", 2)
        occupied = collections.Counter(server["OS-EXT-SRV-ATTR:host"] for server in self.servers())
        assert occupied == dict.fromkeys(self.hosts, 2), occupied
        pair = self.pair()
        port = next(iter(self.admin.network.ports(device_id=pair[0])))
        public = self.admin.network.find_network(EXTERNAL).id
        self._floating_ip = self.services.connect(self.vnf_cloud).network.create_ip(floating_network_id=public, port_id=port.id)

    def add_servers(self, cloud: str, name: str, count: int) -> None:
        """Servers of a project, without a network."""
        own = self.services.connect(cloud)
        image, flavor = own.image.find_image("tiny").id, own.compute.find_flavor(FLAVOR).id
        for number in range(count):
            server = own.compute.create_server(name=f"{name}-{number}", image_id=image, flavor_id=flavor, networks="none")
            own.compute.wait_for_server(server, interval=0.5)

    def constrain(self) -> None:
        """What the VNF's owner lets the administrator know: one member of the pair at a time, workers one after the other."""
        own = self.services.connect(self.vnf_cloud)
        project = own.current_project_id
        base = f"http://127.0.0.1:{self.session_api_port}/v1"
        group = {
            "group_id": self.pair_group(), "project_id": project, "group_name": "pair", "anti_affinity_group": True,
            "max_instances_per_host": 1, "max_impacted_members": 1, "recovery_time": 1, "resource_mitigation": True,
        }
        answer = own.session.put(f"{base}/instance_group/{group['group_id']}", json=group, raise_exc=False)
        assert answer.status_code in (200, 201), answer.text
        for server in self.pair():
            instance = {
                "instance_id": server, "project_id": project, "group_id": group["group_id"], "instance_name": "ha",
                "max_interruption_time": 120, "migration_type": "LIVE_MIGRATE", "resource_mitigation": True, "lead_time": 5,
            }
            answer = own.session.put(f"{base}/instance/{server}", json=instance, raise_exc=False)
            assert answer.status_code in (200, 201), answer.text

    def pair(self) -> list[str]:
        """The servers of the VDU ``ha``."""
        info = self.tacker.instance(self.vnf_id)["instantiatedVnfInfo"]
        return [str(one["computeResource"]["resourceId"]) for one in info["vnfcResourceInfo"] if one["vduId"] == "ha"]

    def pair_group(self) -> str:
        """Nova's server group of the pair."""
        own = self.services.connect(self.vnf_cloud)
        return next(str(group.id) for group in own.compute.server_groups() if set(self.pair()) <= set(group.member_ids or []))

    def _networks(self) -> str:
        """An external network of the administrator, the owner's network with a router to it; returns the latter's id."""
        admin, own = self.admin.network, self.services.connect(self.vnf_cloud).network
        external = admin.find_network(EXTERNAL)
        if external is None:
            external = admin.create_network(name=EXTERNAL, is_router_external=True)
            admin.create_subnet(network_id=external.id, ip_version=4, cidr="203.0.113.0/24", enable_dhcp=False)
        network = own.find_network(INTERNAL)
        if network is None:
            network = own.create_network(name=INTERNAL)
            subnet = own.create_subnet(network_id=network.id, ip_version=4, cidr="10.0.0.0/24")
            router = own.create_router(name=ROUTER, external_gateway_info={"network_id": external.id})
            own.add_interface_to_router(router, subnet_id=subnet.id)
        return str(network.id)

    # -- runs -----------------------------------------------------------------------------------------------------------

    def run_arguments(self, **variables: t.Any) -> list[str]:
        """Inventory and variables of a run; the administrator's work on a host is a restart of its compute service."""
        work = self.folder / "host-work.yml"
        work.write_text(HOST_WORK)
        given = {
            "rolling_host_maintenance_cloud": self.admin_cloud,
            "rolling_host_maintenance_start_in": 1,
            # Nobody answers for the project demo2.
            "rolling_host_maintenance_windows": {"MAINTENANCE": 40, "SCALE_IN": 240, "PREPARE_MAINTENANCE": 120,
                                                 "PLANNED_MAINTENANCE": 120, "MAINTENANCE_COMPLETE": 240},
            "rolling_host_maintenance_on_silence": "default_action",
            "rolling_host_maintenance_actions": [
                {"name": "upgrade", "type": "host", "tasks": str(work), "metadata": {"service": str(SERVICES / "service.sh")}},
            ],
            **variables,
        }
        return ["-i", str(self.write_inventory(self.hosts)), "-e", json.dumps(given)]

    def maintain(self, **variables: t.Any) -> subprocess.CompletedProcess[str]:
        """One run to its end."""
        return self.run_playbook(PLAYBOOK, *self.run_arguments(**variables), timeout=RUN_LIMIT)

    def start_run(self, name: str, **variables: t.Any) -> subprocess.Popen[str]:
        """A run in the background, in a process group of its own; its output is ``<name>.log``."""
        self._told = max((event["number"] for event in self.events()), default=0)
        with (self.processes.log_dir / f"{name}.log").open("w") as log:
            return subprocess.Popen(
                self.playbook_command(PLAYBOOK, *self.run_arguments(**variables)),
                env=self.env, cwd=self.folder, text=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )

    def wait_for_reports(self) -> None:
        """Wait until Nova has heard anew from every nova-compute, as after a restart of the bus."""
        began = self._reports()
        until("new reports of all hosts", lambda: all(time_ > began[host] for host, time_ in self._reports().items()), limit=120)

    def _reports(self) -> dict[str, str]:
        return {one.host: str(one.updated_at) for one in self.admin.compute.services(binary="nova-compute")}

    def output(self, name: str) -> str:
        """What a run in the background has printed."""
        return (self.processes.log_dir / f"{name}.log").read_text()

    def events(self) -> list[dict[str, t.Any]]:
        """What the sessions tell, in order."""
        sessions = self.session_api("sessions")["sessions"]
        return [event for one in sessions for event in self.session_api(f"sessions/{one['id']}/events")["events"]]

    def wait_for_event(self, part: str, run: subprocess.Popen[str], limit: float = 120) -> None:
        """Wait until a session tells something that holds ``part``, since the run in the background was started."""

        def told() -> bool:
            assert run.poll() is None, f"the run ended before {part!r} happened"
            return any(part in event["text"] for event in self.events() if event["number"] > self._told)

        try:
            until(repr(part), told, limit)
        except AssertionError:
            # Left alone it would be in the way of the tests that follow.
            signal_family(run.pid, signal.SIGKILL)
            raise

    def last_session(self) -> dict[str, t.Any]:
        """The youngest session, with hosts and instances."""
        sessions = self.session_api("sessions")["sessions"]
        return t.cast("dict[str, t.Any]", self.session_api(f"sessions/{max(sessions, key=lambda one: one['created_at'])['id']}"))

    def times_worked_on(self, session: dict[str, t.Any]) -> dict[str, int]:
        """How often work began on each host in a session."""
        events = self.session_api(f"sessions/{session['id']}/events")["events"]
        begun = [event["host"] for event in events if event.get("host") and event["text"].endswith("IN_MAINTENANCE")]
        return dict(collections.Counter(begun))

    def out_of_service(self) -> dict[str, str]:
        """Disabled hosts with their reasons."""
        services = self.admin.compute.services(binary="nova-compute")
        return {one.host: str(one.disabled_reason) for one in services if one.status == "disabled"}

    def migrations(self, since: float) -> list[dict[str, t.Any]]:
        """Nova's record of all moves that began after an epoch time."""
        stamp = datetime.datetime.fromtimestamp(since, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        found = self.admin.compute.get(f"/os-migrations?changes-since={stamp}", microversion="2.59").json()["migrations"]
        return t.cast("list[dict[str, t.Any]]", found)

    def failed_actions(self, servers: t.Iterable[str]) -> list[str]:
        """What went wrong with servers, in Nova's words: the last line of each trace in their instance actions."""
        found = []
        for server in servers:
            for action in self.admin.compute.server_actions(server):
                events = self.admin.compute.get_server_action(action.request_id, server).events or []
                found += [f"{server} {action.action} {event['event']} on {event.get('host')} at {event['finish_time']}: "
                          f"{(event.get('traceback') or event.get('details') or '').strip().splitlines()[-1:]}"
                          for event in events if event["result"] == "Error"]
        return found

    def project(self, cloud: str) -> str:
        """Id of a cloud's project."""
        return str(self.services.connect(cloud).current_project_id)

    def scale_level(self) -> int:
        """At which level the workers of the VNF are."""
        status = self.tacker.instance(self.vnf_id)["instantiatedVnfInfo"]["scaleStatus"]
        return int(next(one["scaleLevel"] for one in status if one["aspectId"] == vnf_package.ASPECT))

    def revive(self, host: str) -> None:
        """Repair what was on a host whose nova-compute was killed.

        The fake hypervisor forgets its guests when its process ends; a hard reboot makes them known to it again.
        """

        def settled() -> bool:
            service = next(self.admin.compute.services(binary="nova-compute", host=host))
            if service.state != "up":
                return False
            for server in on_host():
                # The message that was worked on is delivered once more, and Nova gives its server up in the middle of it.
                if server["status"] == "ERROR" and server["OS-EXT-STS:task_state"]:
                    self.admin.compute.reset_server_state(server["id"], "active")
            return not any(server["OS-EXT-STS:task_state"] for server in on_host())

        def on_host() -> list[Server]:
            return [server for server in self.servers() if server["OS-EXT-SRV-ATTR:host"] == host]

        until(f"nova-compute on {host} to have put its servers in order", settled, limit=120)
        for server in on_host():
            self.admin.compute.reboot_server(server["id"], "HARD")
        until(f"the servers on {host} to run", lambda: all(one["OS-EXT-STS:power_state"] == 1 for one in on_host()))

    def free_room(self, since: float) -> None:
        """What the guide says after a nova-compute was killed: take back the room of migrations that were broken off.

        :param since: epoch time before they began.
        """
        placement, servers = self.admin.placement, {server["id"]: server for server in self.servers()}
        for one in self.migrations(since):
            server = servers.get(one["instance_uuid"])
            if one["status"] in BROKEN_OFF and server and server["OS-EXT-STS:task_state"] is None:
                placement.delete(f"/allocations/{one['uuid']}")
        for server in servers.values():
            held = placement.get(f"/allocations/{server['id']}").json()["allocations"]
            if server["status"] == "ACTIVE" and len(held) > 1:
                self.services.nova_manage("placement", "heal_allocations", "--instance", server["id"], "--force")

    def tidy(self) -> None:
        """Remove what is in the cloud and bring all hosts back; for between two tests and at the end."""
        compute = self.admin.compute
        for service in compute.services(binary="nova-compute"):
            if service.is_forced_down:
                compute.update_service_forced_down(service, service.host, "nova-compute", forced=False)
            if service.status == "disabled":
                compute.enable_service(service, service.host, "nova-compute")
        if self._floating_ip is not None:
            self.admin.network.delete_ip(self._floating_ip, ignore_missing=True)
            self._floating_ip = None
        if self._vnf is not None:
            vnf, self._vnf = self._vnf, None
            self.tacker.remove(vnf)
        for server in self.servers():
            compute.delete_server(server["id"], ignore_missing=True, force=True)
        until("the deletion of all servers", lambda: not self.servers())
        self._forget_allocations()

    def _forget_allocations(self) -> None:
        """A migration that was broken off by a kill keeps its room on the target; "nova-manage placement audit" finds it too."""
        placement = self.admin.placement
        for provider in placement.get("/resource_providers").json()["resource_providers"]:
            held = placement.get(f"/resource_providers/{provider['uuid']}/allocations").json()["allocations"]
            for consumer in held:
                placement.delete(f"/allocations/{consumer}")


def failures(output: str) -> str:
    """What a playbook said of the tasks that failed."""
    return "\n".join(line for line in output.splitlines() if "FAILED! =>" in line or "UNREACHABLE! =>" in line)


def end_run(run: subprocess.Popen[str], limit: float = RUN_LIMIT) -> int:
    """Wait for a run; kill it when it does not end."""
    try:
        return run.wait(limit)
    except subprocess.TimeoutExpired:
        signal_family(run.pid, signal.SIGKILL)
        run.wait()
        raise AssertionError(f"the run did not end within {limit:g} s") from None
