# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watches what the VNFs feel and whether the invariants hold.

It only looks at the state of the cloud: it knows neither who changes it nor why. It samples every 20 ms, and besides
at each change that a VNF can feel, so that nothing shorter than a period escapes.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from .state import Cloud, FloatingIp, Group, Server

PERIOD = 0.02
MOST_VIOLATIONS = 1000


class _Service:
    """What was seen of one VNF's service."""

    def __init__(self) -> None:
        self.samples = 0
        self.gaps: list[tuple[float, float]] = []
        self.down_since: float | None = None

    def see(self, up: bool, moment: float) -> None:
        """Add a sample."""
        self.samples += 1
        if up and self.down_since is not None:
            self.gaps.append((self.down_since, moment))
            self.down_since = None
        elif not up and self.down_since is None:
            self.down_since = moment


class Observer:
    """Samples services and invariants."""

    def __init__(self, cloud: Cloud) -> None:
        """Watch a cloud from now on."""
        self.cloud = cloud
        self.reset()
        cloud.watchers.append(self.sample)

    def reset(self) -> None:
        """Forget what was seen."""
        self._since = self._last = time.time()
        self._samples = 0
        self._services: dict[str, _Service] = defaultdict(_Service)
        self._violations: list[dict[str, Any]] = []
        self._broken: set[tuple[str, ...]] = set()
        self._lags: list[float] = [0.0, 0.0]
        self._missed = 0

    async def run(self) -> None:
        """Sample at a fixed beat that does not drift; a beat that was missed is counted, not made up for."""
        loop = asyncio.get_running_loop()
        due = loop.time() + PERIOD
        while True:
            await asyncio.sleep(max(0.0, due - loop.time()))
            lag = loop.time() - due
            self._lags[0] = max(self._lags[0], lag)
            self._lags[1] += lag
            self.sample()
            skipped = int(max(0.0, loop.time() - due) / PERIOD)
            self._missed += skipped
            due += PERIOD * (skipped + 1)

    # Looking

    def sample(self) -> None:
        """Look once."""
        moment = time.time()
        self._samples += 1
        self._last = moment
        for vnf in self.cloud.vnfs.values():
            floating = self.cloud.floating_ips.get(vnf.floating_ip_id or "")
            if floating is not None:
                self._services[vnf.id].see(self.answers(floating), moment)
        seen: set[tuple[str, ...]] = set()
        for key, text in self._broken_invariants():
            seen.add(key)
            if key not in self._broken and len(self._violations) < MOST_VIOLATIONS:
                self._violations.append({"at": _iso(moment), "kind": key[0], "text": text})
        # A violation that lasts is reported once.
        self._broken = seen

    def answers(self, floating: FloatingIp) -> bool:
        """Whether a request to a floating IP would be answered at this moment."""
        port = self.cloud.ports.get(floating.port_id or "")
        server = self.cloud.servers.get(port.device_id) if port else None
        if server is None or time.monotonic() < floating.reachable_at:
            return False
        return self._runs(server)

    def _runs(self, server: Server) -> bool:
        host = self.cloud.hosts.get(server.host or "")
        return host is not None and host.alive and not host.under_work and server.guest_runs

    def _broken_invariants(self) -> list[tuple[tuple[str, ...], str]]:
        found: list[tuple[tuple[str, ...], str]] = []
        members: dict[str, list[Server]] = defaultdict(list)
        load: dict[str, list[int]] = {name: [0, 0, 0] for name in self.cloud.hosts}
        for server in self.cloud.servers.values():
            if server.group_id:
                members[server.group_id].append(server)
            if server.host is None:
                continue
            host = self.cloud.hosts[server.host]
            sums = load[server.host]
            flavor = server.flavor
            sums[0] += flavor.vcpus
            sums[1] += flavor.memory_mb
            sums[2] += flavor.disk_gb
            if host.under_work and server.task_state != "deleting":
                found.append(
                    (("occupied_host", host.name, server.id), f"host {host.name} is under work with {server.name} on it")
                )
        busy = {name for name, host in self.cloud.hosts.items() if host.under_work}
        # Few clouds are under work, and a cloud may remember many migrations.
        for migration in self.cloud.migrations.values() if busy else ():
            if migration.source in busy and migration.kind == "live-migration" and migration.status == "running":
                what = f"host {migration.source} is under work before it is through with a live migration"
                found.append((("hasty_work", migration.source, migration.server_id), what))
        for name, sums in load.items():
            host = self.cloud.hosts[name]
            if sums[0] > host.vcpus or sums[1] > host.memory_mb or sums[2] > host.disk_gb:
                found.append(
                    (("over_capacity", name), f"host {name} holds {sums[0]} vCPUs, {sums[1]} MiB, {sums[2]} GB of servers")
                )
        for group_id, servers in members.items():
            group = self.cloud.groups.get(group_id)
            if group is not None:
                found += self._broken_group(group, servers)
        return found

    def _broken_group(self, group: Group, servers: list[Server]) -> list[tuple[tuple[str, ...], str]]:
        found: list[tuple[tuple[str, ...], str]] = []
        if group.max_impacted_members is not None:
            down = sorted(
                server.name
                for server in servers
                # What is being born or going for good is not impacted.
                if server.vm_state not in {"building", "stopped"}
                and server.task_state not in {"deleting", "powering-on"}
                and not self._runs(server)
            )
            if len(down) > group.max_impacted_members:
                found.append(
                    (("max_impacted_members", group.id, *down), f"of group {group.name} are down at once: {', '.join(down)}")
                )
        if group.policy == "anti-affinity":
            homes: dict[str, list[str]] = defaultdict(list)
            for server in servers:
                if server.host:
                    homes[server.host].append(server.name)
            for host, names in homes.items():
                if len(names) > (group.max_server_per_host or 1):
                    found.append(
                        (("anti_affinity", group.id, host), f"on host {host} are members of {group.name}: {', '.join(names)}")
                    )
        return found

    # Telling

    def report(self) -> dict[str, Any]:
        """Return what was seen since the last reset."""
        self.sample()
        return {
            "since": _iso(self._since),
            "until": _iso(self._last),
            "samples": self._samples,
            "period_seconds": PERIOD,
            "lag_seconds": {
                "max": round(self._lags[0], 6),
                "mean": round(self._lags[1] / max(1, self._samples), 6),
                "missed": self._missed,
            },
            "vnfs": [
                self._told(vnf.id, vnf.name, self._services[vnf.id])
                for vnf in self.cloud.vnfs.values()
                if vnf.floating_ip_id
            ],
            "violations": list(self._violations),
        }

    def _told(self, vnf_id: str, name: str, service: _Service) -> dict[str, Any]:
        gaps = list(service.gaps)
        if service.down_since is not None:
            gaps.append((service.down_since, self._last))
        lengths = [end - begin for begin, end in gaps]
        watched = max(self._last - self._since, 1e-9)
        return {
            "id": vnf_id,
            "name": name,
            "samples": service.samples,
            "down_seconds": round(sum(lengths), 3),
            "longest_gap_seconds": round(max(lengths, default=0.0), 3),
            "availability": round(1.0 - sum(lengths) / watched, 6),
            "gaps": [
                {"from": _iso(begin), "to": _iso(end), "seconds": round(end - begin, 3)} for begin, end in gaps
            ],
        }


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
