#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_drain
short_description: Move the servers of compute hosts elsewhere
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Makes the moves of a plan, or empties hosts with targets chosen by the scheduler.
  - Each server goes up a ladder as far as its C(ways) permit. A live migration that does not converge within O(live_timeout) is
    forced to complete, or aborted; then comes a cold migration, which is confirmed; then the drain fails and names the server.
  - A host that Nova does not know is an error, not an empty host.
  - A server counts as moved when it is elsewhere and at rest, whatever the migration says; a migration that says completed
    while the server is where it was is tried once more.
  - The module can be run again. A server that is elsewhere already counts as moved, one that was deleted or shelved as gone,
    and a cold migration that an earlier run could not confirm is confirmed.
  - A target that refuses a server, because it is full, disabled, down or gone by then, is replaced by another one of
    O(targets).
  - After a failure nothing more is started (unless O(on_failure) says otherwise), and what is under way is brought to its end.
  - A server in state ERROR is never reset. The failure names it with what Nova says went wrong, and the next command.
  - With O(session_id) it heeds what people say about the session. While it pauses no move is begun; when it is aborted what is
    under way is brought to its end and the module fails. A service that knows no control is taken to run.
  - The hosts should be out of service (M(nfv.maintenance.compute_host)), so that the scheduler places nothing new on them.
options:
  moves:
    description:
      - Moves of M(nfv.maintenance.maintenance_plan), made in this order. Other servers on the hosts are not touched. Either these
        or O(hosts) are required.
      - A move without C(to) leaves the target to the scheduler. A move whose C(ways) are empty is made by the owner of the
        instance, and is waited for.
      - A move with C(not_before) (ISO 8601, UTC) begins no earlier; others pass it meanwhile.
      - The C(down) of a move is how many members of its group are down already. They count as impacted, see O(group_constraints).
    type: list
    elements: dict
  hosts:
    description:
      - Without O(moves), the hosts to empty.
      - With O(moves), the hosts that have to be empty at the end. Where it is not given these are the hosts that the moves
        leave; an empty list means that no host has to be empty.
    type: list
    elements: str
  ways:
    description:
      - How servers may be moved, in order of preference, where no move says.
      - V(force_complete) is no way of its own. It stands right after V(live) and says that a live migration which does not
        converge may be forced to complete, by post-copy where Nova has been configured for it, else by pausing the guest. Leave
        it out for guests that must not pause; their migration is aborted then.
    type: list
    elements: str
    choices: [live, force_complete, cold]
    default: [live, force_complete, cold]
  targets:
    description:
      - Hosts to which instances may go that their own target refuses, those whose move names none, and those that came to one
        of the hosts after the moves were planned. Give the hosts that are done and those that are not to be maintained, never
        one that still is to be.
      - Nova's scheduler has to agree to each, and the one with most memory to spare is asked first, three others at most.
      - Without it a refused move fails, a target that no move names is chosen by the scheduler among all hosts, and a server
        that came later is named at the end as what keeps its host from being empty.
    type: list
    elements: str
  on_failure:
    description:
      - Whether V(stop) starts nothing more after the first failure, or V(others_first) makes all the other moves before it
        fails. The latter has less left to do once the failed server was seen to; the former stops before a common cause has hit
        them all.
    type: str
    choices: [stop, others_first]
    default: stop
  ride_through:
    description: Ids of instances that may stay on their host.
    type: list
    elements: str
    default: []
  only_confirm:
    description:
      - Whether only those cold migrations of O(moves) are confirmed that an earlier run had begun and could not confirm any
        more. Nothing is begun, and no host has to be empty.
    type: bool
    default: false
  group_constraints:
    description:
      - Constraints of groups, as C(maintenance_snapshot.constraints.groups) has them.
      - No more than C(max_impacted_members) members of a group are under way at the same time, and C(recovery_time) seconds
        pass before a member that is back no longer counts.
    type: dict
    default: {}
  max_per_host:
    description:
      - How many servers may be on their way from or to one host at the same time. The window is kept full, in the order of the
        moves.
      - Nova copies one guest at a time away from a host unless C(max_concurrent_live_migrations) says otherwise. With two, the
        next one has been scheduled and prepared on its target when the first has arrived, so that the copying never pauses.
    type: int
    default: 2
  max_total:
    description:
      - How many servers may be on their way at the same time. The default suits two hosts at once, and a migration network that
        two or three guests fill, as one of 10 Gbit/s is. For more hosts at once give O(max_per_host) for each of them.
    type: int
    default: 4
  live_timeout:
    description:
      - Seconds for a live migration to converge, and again once it was forced to complete. Then it is aborted.
    type: int
    default: 300
  cold_timeout:
    description: Seconds for a cold migration, and again for its confirmation; also for an owner who moves the instance.
    type: int
    default: 600
  busy_timeout:
    description: Seconds to wait while another operation on a server is under way.
    type: int
    default: 120
  outage_timeout:
    description: Seconds for which Nova or the session API may be away (no connection, HTTP 5xx) without the drain failing.
    type: int
    default: 60
  pause_timeout:
    description: Seconds for which people may let the session pause. After that the module fails.
    type: int
    default: 86400
  poll_interval:
    description:
      - Longest pause in seconds between two looks. All servers are seen with one call.
      - Looks follow sooner until the first move has shown how long one takes, and an eighth of that apart from then on.
    type: float
    default: 10.0
  session_id:
    description: Id of the maintenance session that is told what becomes of each instance. O(lease_token) is required with it.
    type: str
  lease_token:
    description:
      - Token of the runner's lease, C(fenix_session.lease.token) as M(nfv.maintenance.fenix_session) returns it. Required with
        O(session_id).
      - When it is no longer valid, nothing more is started.
    type: int
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
seealso:
  - module: nfv.maintenance.maintenance_plan
  - module: nfv.maintenance.compute_host
"""

EXAMPLES = r"""
- name: Empty a host, with targets chosen by the scheduler
  nfv.maintenance.host_drain:
    cloud: admin
    hosts: [compute-1]

- name: Make the moves of the first wave of a plan
  nfv.maintenance.host_drain:
    cloud: admin
    moves: "{{ result.maintenance_plan.waves[0].moves }}"
    hosts: "{{ result.maintenance_plan.waves[0].hosts }}"
    group_constraints: "{{ cloud.maintenance_snapshot.constraints.groups }}"
    targets: "{{ hosts_that_are_done }}"
    session_id: "{{ opened.fenix_session.session_id }}"
    lease_token: "{{ opened.fenix_session.lease.token }}"
"""

RETURN = r"""
host_drain:
  description: What became of each instance.
  returned: success
  type: dict
  contains:
    moved:
      description:
        - Instances that are elsewhere. C(how) is V(live) or V(cold), and V(null) for one that had been moved before.
        - In check mode those that would be moved.
      type: list
      elements: dict
      sample:
        - instance: 5b0c1f0e-31c2-4f31-8b2e-3f6f1f9d6a11
          name: vnf-a-worker-3
          from: compute-1
          to: compute-4
          how: live
          seconds: 3.2
    failed:
      description: Empty on success.
      type: list
      elements: dict
      sample: []
    remaining:
      description: Empty on success.
      type: list
      elements: dict
      sample: []
    gone:
      description: Instances that their owner deleted or shelved.
      type: list
      elements: dict
      sample:
        - instance: c2d9aa41-7a55-4f3c-9d0a-0b8f2b1d7c01
          name: vnf-a-worker-4
          from: compute-1
    seconds:
      description: How long it took.
      type: float
      sample: 12.4
failure:
  description:
    - What was done until it failed. C(moved) and C(gone) are as above. C(failed) has C(instance), C(name), C(from), C(to) as was
      wanted, C(host) and C(state) now, C(reason), and C(remedy) with the command. C(remaining) has C(instance), C(name), C(host)
      and C(state), which may be V(not started), and C(remedy) where there is one besides looking at the server.
    - C(changed) tells whether anything was moved.
  returned: failure
  type: dict
  sample:
    changed: true
    moved: []
    failed:
      - instance: 5b0c1f0e-31c2-4f31-8b2e-3f6f1f9d6a11
        name: vnf-a-worker-3
        from: compute-1
        to: null
        host: compute-1
        state: ACTIVE
        reason: "no way is left (live: conductor_live_migrate_instance: No valid host was found.)"
        remedy: openstack server migration list --server 5b0c1f0e-31c2-4f31-8b2e-3f6f1f9d6a11
    remaining: []
    gone: []
"""

import functools
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.capacity import free_memory
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.drain import Settings
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.host_drain import HostDrain, Task
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.limits import Limits
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.moves import WAYS
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.nova import Nova
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.window import GroupLimit
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "host_drain"
SPEC: Spec = {
    "moves": {"type": "list", "elements": "dict"},
    "hosts": {"type": "list", "elements": "str"},
    "ways": {"type": "list", "elements": "str", "choices": [*WAYS], "default": [*WAYS]},
    "targets": {"type": "list", "elements": "str"},
    "on_failure": {"type": "str", "choices": ["stop", "others_first"], "default": "stop"},
    "ride_through": {"type": "list", "elements": "str", "default": []},
    "only_confirm": {"type": "bool", "default": False},
    "group_constraints": {"type": "dict", "default": {}},
    "max_per_host": {"type": "int", "default": 2},
    "max_total": {"type": "int", "default": 4},
    "live_timeout": {"type": "int", "default": 300},
    "cold_timeout": {"type": "int", "default": 600},
    "busy_timeout": {"type": "int", "default": 120},
    "outage_timeout": {"type": "int", "default": 60},
    "pause_timeout": {"type": "int", "default": 86400},
    "poll_interval": {"type": "float", "default": 10.0},
    "session_id": {"type": "str"},
    # A fencing token: a small number that grows, not a secret.
    "lease_token": {"type": "int", "no_log": False},
}
RULES: Params = {"required_one_of": [("moves", "hosts")], "required_together": [("session_id", "lease_token")]}

# The drain repeats what could not be told itself, and must not be held up meanwhile.
_TELL_SECONDS = 2.0

Progress = t.Callable[[str], None]


def run(params: Params, cloud: Connection, check_mode: bool, progress: Progress | None = None) -> Result:
    """Map the options; the rules are in :mod:`module_utils._compute.host_drain`."""
    ride_through = frozenset(params["ride_through"])
    targets = None if params["targets"] is None else frozenset(params["targets"])
    task = Task(params["moves"], params["hosts"], tuple(params["ways"]), ride_through, params["only_confirm"], targets)
    limits = Limits(**{name: params[f"{name}_timeout"] for name in ("live", "cold", "busy", "outage", "pause")})
    settings = Settings(
        limits=limits,
        max_per_host=params["max_per_host"],
        max_total=params["max_total"],
        others_first=params["on_failure"] == "others_first",
        poll_interval=params["poll_interval"],
        groups=GroupLimit.read(params["group_constraints"]),
    )
    nova = Nova(cloud)
    session = _session(params, cloud)
    room = functools.partial(free_memory, nova)
    return HostDrain(nova, task, settings, room=room, progress=progress, **session).run(check_mode)


def _session(params: Params, cloud: Connection) -> dict[str, t.Any]:
    if not params["session_id"]:
        return {}
    proxy = maintenance(cloud)
    proxy.retry_seconds = _TELL_SECONDS
    return {
        "put": functools.partial(proxy.put_instance, params["session_id"], params["lease_token"]),
        "control": functools.partial(proxy.control, params["session_id"]),
    }


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
