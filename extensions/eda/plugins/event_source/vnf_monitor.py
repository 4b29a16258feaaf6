# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event source: probes of VNFs, as many as there are, and an event for each change of a state."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from types import ModuleType

DOCUMENTATION = r"""
---
short_description: Probe VNFs, as many as there are, and tell of each change of their state
description:
  - Probes the management addresses of VNFCs with C(ping) (ICMP echo, IPv4 and IPv6, all over one socket), C(http_ping) or
    C(tcp), each at its own moment of every interval, and tells the rulebook only when the state of a target changes.
  - The states are C(up), C(down), C(degraded) and C(unknown). A target is down when C(losses) of its last C(window) probes
    were lost, and up again after C(rise) answers in a row. A probe is lost when its C(retries) are, too. It is degraded
    when it answers slower than C(slow) or with a certificate that is not valid (no healing would mend it), or has lost
    C(degraded) of its last probes. A target whose name does not resolve stays what it was.
  - Nothing is concluded while it may be this worker that fails, see O(guard_share) and O(references); and nothing is
    concluded from what is lost while this worker was too busy, or did not run, to hear the answer.
  - An event is C(vnf_monitor) with C(kind) (C(state_change), or C(reminder) of what is still down), C(vnf) (C(id), C(name),
    C(project_id)), C(vnfc) (C(id), C(vdu), C(server_id)), C(target) (C(name), C(address), C(port), C(probe)), C(from),
    C(to), C(since), C(at), C(generation) (greater when the VNF has other targets), C(actions) (what the target names for
    the new state, null when it names none for any), C(evidence) (C(sent), C(lost), C(threshold), C(error), C(round_trip))
    and C(worker).
  - Nothing is kept on disk. After a start the first finding about a target is told as a change from C(unknown). While the
    rulebook takes no event, the changes of a target are told as one, from what was told last to what is now.
  - One of O(targets), O(targets_file), O(inventory) and O(cloud) is required; with several, all that they name is probed.
  - A ping needs a datagram socket for ICMP (C(sysctl net.ipv4.ping_group_range)) or the capability C(CAP_NET_RAW).
options:
  targets:
    description:
      - What to probe. Each has C(address) (of IP, or a name), and may have C(name), C(port), C(probe), C(parameters),
        C(vnf) (an id, or a map of C(id), C(name), C(project_id)), C(vnfc) (an id, or a map of C(id), C(vdu), C(server_id))
        and C(actions), a list of maps with C(name) for each state.
      - C(parameters) of all probes are C(interval) (10 seconds), C(timeout) of one try (0.5 seconds for C(ping), 2 for
        others), C(retries) (1), C(losses) (3), C(window) (5), C(rise) (2), C(degraded) (0, never), C(slow) (0, never), and
        C(grace), the seconds in which the losses of a target that is new here do not count until it was up once (30).
      - Those of C(http_ping) are C(method) (C(GET)), C(path) (C(/)), C(headers), C(expected_status) (200, or a list),
        C(expected_body) (a text that is in it), C(keep_alive) (false), C(tls) (false), C(validate_certs) (true), C(ca_file)
        and C(server_name).
    type: list
    elements: dict
  targets_file:
    description:
      - A YAML or JSON file with such a list, or a map with it as C(targets). Read again whenever it changes; a change that
        cannot be used leaves the targets as they were and is logged.
    type: path
  inventory:
    description:
      - An Ansible inventory in YAML, read likewise. Each host that has, itself or from a group, a variable C(vnf_monitor)
        is a target with the fields of that map, at its C(ansible_host).
    type: path
  defaults:
    description: Parameters, and C(probe), of all targets that do not say otherwise.
    type: dict
  references:
    description:
      - Addresses, or targets, that answer as long as this worker's own network works, as its gateway and a server in
        another building. While more than half of them have lost their last probe, nothing is concluded. Probed each second.
    type: list
    elements: raw
  guard_share:
    description:
      - While more than this share of the targets that are not down, and at least O(guard_least) of them, have lost one of
        their last probes, nothing is concluded; 0 for never. What they lost until then does not count afterwards.
    type: float
    default: 0.5
  guard_least:
    description: See O(guard_share).
    type: int
    default: 5
  remind:
    description: Seconds after which a target that is still down is told again; 0 for never.
    type: float
    default: 60
  max_open:
    description: Most connections open at a time.
    type: int
    default: 2000
  cloud:
    description:
      - The VNF owner's cloud in C(clouds.yaml). With it the VNFCs of all VNFs that its project has at Tacker are targets,
        as the monitoring policies of their VNFDs (the properties C(monitoring_policy) of Tacker's older descriptors, or
        policies of type C(tosca.policies.tacker.Monitoring)) or O(policies) say. Needs the collection, openstacksdk and the
        credentials where the source runs, which keeps a process of its own for it.
      - The address that is probed is that of the connection point with the property C(management), or else of the first
        one.
      - A VNF whose policy or address cannot be used is named in the log, with the reason, and the others are monitored.
        While Tacker is away the targets stay as they were.
    type: str
  region_name:
    description: The region, when the cloud has several.
    type: str
  policy:
    description: Only the monitoring policies of this name.
    type: str
  policies:
    description:
      - Monitoring policies of the owner, which go before those of the VNFD, for all VDUs of a VNF, by its id, its name, or
        C(default). Each has C(probe), C(parameters) and C(actions).
    type: dict
  reconcile:
    description: Seconds after which Tacker is read again, at most 30; sooner when it notifies, see O(port).
    type: float
    default: 20
  coordination:
    description:
      - Where the workers agree who probes what, as a URL of tooz, as C(file:///var/lib/nfv/monitor) for those of one
        machine, C(etcd3+https://etcd.example:2379) or C(redis://redis.example:6379). Each target is then probed by exactly
        one of them; those of a worker that is gone are taken over within two leases. A worker that is not sure to be a
        member stops probing.
      - Needs the Python library tooz, and the one of its driver. Its PostgreSQL driver has no groups.
    type: str
  group:
    description: The name of the group of those that share targets.
    type: str
    default: nfv.maintenance.vnf_monitor
  lease:
    description: Whole seconds after which a silent worker is taken for gone.
    type: int
    default: 10
  host:
    description: The address to listen on.
    type: str
    default: 127.0.0.1
  port:
    description:
      - The port to listen on; 0 takes a free one, which the log names. Without it nothing is listened on.
      - C(GET /probe?target=<name, address or VNFC>&module=<name>) probes a target of this source at once and answers as
        blackbox_exporter does, or in JSON when that is accepted; with C(strict=1) it answers 503 when the target does not.
        Nothing else is ever probed. C(GET /metrics) answers counters in the text format of Prometheus, C(GET /healthz) 200.
      - C(POST /notifications) takes the notifications of Tacker about operations, for which each worker needs a
        subscription (M(nfv.maintenance.vnf_lcm_subscription)) with basic authentication. The targets follow within two
        seconds then.
    type: int
  token:
    description:
      - What a client has to show as a bearer token, or as the password of basic authentication. At least 16 characters;
        needed where O(host) is not an address of this machine alone.
    type: str
  modules:
    description: How C(/probe) may probe, by name; each has C(probe) and C(parameters). Without one the target's own way is used.
    type: dict
  worker:
    description: The name of this worker. Without it the name of the machine and the number of the process.
    type: str
"""


EXAMPLES = r"""
- name: Monitor our VNFs
  hosts: localhost
  sources:
    - name: monitor
      nfv.maintenance.vnf_monitor:
        references: [192.0.2.1, 198.51.100.1]
        defaults: {interval: 2}
        targets:
          - name: web-1
            address: 192.0.2.11
            port: 8080
            probe: http_ping
            parameters: {path: /live}
            vnf: web
            actions:
              down: [{name: notify, to: operations}]
  rules:
    - name: Tell of what is down
      condition: event.vnf_monitor.to == "down"
      action:
        debug:
          msg: "{{ event.vnf_monitor.target.name }} is down"
"""

# Beside the sources, not among them: Galaxy lists each file of theirs as a source.
PARTS = Path(__file__).resolve().parents[1] / "plugin_utils"


def _load(name: str, path: Path) -> ModuleType:
    """Import a package by its path, because ansible-rulebook runs this file outside of any package."""
    loaded = sys.modules.get(name)
    if loaded is not None and loaded.__file__ == str(path):
        return loaded
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[str(path.parent)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


# Where the collection is found, for the process beside the source.
_load("nfv_maintenance_intake", PARTS / "maintenance_intake" / "__init__.py")
_load("nfv_vnf_monitoring", PARTS / "vnf_monitoring" / "__init__.py")


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Probe until cancelled, and put one event per change into the queue."""
    source = importlib.import_module("nfv_vnf_monitoring.source")
    await source.run(queue, args)
