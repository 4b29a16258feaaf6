# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cloud looks like at one moment, in the form the planner takes (private to this collection)."""

from __future__ import annotations

import collections
import typing as t

from .._ensure import Record
from .capacity import Amounts, amounts
from .nova import Nova

# Nova keeps these in its database, but they are on no host.
_NOWHERE = ("DELETED", "SHELVED_OFFLOADED")
# Power states of Nova: SHUTDOWN and CRASHED. With NOSTATE it does not know, as after the start of a driver without a memory.
_NOT_RUNNING = (4, 6)
# The status of a server whose cell does not answer; Nova then knows little more than its id.
_CELL_DOWN = "UNKNOWN"
# The extra specs that say where an instance may be, and the tags that count.
_PLACING = ("trait", "aggregate_instance_extra_specs:", "resources", "hw:", "pci_passthrough:")
_OUR_TAGS = "maintenance:"


def read_snapshot(nova: Nova, constraints: Record | None = None) -> Record:
    """Read hosts, servers and groups; the calls do not grow with the number of servers, but for the pages."""
    services = nova.services()
    hypervisors = _by_host(nova.hypervisors())
    servers = nova.servers()
    instances = [_instance(server) for server in servers if server.get("OS-EXT-SRV-ATTR:host")]
    instances = [instance for instance in instances if instance["status"] not in _NOWHERE]
    groups = [_group(group) for group in nova.groups()]
    group_of = {member: group["id"] for group in groups for member in group["members"]}
    for instance in instances:
        instance["group"] = group_of.get(instance["id"])
    room = amounts(nova, hypervisors, instances)
    hosts = [_host(service, hypervisors.get(service["host"], []), room.get(service["host"])) for service in services]
    special = any(instance.get("extra_specs") for instance in instances)
    if not special:
        # Dozens a host, and nobody asks for them.
        hosts = [{key: value for key, value in host.items() if key not in ("traits", "resources")} for host in hosts]
    snapshot: Record = {
        "hosts": sorted(hosts, key=lambda host: str(host["name"])),
        "instances": sorted(instances, key=lambda instance: str(instance["id"])),
        "groups": sorted(groups, key=lambda group: str(group["id"])),
        "constraints": owned(constraints or {}, instances, groups),
    }
    # Few clouds have these, so they are left out where there is nothing to say.
    unseen = sorted(str(server["id"]) for server in servers if server.get("status") == _CELL_DOWN)
    if unseen:
        snapshot["unseen"] = [{"id": server} for server in unseen]
    if special:
        snapshot["aggregates"] = sorted(map(_aggregate, nova.aggregates()), key=lambda one: str(one["name"]))
    return snapshot


def owned(constraints: Record, instances: t.Iterable[Record], groups: t.Iterable[Record]) -> Record:
    """Constraints by id, only those that the owner of the instance, or of a member of the group, has written.

    Anybody may register a constraint under any id; one for somebody else's instance must not slow its maintenance down.
    """
    project_of = {instance["id"]: instance["project_id"] for instance in instances}
    of_instances = {
        one["instance_id"]: one
        for one in constraints.get("instances") or []
        if project_of.get(one["instance_id"], "") == one["project_id"]
    }
    owners: dict[str | None, set[str | None]] = collections.defaultdict(set)
    for group in groups:
        owners[group["id"]] |= {project_of.get(member) for member in group["members"]}
    for one in of_instances.values():
        owners[one.get("group_id")].add(one["project_id"])
    of_groups = {one["group_id"]: one for one in constraints.get("groups") or [] if one["project_id"] in owners[one["group_id"]]}
    return {"instances": of_instances, "groups": of_groups}


def _by_host(hypervisors: t.Iterable[Record]) -> dict[str, list[Record]]:
    """By the host of the service: the hypervisor's own name may be longer (the FQDN) or quite another."""
    found = collections.defaultdict(list)
    for hypervisor in hypervisors:
        found[str((hypervisor.get("service") or {}).get("host") or hypervisor["hypervisor_hostname"])].append(hypervisor)
    return found


def _host(service: Record, hypervisors: list[Record], room: Amounts | None) -> Record:
    record = {
        "name": service["host"],
        "type": "compute",
        "zone": service.get("zone"),
        "status": service["status"],
        "state": service.get("state", "down"),
        "disabled_reason": service.get("disabled_reason"),
        "forced_down": bool(service.get("forced_down")),
        "service_id": service.get("id"),
        "hypervisor_version": next((hypervisor.get("hypervisor_version") for hypervisor in hypervisors), None),
    }
    return record | (room or Amounts()).record()


def _instance(server: Record) -> Record:
    flavor = server.get("flavor") or {}
    # The root disk of a server that boots from a volume is not on the host.
    root = int(flavor.get("disk") or 0) if server.get("image") else 0
    record = {
        "id": server["id"],
        "name": server.get("name") or server["id"],
        "project_id": server.get("tenant_id"),
        "host": server["OS-EXT-SRV-ATTR:host"],
        "status": server.get("status"),
        "task_state": server.get("OS-EXT-STS:task_state"),
        "vcpus": int(flavor.get("vcpus") or 0),
        "memory_mb": int(flavor.get("ram") or 0),
        "disk_gb": root + int(flavor.get("ephemeral") or 0) + -(-int(flavor.get("swap") or 0) // 1024),
        "group": None,
        "locked": bool(server.get("locked")),
    }
    specs = {key: value for key, value in (flavor.get("extra_specs") or {}).items() if key.startswith(_PLACING)}
    tags = sorted(tag for tag in server.get("tags") or () if tag.startswith(_OUR_TAGS))
    marks = {"extra_specs": specs, "tags": tags, "down": _is_down(server)}
    return record | {name: value for name, value in marks.items() if value}


def _is_down(server: Record) -> bool:
    """Whether the guest does not run although it should; one in ERROR may have been called active again without a repair."""
    power = server.get("OS-EXT-STS:power_state")
    return server.get("status") == "ERROR" or (server.get("status") == "ACTIVE" and power in _NOT_RUNNING)


def _aggregate(record: Record) -> Record:
    return {"name": record["name"], "hosts": sorted(record.get("hosts") or ()), "metadata": record.get("metadata") or {}}


def _group(group: Record) -> Record:
    """Both forms: ``policy`` and ``rules`` from 2.64 on, the list ``policies`` before."""
    policy = group.get("policy") or next(iter(group.get("policies") or []), None)
    return {
        "id": group["id"],
        "name": group.get("name"),
        "policy": policy,
        "members": [*(group.get("members") or [])],
        "max_server_per_host": (group.get("rules") or {}).get("max_server_per_host"),
    }
