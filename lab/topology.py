# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a topology file to a cloud; README.md describes the file."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .life import NewServer, add_server, next_address, running
from .scheduler import Demand, Scheduler
from .state import Aspect, Cloud, Flavor, FloatingIp, Group, Host, Network, Project, Release, Router, Server, User, Vdu, Vnf

OPTIONS: dict[str, Any] = {
    "token_ttl": 3600,
    "token_cache_ttl": 300,
    "alarm_cache_ttl": 60,
    "max_concurrent_live_migrations": 1,
    "webhook_jitter": 0.02,
    "busy_after_completion": 0.2,
    "tacker_page_size": 0,
}
DURATIONS = {
    "live_migration": 3.0,
    "live_downtime": 0.1,
    "live_cleanup": 0.2,
    "cold_migration": 5.0,
    "confirm": 0.5,
    "switch_over": 0.4,
    "scale": 3.0,
    "boot": 1.0,
    "reboot": 2.0,
    "delete": 0.3,
}
_HOST = {"vcpus": 8, "memory_mb": 16384, "disk_gb": 160}
_EXTERNAL = "public"


class TopologyError(Exception):
    """The topology file says something that cannot be."""


def load(path: Path, hosts: int | None, seed: int) -> Cloud:
    """Read a topology file and make its cloud."""
    with path.open(encoding="utf-8") as stream:
        document = yaml.safe_load(stream)
    if not isinstance(document, dict):
        raise TopologyError(f"{path} is not a mapping")
    return Builder(document, hosts, seed).build()


class Builder:
    """Makes the cloud of one topology."""

    def __init__(self, document: dict[str, Any], hosts: int | None, seed: int) -> None:
        """Take a document; a number of hosts overrides its `hosts.count`."""
        self.document = document
        self.hosts = hosts
        self.cloud = Cloud(seed)
        self.scheduler = Scheduler(self.cloud)
        self.spare: list[Host] = []
        self.groups: dict[str, Group] = {}

    def build(self) -> Cloud:
        """Make everything, from the outside in."""
        known = {"notes", "options", "durations", "projects", "users", "flavors", "hosts", "groups", "servers", "vnfs"}
        _known(self.document, known, "the topology")
        self._settings()
        try:
            self._people()
            self._flavors()
            self._hosts()
            self._networks()
            for entry in self.document.get("groups") or []:
                self._group(entry, entry["project"])
            for entry in self.document.get("vnfs") or []:
                self._vnf(entry)
            for entry in self.document.get("servers") or []:
                self._servers(entry)
        except KeyError as exc:
            raise TopologyError(f"an entry of the topology lacks {exc}") from exc
        except LookupError as exc:
            raise TopologyError(str(exc)) from exc
        for host in self.spare:
            host.enabled = True
        return self.cloud

    def _settings(self) -> None:
        options = self.document.get("options") or {}
        _known(options, set(OPTIONS), "options")
        self.cloud.options = {**OPTIONS, **options}
        durations = self.document.get("durations") or {}
        _known(durations, set(DURATIONS), "durations")
        self.cloud.durations = {**DURATIONS, **{name: float(value) for name, value in durations.items()}}

    def _people(self) -> None:
        for name in self.document.get("projects") or []:
            project = Project(self.cloud.new_hex(), str(name))
            self.cloud.projects[project.id] = project
        for entry in self.document.get("users") or []:
            _known(entry, {"name", "roles", "cloud", "default_project"}, f"user {entry.get('name')}")
            user = User(self.cloud.new_hex(), entry["name"], secrets.token_urlsafe(18), cloud=entry.get("cloud"))
            for project_name, roles in entry["roles"].items():
                project = self.cloud.project_named(project_name)
                user.roles[project.id] = set(roles)
                user.cloud_project = user.cloud_project or project_name
            if entry.get("default_project"):
                user.default_project_id = self.cloud.project_named(entry["default_project"]).id
            self.cloud.users[user.id] = user

    def _flavors(self) -> None:
        for entry in self.document.get("flavors") or []:
            _known(entry, {"name", "vcpus", "memory_mb", "disk_gb", "extra_specs"}, f"flavor {entry.get('name')}")
            flavor = Flavor(
                self.cloud.new_id(),
                entry["name"],
                int(entry["vcpus"]),
                int(entry["memory_mb"]),
                int(entry["disk_gb"]),
                dict(entry.get("extra_specs") or {}),
            )
            self.cloud.flavors[flavor.id] = flavor

    def _hosts(self) -> None:
        declared = self.document["hosts"]
        if isinstance(declared, dict):
            common = {name: value for name, value in declared.items() if name not in {"count", "prefix"}}
            count = self.hosts or int(declared["count"])
            prefix = declared.get("prefix", "compute-")
            declared = [{**common, "name": f"{prefix}{number}"} for number in range(1, count + 1)]
        elif self.hosts is not None:
            raise TopologyError("--hosts needs a topology whose hosts are given by count")
        fields = {"name", "vcpus", "memory_mb", "disk_gb", "zone", "enabled", "disabled_reason", "down", "spare", "version"}
        for entry in declared:
            _known(entry, fields, f"host {entry.get('name')}")
            size = {**_HOST, **entry}
            host = Host(
                name=entry["name"],
                number=self.cloud.number("host"),
                id=self.cloud.new_id(),
                service_id=self.cloud.new_id(),
                zone=entry.get("zone", "nova"),
                enabled=bool(entry.get("enabled", True)),
                disabled_reason=entry.get("disabled_reason"),
                alive=not entry.get("down", False),
                version=int(entry.get("version", 8000000)),
                vcpus=int(size["vcpus"]),
                memory_mb=int(size["memory_mb"]),
                disk_gb=int(size["disk_gb"]),
            )
            self.cloud.hosts[host.name] = host
            if entry.get("spare") and host.enabled:
                # Spare hosts stand aside only while the first servers are placed.
                host.enabled = False
                self.spare.append(host)

    def _networks(self) -> None:
        admin = next(iter(self.cloud.projects.values()))
        external = Network(
            self.cloud.new_id(), _EXTERNAL, admin.id, self.cloud.new_id(), "172.24.0.0/16", external=True, shared=False
        )
        self.cloud.networks[external.id] = external
        for number, project in enumerate(self.cloud.projects.values()):
            network = Network(
                self.cloud.new_id(), f"{project.name}-net", project.id, self.cloud.new_id(), f"10.{number % 240 + 10}.0.0/16"
            )
            self.cloud.networks[network.id] = network
            router = Router(self.cloud.new_id(), f"{project.name}-router", project.id, external.id, {network.id})
            self.cloud.routers[router.id] = router

    def _network_of(self, project_id: str) -> Network:
        for network in self.cloud.networks.values():
            if network.project_id == project_id and not network.external:
                return network
        raise LookupError(f"project {project_id} has no network")

    def _owner(self, project: Project) -> User:
        for user in self.cloud.users.values():
            if project.id in user.roles:
                return user
        raise TopologyError(f"no user has a role in project {project.name}")

    def _group(self, entry: dict[str, Any], project_name: str) -> Group:
        fields = {"name", "project", "policy", "max_server_per_host", "max_impacted_members", "constraint"}
        _known(entry, fields, f"group {entry.get('name')}")
        project = self.cloud.project_named(project_name)
        group = Group(
            self.cloud.new_id(),
            entry["name"],
            project.id,
            self._owner(project).id,
            entry.get("policy"),
            entry.get("max_server_per_host"),
            entry.get("max_impacted_members"),
        )
        self.cloud.groups[group.id] = group
        self.groups.setdefault(group.name, group)
        if entry.get("constraint"):
            self.cloud.constraints.append({**entry["constraint"], "group_id": group.id, "project_id": project.id})
        return group

    # Servers

    def _flavor(self, name: str) -> Flavor:
        flavor = self.cloud.flavor_named(name)
        if flavor is None:
            raise TopologyError(f"there is no flavor {name}")
        return flavor

    def _place(self, new: NewServer) -> Server:
        server = add_server(self.cloud, new)
        demand = Demand(new.flavor, server.id, new.group_id, new.zone, None, new.host)
        host = self.cloud.hosts.get(new.host) if new.host else self.scheduler.choose(demand)
        if host is None:
            raise TopologyError(f"no host fits server {new.name}")
        server.host = host.name
        server.zone = host.zone
        server.claims = {host.name}
        running(server)
        return server

    def _servers(self, entry: dict[str, Any]) -> None:
        fields = {"name", "project", "flavor", "host", "group", "count", "status", "zone", "locked", "constraint"}
        _known(entry, fields, f"server {entry.get('name')}")
        project = self.cloud.project_named(entry["project"])
        group = self._group_named(entry.get("group"))
        flavor = self._flavor(entry["flavor"])
        count = self._count(entry.get("count", 1), flavor)
        for index in range(count):
            server = self._place(
                NewServer(
                    name=entry["name"] if "count" not in entry else f"{entry['name']}-{index}",
                    project_id=project.id,
                    user_id=self._owner(project).id,
                    flavor=flavor,
                    group_id=group.id if group else None,
                    host=entry.get("host"),
                    zone=entry.get("zone"),
                    networks=[self._network_of(project.id).id],
                )
            )
            server.locked = bool(entry.get("locked"))
            self._tolerates(server, entry.get("constraint"))
            _status(server, entry.get("status", "ACTIVE"))

    def _group_named(self, name: str | None) -> Group | None:
        found = self.groups.get(name or "")
        if name and found is None:
            raise TopologyError(f"there is no group {name}")
        return found

    def _tolerates(self, server: Server, constraint: dict[str, Any] | None) -> None:
        """Keep what its owner says of a server, for whoever registers it at the session API."""
        if constraint:
            group = self._group_named(constraint.get("group"))
            told = {key: value for key, value in constraint.items() if key != "group"} | ({"group_id": group.id} if group else {})
            self.cloud.constraints.append({**told, "instance_id": server.id, "project_id": server.project_id})

    def _count(self, declared: Any, flavor: Flavor) -> int:
        """Return a number of servers; `fill` takes all the room that is left."""
        if declared != "fill":
            return int(declared)
        usage = self.cloud.usage()
        room = 0
        for host in self.cloud.hosts.values():
            if host.enabled and host.up:
                used = usage[host.name]
                room += min(
                    (host.vcpus - used[0]) // flavor.vcpus,
                    (host.memory_mb - used[1]) // flavor.memory_mb,
                    (host.disk_gb - used[2]) // flavor.disk_gb if flavor.disk_gb else host.vcpus,
                )
        return room

    # VNFs

    def _vnf(self, entry: dict[str, Any]) -> None:
        fields = {"name", "project", "vdus", "aspects", "floating_ip", "active", "package", "releases", "policies"}
        _known(entry, fields, f"VNF {entry.get('name')}")
        project = self.cloud.project_named(entry["project"])
        owner = self._owner(project)
        network = self._network_of(project.id)
        vnf = Vnf(
            id=self.cloud.new_id(),
            name=entry["name"],
            project_id=project.id,
            user_id=owner.id,
            network_id=network.id,
            vdus={},
            aspects={},
            vnfd_id=self.cloud.new_id(),
            package=bool(entry.get("package", True)),
            policies=list(entry.get("policies") or []),
        )
        self.cloud.vnfs[vnf.id] = vnf
        for declared in entry["vdus"]:
            self._vdu(vnf, declared)
        for declared in entry.get("aspects") or []:
            self._aspect(vnf, declared)
        flavors = {vdu.name: vdu.flavor for vdu in vnf.vdus.values()}
        vnf.releases = [Release(vnf.vnfd_id, "1.0", flavors)]
        for declared in entry.get("releases") or []:
            _known(declared, {"version", "flavors"}, f"a release of VNF {vnf.name}")
            others = {**flavors, **declared.get("flavors", {})}
            vnf.releases.append(Release(self.cloud.new_id(), str(declared["version"]), others))
        if entry.get("floating_ip", True):
            self._floating(vnf, entry.get("active"))

    def _vdu(self, vnf: Vnf, entry: dict[str, Any]) -> None:
        _known(entry, {"name", "count", "flavor", "group", "aspect", "hosts", "properties"}, f"VDU {entry.get('name')}")
        flavor = self._flavor(entry["flavor"])
        group: Group | None = None
        if entry.get("group"):
            declared = {"name": f"{vnf.name}-{entry['name']}-group", **entry["group"]}
            group = self._group(declared, self.cloud.projects[vnf.project_id].name)
        properties = dict(entry.get("properties") or {})
        vdu = Vdu(entry["name"], flavor.name, group.id if group else None, entry.get("aspect"), properties)
        vnf.vdus[vdu.name] = vdu
        pinned = iter(entry.get("hosts") or ())
        for index in range(self._count(entry.get("count", 1), flavor)):
            new = vnfc(self.cloud, vnf, vdu, index, next(pinned, None))
            enlist(vnf, vdu, self._place(new), index)

    def _aspect(self, vnf: Vnf, entry: dict[str, Any]) -> None:
        _known(entry, {"name", "step", "max_level"}, f"aspect {entry.get('name')}")
        step = int(entry.get("step", 1))
        present = sum(len(vnf.members[vdu.name]) for vdu in vnf.vdus.values() if vdu.aspect == entry["name"])
        level = present // step
        vnf.aspects[entry["name"]] = Aspect(entry["name"], step, level, int(entry.get("max_level", level)))

    def _floating(self, vnf: Vnf, active: str | None) -> None:
        members = list(_members(self.cloud, vnf))
        if not members:
            raise TopologyError(f"VNF {vnf.name} has no server for its floating IP")
        server = next((item for item in members if active in (None, item.name)), None)
        if server is None:
            raise TopologyError(f"VNF {vnf.name} has no server {active}")
        external = next(item for item in self.cloud.networks.values() if item.external)
        router = next(item for item in self.cloud.routers.values() if item.project_id == vnf.project_id)
        floating = FloatingIp(
            self.cloud.new_id(),
            vnf.project_id,
            external.id,
            next_address(self.cloud, external.id),
            port_id=self.cloud.device_ports[server.id][0].id,
            router_id=router.id,
        )
        self.cloud.floating_ips[floating.id] = floating
        vnf.floating_ip_id = floating.id


def vnfc(cloud: Cloud, vnf: Vnf, vdu: Vdu, index: int, host: str | None = None) -> NewServer:
    """Describe the server of a VNFC."""
    flavor = cloud.flavor_named(vdu.flavor)
    if flavor is None:
        raise LookupError(f"there is no flavor {vdu.flavor}")
    return NewServer(
        name=f"{vnf.name}-{vdu.name}-{index}",
        project_id=vnf.project_id,
        user_id=vnf.user_id,
        flavor=flavor,
        group_id=vdu.group_id,
        host=host,
        networks=[vnf.network_id],
        metadata={},
    )


def enlist(vnf: Vnf, vdu: Vdu, server: Server, index: int) -> None:
    """Make a server a VNFC of its VNF."""
    vnf.members.setdefault(vdu.name, []).append(server.id)
    vnf.indexes[server.id] = index


def _members(cloud: Cloud, vnf: Vnf) -> Iterator[Server]:
    for servers in vnf.members.values():
        for server_id in servers:
            yield cloud.servers[server_id]


def _status(server: Server, status: str) -> None:
    match status:
        case "ACTIVE":
            return
        case "SHUTOFF":
            server.vm_state, server.power_state = "stopped", 4
        case "ERROR":
            server.vm_state, server.power_state = "error", 0
            server.fault = {"code": 500, "message": "set by the topology", "created": ""}
        case _:
            raise TopologyError(f"a server's status cannot be {status}")


def _known(entry: dict[str, Any], names: set[str], where: str) -> None:
    unknown = set(entry) - names
    if unknown:
        raise TopologyError(f"{where} has unknown fields: {', '.join(sorted(map(str, unknown)))}")
