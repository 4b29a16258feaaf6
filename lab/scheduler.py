# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a server may go: Nova's filters and weights in small."""

from __future__ import annotations

from dataclasses import dataclass

from .state import Cloud, Flavor, Group, Host

NO_VALID_HOST = "No valid host was found. "
NOT_ENOUGH = NO_VALID_HOST + "There are not enough hosts available."
GROUP_VIOLATED = "Anti-affinity instance group policy was violated"
ANTI_AFFINE = frozenset({"anti-affinity"})


@dataclass(slots=True, frozen=True)
class Demand:
    """What a server asks of its next host."""

    flavor: Flavor
    server_id: str = ""
    group_id: str | None = None
    zone: str | None = None
    source: str | None = None
    target: str | None = None
    # A forced target is not verified at all, as with Nova's force before 2.68.
    forced: bool = False


class Scheduler:
    """Chooses hosts; with an allocation ratio of 1.0 for everything."""

    def __init__(self, cloud: Cloud) -> None:
        """Choose among the hosts of a cloud."""
        self.cloud = cloud

    def choose(self, demand: Demand) -> Host | None:
        """Return the best host, or None when no host passes."""
        if demand.forced and demand.target:
            return self.cloud.hosts.get(demand.target)
        usage = self.cloud.usage()
        fitting = [host for host in self.cloud.hosts.values() if self.passes(host, demand, usage[host.name])]
        if not fitting:
            return None
        weights = {host.name: self._weight(host, demand, usage[host.name]) for host in fitting}
        best = max(weights.values())
        return self.cloud.random.choice([host for host in fitting if weights[host.name] == best])

    def why_none(self, demand: Demand) -> str:
        """Say why there is no host: Placement had none to offer, or the filters took those that it had."""
        usage = self.cloud.usage()
        if demand.target and demand.target not in self.cloud.hosts:
            return f"{NO_VALID_HOST}No such host - host: {demand.target} node: None "
        offered = [host for host in self.cloud.hosts.values() if host.enabled and _has_room(host, demand, usage[host.name])]
        if demand.target:
            offered = [host for host in offered if host.name == demand.target]
        return NOT_ENOUGH if offered else NO_VALID_HOST

    def passes(self, host: Host, demand: Demand, used: tuple[int, int, int, int]) -> bool:
        """Whether a host passes every filter."""
        if host.name == demand.source or (demand.target and host.name != demand.target):
            return False
        if not host.enabled or not host.up or (demand.zone and host.zone != demand.zone):
            return False
        if not _has_room(host, demand, used):
            return False
        return self.group_allows(host, demand)

    def group_allows(self, host: Host, demand: Demand) -> bool:
        """Whether the policy of the server's group lets it go there."""
        group = self.cloud.groups.get(demand.group_id or "")
        return group is None or self._policy_allows(group, host, demand)

    def _policy_allows(self, group: Group, host: Host, demand: Demand) -> bool:
        others = [member for member in self.cloud.members(group.id) if member.id != demand.server_id]
        if group.policy in ANTI_AFFINE:
            here = sum(1 for member in others if host.name in member.presence)
            return here < (group.max_server_per_host or 1)
        if group.policy == "affinity":
            homes = {name for member in others for name in member.presence}
            return not homes or host.name in homes
        return True

    def _weight(self, host: Host, demand: Demand, used: tuple[int, int, int, int]) -> tuple[float, float, float]:
        group = self.cloud.groups.get(demand.group_id or "")
        soft = 0.0
        if group is not None and group.policy in {"soft-affinity", "soft-anti-affinity"}:
            here = sum(1 for member in self.cloud.members(group.id) if host.name in member.presence)
            soft = float(here if group.policy == "soft-affinity" else -here)
        return (soft, float(host.memory_mb - used[1]), float(host.vcpus - used[0]))


def _has_room(host: Host, demand: Demand, used: tuple[int, int, int, int]) -> bool:
    flavor = demand.flavor
    return (
        used[0] + flavor.vcpus <= host.vcpus
        and used[1] + flavor.memory_mb <= host.memory_mb
        and used[2] + flavor.disk_gb <= host.disk_gb
    )
