# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cloud consists of: plain records, and the one place that holds and finds them.

Nothing here knows about HTTP or about how things change in time. Everything runs in one event loop, so a record
changes only between two awaits.
"""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from .clock import now

_Record = TypeVar("_Record")

# Where nova-conductor and nova-scheduler run.
CONTROLLER = "controller"
# Nova's vm_states in which the guest executes unless something interrupts it.
GUEST_RUNS = frozenset({"active", "resized"})


@dataclass(slots=True, eq=False)
class Project:
    """A Keystone project."""

    id: str
    name: str


@dataclass(slots=True, eq=False)
class User:
    """A Keystone user with its password and its roles by project id."""

    id: str
    name: str
    password: str
    roles: dict[str, set[str]] = field(default_factory=dict)
    cloud: str | None = None
    cloud_project: str | None = None
    # What a token is scoped to when none is asked for.
    default_project_id: str | None = None


@dataclass(slots=True, eq=False)
class Flavor:
    """A Nova flavor."""

    id: str
    name: str
    vcpus: int
    memory_mb: int
    disk_gb: int
    extra_specs: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Host:
    """A compute host: its nova-compute service, its hypervisor and whether it is physically there."""

    name: str
    number: int
    id: str
    service_id: str
    vcpus: int
    memory_mb: int
    disk_gb: int
    zone: str = "nova"
    enabled: bool = True
    disabled_reason: str | None = None
    forced_down: bool = False
    alive: bool = True
    under_work: bool = False
    # nova-compute was killed; the guests run on.
    killed: bool = False
    version: int = 8000000
    updated: datetime = field(default_factory=now)

    @property
    def address(self) -> str:
        """The address by which other hosts know it."""
        return f"192.0.2.{self.number % 254 + 1}"

    @property
    def up(self) -> bool:
        """Whether Nova calls the service up."""
        return self.alive and not self.killed and not self.forced_down


@dataclass(slots=True, eq=False)
class Group:
    """A group of servers; policy None means that only the lab knows of it, to watch max_impacted_members."""

    id: str
    name: str
    project_id: str
    user_id: str
    policy: str | None
    max_server_per_host: int | None = None
    max_impacted_members: int | None = None


@dataclass(slots=True, eq=False)
class Server:
    """A Nova server and the truth about its guest."""

    id: str
    number: int
    name: str
    project_id: str
    user_id: str
    flavor: Flavor
    host: str | None = None
    vm_state: str = "building"
    task_state: str | None = None
    power_state: int = 0
    # Until it is somewhere, the zone that was asked for.
    zone: str = ""
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
    launched: datetime | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    description: str | None = None
    group_id: str | None = None
    locked: bool = False
    locked_reason: str | None = None
    locked_by: str | None = None
    fault: dict[str, Any] | None = None
    progress: int = 0
    image_id: str | None = None
    # Hosts on which Placement and the resource tracker hold room for it: two while it moves.
    claims: set[str] = field(default_factory=set)
    incoming: str | None = None
    before_resize: str = "active"
    # The guest does not run although the states may say so: blackout of a live move, cold move.
    interrupted: bool = False
    request_id: str = ""
    hostname: str = ""
    # While a resize is under way, what it holds on the host that it goes to or comes from.
    flavor_at: dict[str, Flavor] = field(default_factory=dict)

    @property
    def guest_runs(self) -> bool:
        """Whether the guest executes at this very moment, as far as the server alone decides it."""
        return not self.interrupted and self.vm_state in GUEST_RUNS and self.power_state == 1

    def held(self, host: str) -> Flavor:
        """How much room it holds on a host that it claims."""
        return self.flavor_at.get(host, self.flavor)

    @property
    def presence(self) -> set[str]:
        """Hosts that count for affinity: where it is and where it is going."""
        return {name for name in (self.host, self.incoming) if name}


@dataclass(slots=True, eq=False)
class Migration:
    """One move of one server."""

    id: int
    uuid: str
    server_id: str
    project_id: str
    user_id: str
    kind: str
    source: str
    dest: str | None
    status: str
    flavor_number: int
    # A live migration knows it only when its target is found.
    source_node: str | None = None
    # The target's address, which only cold migrations need.
    dest_host: str | None = None
    created: datetime = field(default_factory=now)
    updated: datetime | None = None
    progress: int = 0

    def to(self, status: str) -> None:
        """Enter a status."""
        self.status = status
        self.updated = now()


@dataclass(slots=True, eq=False)
class ActionEvent:
    """A step of an instance action."""

    name: str
    start: datetime
    finish: datetime | None = None
    result: str | None = None
    host: str | None = None
    details: str | None = None


@dataclass(slots=True, eq=False)
class Action:
    """What somebody asked Nova to do with a server."""

    request_id: str
    name: str
    server_id: str
    project_id: str
    user_id: str
    start: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
    message: str | None = None
    events: list[ActionEvent] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Network:
    """A Neutron network with its only subnet."""

    id: str
    name: str
    project_id: str
    subnet_id: str
    cidr: str
    external: bool = False
    shared: bool = False
    taken: int = 10
    subnet_name: str = ""
    created: datetime = field(default_factory=now)
    revision: int = 2


@dataclass(slots=True, eq=False)
class Router:
    """A Neutron router between a project's network and the external one."""

    id: str
    name: str
    project_id: str
    external_network_id: str
    # Networks that it connects with the external one.
    interfaces: set[str] = field(default_factory=set)
    created: datetime = field(default_factory=now)
    revision: int = 4


@dataclass(slots=True, eq=False)
class Port:
    """A Neutron port."""

    id: str
    name: str
    project_id: str
    network_id: str
    subnet_id: str
    address: str
    mac: str
    device_id: str = ""
    device_owner: str = ""
    # Further addresses that may be used behind the port.
    pairs: list[dict[str, str]] = field(default_factory=list)
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
    revision: int = 1


@dataclass(slots=True, eq=False)
class FloatingIp:
    """A floating IP; after an association the network needs until `reachable_at` (monotonic) to carry traffic."""

    id: str
    project_id: str
    network_id: str
    address: str
    port_id: str | None = None
    router_id: str | None = None
    reachable_at: float = 0.0
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
    revision: int = 0


@dataclass(slots=True, eq=False)
class Vdu:
    """A VDU of a VNF and how many VNFCs it has."""

    name: str
    flavor: str
    group_id: str | None
    aspect: str | None
    # What the descriptor says of it besides, in TOSCA's words.
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Aspect:
    """A scaling aspect: one step is so many VNFCs."""

    name: str
    step: int
    level: int
    max_level: int


@dataclass(slots=True, eq=False)
class Release:
    """A package of a VNF: its descriptor's id, its version, and the flavor that it has for each VDU."""

    vnfd_id: str
    version: str
    flavors: dict[str, str]


@dataclass(slots=True, eq=False)
class Vnf:
    """A VNF: what Tacker keeps about it and the service that the observer watches."""

    id: str
    name: str
    project_id: str
    user_id: str
    network_id: str
    vdus: dict[str, Vdu]
    aspects: dict[str, Aspect]
    floating_ip_id: str | None = None
    # None until somebody has set them.
    metadata: dict[str, Any] | None = None
    configurable: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
    description: str | None = None
    vnfd_id: str = ""
    # Whether Tacker has its packages, which they are, and the policies of TOSCA that stand in their descriptors.
    package: bool = True
    releases: list[Release] = field(default_factory=list)
    policies: list[dict[str, Any]] = field(default_factory=list)
    # Server ids of the VNFCs, oldest first, by VDU; the position is not the index: that is in `indexes`.
    members: dict[str, list[str]] = field(default_factory=dict)
    indexes: dict[str, int] = field(default_factory=dict)
    # Flavors of VNFCs that a scale in took away, by VDU and index: the parameters of the stack keep them.
    left: dict[tuple[str, int], str] = field(default_factory=dict)


class Cloud:
    """All records, with the look-ups that several services need."""

    def __init__(self, seed: int) -> None:
        """Make an empty cloud; the seed decides ids and every choice between equals."""
        self.random = random.Random(seed)
        self.seed = seed
        self.projects: dict[str, Project] = {}
        self.users: dict[str, User] = {}
        self.flavors: dict[str, Flavor] = {}
        self.hosts: dict[str, Host] = {}
        self.groups: dict[str, Group] = {}
        self.servers: dict[str, Server] = {}
        self.migrations: dict[int, Migration] = {}
        self.actions: dict[str, list[Action]] = defaultdict(list)
        self.networks: dict[str, Network] = {}
        self.routers: dict[str, Router] = {}
        self.ports: dict[str, Port] = {}
        self.device_ports: dict[str, list[Port]] = defaultdict(list)
        self.floating_ips: dict[str, FloatingIp] = {}
        self.vnfs: dict[str, Vnf] = {}
        # What owners tolerate, for whoever registers it: no service of the lab keeps it.
        self.constraints: list[dict[str, Any]] = []
        self.options: dict[str, Any] = {}
        self.durations: dict[str, float] = {}
        self.watchers: list[Callable[[], None]] = []
        self._numbers: dict[str, int] = defaultdict(int)

    def changed(self) -> None:
        """Tell the watchers that something a VNF feels has just changed."""
        for watcher in self.watchers:
            watcher()

    def new_id(self) -> str:
        """Return the next UUID of the seed."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def new_hex(self) -> str:
        """Return the next UUID of the seed without dashes, as Keystone writes them."""
        return uuid.UUID(int=self.random.getrandbits(128), version=4).hex

    def number(self, kind: str) -> int:
        """Return the next number of a kind of record, from 1."""
        self._numbers[kind] += 1
        return self._numbers[kind]

    def project_named(self, name: str) -> Project:
        """Return the project with this name."""
        return _only((item for item in self.projects.values() if item.name == name), f"project {name}")

    def flavor_named(self, reference: str) -> Flavor | None:
        """Return the flavor with this id or name."""
        for flavor in self.flavors.values():
            if reference in (flavor.id, flavor.name):
                return flavor
        return None

    def members(self, group_id: str) -> list[Server]:
        """Return the servers of a group."""
        return [server for server in self.servers.values() if server.group_id == group_id]

    def servers_on(self, host: str) -> list[Server]:
        """Return the servers whose host this is."""
        return [server for server in self.servers.values() if server.host == host]

    def usage(self) -> dict[str, tuple[int, int, int, int]]:
        """Return vCPUs, memory, disk and number of the servers that hold room on each host."""
        sums = {name: [0, 0, 0, 0] for name in self.hosts}
        for server in self.servers.values():
            for name in server.claims:
                entry = sums[name]
                flavor = server.held(name)
                entry[0] += flavor.vcpus
                entry[1] += flavor.memory_mb
                entry[2] += flavor.disk_gb
                entry[3] += 1
        return {name: (entry[0], entry[1], entry[2], entry[3]) for name, entry in sums.items()}

    def forget_port(self, port: Port) -> None:
        """Remove a port; a floating IP that led to it leads nowhere."""
        self.ports.pop(port.id, None)
        if port in self.device_ports.get(port.device_id, ()):
            self.device_ports[port.device_id].remove(port)
        for floating in self.floating_ips.values():
            if floating.port_id == port.id:
                floating.port_id = None
                floating.router_id = None
                floating.updated = now()
                floating.revision += 1
        self.changed()

    def forget_server(self, server: Server) -> None:
        """Remove a server with its ports."""
        self.servers.pop(server.id, None)
        for port in list(self.device_ports.pop(server.id, [])):
            self.forget_port(port)
        for vnf in self.vnfs.values():
            for members in vnf.members.values():
                if server.id in members:
                    members.remove(server.id)
            vnf.indexes.pop(server.id, None)
        self.changed()


def _only(found: Iterable[_Record], what: str) -> _Record:
    for item in found:
        return item
    raise LookupError(f"there is no {what}")
