# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Nova shows its records, by microversion and by who asks."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .clock import now, stamp, stamp_micro
from .state import Cloud, Flavor, Host, Migration, Server

if TYPE_CHECKING:
    from .compute import Call, Version

Json = dict[str, Any]

_STATUS: dict[str, dict[str | None, str]] = {
    "active": {
        None: "ACTIVE",
        "rebooting": "REBOOT",
        "reboot_started": "REBOOT",
        "resize_prep": "RESIZE",
        "resize_migrating": "RESIZE",
        "resize_migrated": "RESIZE",
        "resize_finish": "RESIZE",
        "migrating": "MIGRATING",
    },
    "paused": {None: "PAUSED", "migrating": "MIGRATING"},
    "stopped": {
        None: "SHUTOFF",
        "resize_prep": "RESIZE",
        "resize_migrating": "RESIZE",
        "resize_migrated": "RESIZE",
        "resize_finish": "RESIZE",
    },
    "resized": {None: "VERIFY_RESIZE", "resize_reverting": "REVERT_RESIZE"},
    "building": {None: "BUILD"},
    "error": {None: "ERROR"},
    "deleted": {None: "DELETED"},
}


# What a list of servers can be filtered by, with those that no server of the lab ever has.
STATUSES = frozenset(
    {"ACTIVE", "BUILD", "DELETED", "ERROR", "HARD_REBOOT", "MIGRATING", "PASSWORD", "PAUSED", "REBOOT", "REBUILD", "RESCUE"}
    | {"RESIZE", "REVERT_RESIZE", "SHELVED", "SHELVED_OFFLOADED", "SHUTOFF", "SOFT_DELETED", "SUSPENDED", "UNKNOWN"}
    | {"VERIFY_RESIZE"}
)


def status_of(server: Server) -> str:
    """Return the status that Nova makes of vm_state and task_state."""
    table = _STATUS[server.vm_state]
    return table.get(server.task_state) or table[None]


def host_id(project_id: str, host: str | None) -> str:
    """Return the opaque host id, which differs from project to project."""
    return hashlib.sha224(f"{project_id}{host}".encode()).hexdigest() if host else ""


def server_links(base: str, server_id: str) -> list[Json]:
    """Return a server's links."""
    return [
        {"rel": "self", "href": f"{base}/servers/{server_id}"},
        {"rel": "bookmark", "href": f"{base.replace('/v2.1', '')}/servers/{server_id}"},
    ]


def addresses(cloud: Cloud, server: Server) -> Json:
    """Return the addresses of a server by network."""
    found: dict[str, list[Json]] = {}
    for port in cloud.device_ports.get(server.id, ()):
        entry = {"OS-EXT-IPS-MAC:mac_addr": port.mac, "version": 4}
        listed = found.setdefault(cloud.networks[port.network_id].name, [])
        listed.append({**entry, "addr": port.address, "OS-EXT-IPS:type": "fixed"})
    return found


def with_floating(cloud: Cloud, views: list[Json]) -> None:
    """Add the floating addresses to views of servers."""
    for floating in cloud.floating_ips.values():
        port = cloud.ports.get(floating.port_id or "")
        if port is None:
            continue
        for view in views:
            if view["id"] == port.device_id:
                view["addresses"][cloud.networks[port.network_id].name].append(
                    {
                        "OS-EXT-IPS-MAC:mac_addr": port.mac,
                        "version": 4,
                        "addr": floating.address,
                        "OS-EXT-IPS:type": "floating",
                    }
                )


def embedded_flavor(flavor: Flavor, version: Version, base: str) -> Json:
    """Return a flavor as a server shows it."""
    if version >= (2, 47):
        return {
            "vcpus": flavor.vcpus,
            "ram": flavor.memory_mb,
            "disk": flavor.disk_gb,
            "ephemeral": 0,
            "swap": 0,
            "original_name": flavor.name,
            "extra_specs": flavor.extra_specs,
        }
    return {"id": flavor.id, "links": [_bookmark(base, "flavors", flavor.id)]}


def _bookmark(base: str, kind: str, name: str) -> Json:
    return {"rel": "bookmark", "href": f"{base.replace('/v2.1', '')}/{kind}/{name}"}


def brief(base: str, server: Server) -> Json:
    """Return a server as the short list shows it."""
    return {"id": server.id, "name": server.name, "links": server_links(base, server.id)}


def detail(cloud: Cloud, server: Server, call: Call, base: str) -> Json:
    """Return a server in full, without floating addresses."""
    version = call.version
    status = status_of(server)
    view: Json = {
        "id": server.id,
        "name": server.name,
        "status": status,
        "tenant_id": server.project_id,
        "user_id": server.user_id,
        "metadata": server.metadata,
        "hostId": host_id(server.project_id, server.host),
        "image": {"id": server.image_id, "links": [_bookmark(base, "images", server.image_id)]} if server.image_id else "",
        "flavor": embedded_flavor(server.flavor, version, base),
        "created": stamp(server.created),
        "updated": stamp(server.updated),
        "addresses": addresses(cloud, server),
        "accessIPv4": "",
        "accessIPv6": "",
        "links": server_links(base, server.id),
        "OS-DCF:diskConfig": "MANUAL",
        "OS-EXT-AZ:availability_zone": server.zone,
        "config_drive": "",
        "key_name": None,
        "OS-SRV-USG:launched_at": stamp_micro(server.launched),
        "OS-SRV-USG:terminated_at": None,
        "OS-EXT-STS:task_state": server.task_state,
        "OS-EXT-STS:vm_state": server.vm_state,
        "OS-EXT-STS:power_state": server.power_state,
        "os-extended-volumes:volumes_attached": [],
    }
    if view["addresses"]:
        # Nova learns them from the ports.
        view["security_groups"] = [{"name": "default"}]
    if status in {"ACTIVE", "BUILD", "MIGRATING", "RESIZE", "VERIFY_RESIZE", "REVERT_RESIZE", "REBOOT"}:
        view["progress"] = server.progress
    if server.vm_state == "error" and server.fault:
        view["fault"] = server.fault
        if call.token.is_admin:
            view["fault"] = {**server.fault, "details": f"Traceback (most recent call last):\n{server.fault['message']}\n"}
    if call.token.is_admin:
        view["OS-EXT-SRV-ATTR:host"] = server.host
        view["OS-EXT-SRV-ATTR:hypervisor_hostname"] = server.host
        view["OS-EXT-SRV-ATTR:instance_name"] = f"instance-{server.number:08x}"
    _newer(cloud, server, call, view)
    return view


def _newer(cloud: Cloud, server: Server, call: Call, view: Json) -> None:
    admin = call.token.is_admin
    if call.at_least(3) and admin:
        view.update(
            {
                "OS-EXT-SRV-ATTR:reservation_id": f"r-{server.number:08x}",
                "OS-EXT-SRV-ATTR:launch_index": 0,
                "OS-EXT-SRV-ATTR:kernel_id": "",
                "OS-EXT-SRV-ATTR:ramdisk_id": "",
                "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda" if server.host else None,
                "OS-EXT-SRV-ATTR:user_data": None,
            }
        )
    if call.at_least(90) or (call.at_least(3) and admin):
        view["OS-EXT-SRV-ATTR:hostname"] = server.hostname or server.name
    if call.at_least(9):
        view["locked"] = server.locked
    if call.at_least(16) and admin:
        view["host_status"] = _host_status(cloud.hosts.get(server.host or ""))
    if call.at_least(19):
        view["description"] = server.description
    if call.at_least(26):
        view["tags"] = server.tags
    if call.at_least(63):
        view["trusted_image_certificates"] = None
    if call.at_least(73):
        view["locked_reason"] = server.locked_reason


def _host_status(host: Host | None) -> str:
    if host is None:
        return ""
    if host.forced_down:
        return "DOWN"
    if not host.up:
        return "UNKNOWN"
    return "UP" if host.enabled else "MAINTENANCE"


def _last_report(host: Host) -> datetime:
    """When the row last changed: a nova-compute that is up reports at each full second (in Nova at every tenth)."""
    return max(host.updated, now().replace(microsecond=0)) if host.up else host.updated


def service(host: Host, version: Version) -> Json:
    """Return a nova-compute service."""
    view: Json = {
        "id": host.service_id if version >= (2, 53) else host.number,
        "binary": "nova-compute",
        "host": host.name,
        "zone": host.zone,
        "status": "enabled" if host.enabled else "disabled",
        "state": "up" if host.up else "down",
        "updated_at": stamp_micro(_last_report(host)),
        "disabled_reason": host.disabled_reason,
    }
    if version >= (2, 11):
        view["forced_down"] = host.forced_down
    return view


def hypervisor(host: Host, used: tuple[int, int, int, int], version: Version, full: bool) -> Json:
    """Return a hypervisor; from 2.88 on it says nothing about room any more."""
    view: Json = {
        "id": host.id if version >= (2, 53) else host.number,
        "hypervisor_hostname": host.name,
        "state": "up" if host.up else "down",
        "status": "enabled" if host.enabled else "disabled",
    }
    if not full:
        return view
    view |= {
        "host_ip": host.address,
        "hypervisor_type": "QEMU",
        "hypervisor_version": host.version,
        "service": {
            "id": host.service_id if version >= (2, 53) else host.number,
            "host": host.name,
            "disabled_reason": host.disabled_reason,
        },
    }
    if version >= (2, 88):
        view["uptime"] = " 01:02:03 up 4 days,  5:06,  0 users,  load average: 0.00, 0.00, 0.00" if host.up else None
        return view
    vcpus, memory, disk, number = used
    return view | {
        "cpu_info": {} if version >= (2, 28) else "",
        "current_workload": 0,
        "disk_available_least": host.disk_gb - disk,
        "free_disk_gb": host.disk_gb - disk,
        "free_ram_mb": host.memory_mb - memory,
        "local_gb": host.disk_gb,
        "local_gb_used": disk,
        "memory_mb": host.memory_mb,
        "memory_mb_used": memory,
        "running_vms": number,
        "vcpus": host.vcpus,
        "vcpus_used": vcpus,
    }


def migration(record: Migration, version: Version, base: str) -> Json:
    """Return a migration as the administrator's list shows it."""
    view: Json = {
        "id": record.id,
        "source_node": record.source_node,
        "source_compute": record.source,
        "dest_node": record.dest,
        "dest_compute": record.dest,
        "dest_host": record.dest_host,
        "status": record.status,
        "instance_uuid": record.server_id,
        "old_instance_type_id": record.flavor_number,
        "new_instance_type_id": record.flavor_number,
        "created_at": stamp_micro(record.created),
        "updated_at": stamp_micro(record.updated),
    }
    if version >= (2, 23):
        view["migration_type"] = record.kind
        if record.kind == "live-migration" and record.status in {"queued", "preparing", "running"}:
            href = f"{base}/servers/{record.server_id}/migrations/{record.id}"
            view["links"] = [
                {"rel": "self", "href": href},
                {"rel": "bookmark", "href": href.replace("/v2.1", "")},
            ]
    if version >= (2, 59):
        view["uuid"] = record.uuid
    if version >= (2, 80):
        view |= {"user_id": record.user_id, "project_id": record.project_id}
    return view


def server_migration(record: Migration, version: Version) -> Json:
    """Return a live migration that goes on, as its server shows it."""
    view: Json = {
        "id": record.id,
        "server_uuid": record.server_id,
        "source_node": record.source_node,
        "source_compute": record.source,
        "dest_node": record.dest,
        "dest_compute": record.dest,
        "dest_host": record.dest_host,
        "status": record.status,
        "created_at": stamp_micro(record.created),
        "updated_at": stamp_micro(record.updated),
        "memory_total_bytes": 0,
        "memory_processed_bytes": 0,
        "memory_remaining_bytes": 0,
        "disk_total_bytes": 0,
        "disk_processed_bytes": 0,
        "disk_remaining_bytes": 0,
    }
    if version >= (2, 59):
        view["uuid"] = record.uuid
    if version >= (2, 80):
        view |= {"user_id": record.user_id, "project_id": record.project_id}
    return view
