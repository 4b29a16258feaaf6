# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at the cloud during a run, with nothing of the collection, and remembers what must never be."""

from __future__ import annotations

import threading
import typing as t

from real_stack import RealStack

# States of a server in which its service does not answer.
MOVING = ("migrating", "resize_prep", "resize_migrating", "resize_migrated", "resize_finish")
PAUSE = 0.5


class Witness(threading.Thread):
    """Samples hosts, servers and the floating IP, about once a second.

    :ivar violations: what must never be, each once.
    :ivar reasons: disabled host to the reasons that were seen.
    """

    def __init__(self, stack: RealStack) -> None:
        """Watch from ``start`` to ``end``."""
        super().__init__(daemon=True)
        self._stack = stack
        self._pair = set(stack.pair())
        self._ended = threading.Event()
        self.violations: set[str] = set()
        self.reasons: dict[str, set[str]] = {}
        self.samples = 0

    def run(self) -> None:
        """Sample until the end; a service that does not answer is asked again."""
        while not self._ended.wait(PAUSE):
            try:
                self._sample()
            except OSError:
                continue
            self.samples += 1

    def end(self) -> None:
        """Look no more."""
        self._ended.set()
        self.join(30)

    def _sample(self) -> None:
        for service in self._stack.admin.compute.services(binary="nova-compute"):
            if service.status == "disabled":
                self.reasons.setdefault(service.host, set()).add(str(service.disabled_reason))
        active = self._stack.active_server()
        servers: dict[str, dict[str, t.Any]] = {server["id"]: server for server in self._stack.servers()}
        if self._stack.active_server() == active and servers[active]["OS-EXT-STS:task_state"] in MOVING:
            self.violations.add(f"the active server {servers[active]['name']} is moved")
        hosts = [server["OS-EXT-SRV-ATTR:host"] for key, server in servers.items() if key in self._pair]
        if len(set(hosts)) != len(hosts):
            self.violations.add(f"both members of the pair are on {hosts[0]}")
