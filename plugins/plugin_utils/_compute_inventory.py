# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what Nova says about its compute hosts to variables and groups of an inventory; pure (private to this collection)."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._compute.hosts import Ownership
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.versions import version_text
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record

PREFIX = "nova_"


def host_variables(
    services: t.Iterable[Record], hypervisors: t.Iterable[Record], aggregates: t.Iterable[Record]
) -> dict[str, Record]:
    """The variables of every compute host, by the name of its nova-compute service.

    :param services: nova-compute services; likewise hypervisors and aggregates as Nova sends them.
    """
    by_host: dict[str, Record] = {}
    for hypervisor in hypervisors:
        # A service with many hypervisors (bare metal) is described by the first one.
        by_host.setdefault(str((hypervisor.get("service") or {}).get("host") or hypervisor["hypervisor_hostname"]), hypervisor)
    named = collections.defaultdict(list)
    for aggregate in aggregates:
        for host in aggregate.get("hosts") or ():
            named[host].append(str(aggregate["name"]))
    ordered = sorted(services, key=lambda service: str(service["host"]))
    return {str(one["host"]): _variables(one, by_host.get(one["host"], {}), named[one["host"]]) for one in ordered}


def groups_of(variables: Record) -> list[str]:
    """The groups that a host is in, before they are made valid as names of groups."""
    groups = [f"{PREFIX}compute", f"{PREFIX}{variables['nova_maintenance']}"]
    groups += [f"{PREFIX}zone_{variables['nova_zone']}"] if variables["nova_zone"] else []
    groups += [f"{PREFIX}aggregate_{name}" for name in variables["nova_aggregates"]]
    groups += [f"{PREFIX}hypervisor_{variables['nova_hypervisor_version']}"] if variables["nova_hypervisor_version"] else []
    return groups


def _variables(service: Record, hypervisor: Record, aggregates: list[str]) -> Record:
    owner = Ownership.of(service.get("disabled_reason"))
    up = service.get("state") == "up" and not service.get("forced_down")
    return {
        "nova_host": service["host"],
        "nova_service_id": service["id"],
        "nova_zone": service.get("zone"),
        "nova_aggregates": sorted(aggregates),
        "nova_status": service.get("status"),
        "nova_state": "up" if up else "down",
        "nova_disabled_reason": service.get("disabled_reason"),
        "nova_session_id": owner.session_id if owner else None,
        "nova_maintenance": _maintenance(service.get("status") == "enabled", up, owner),
        "nova_host_ip": hypervisor.get("host_ip"),
        "nova_hypervisor_hostname": hypervisor.get("hypervisor_hostname"),
        "nova_hypervisor_type": hypervisor.get("hypervisor_type"),
        "nova_hypervisor_version": version_text(hypervisor.get("hypervisor_version")),
    }


def _maintenance(enabled: bool, up: bool, owner: Ownership | None) -> str:
    if not enabled:
        return "in_maintenance" if owner else "disabled"
    return "in_service" if up else "down"
