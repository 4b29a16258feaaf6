#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: compute_host_readiness_info
short_description: Wait until a compute host may return to service
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Looks at a host after work on it until all of this is true, and stays true for O(settle) seconds. nova-compute is up, not
    forced down, and has reported since the module began to look (but see O(worked_on)). The hypervisor is up and has the version
    expected. No alert fires for the host.
  - What was found on the host itself (O(found)) is compared with O(expected) first, and fails at once.
  - The failure names the host, what was expected, what was seen, and the next command.
  - Changes nothing; M(nfv.maintenance.compute_host) brings the host back.
options:
  name:
    description: The host, by the name of its nova-compute service.
    type: str
    required: true
    aliases: [host]
  expected:
    description: What is expected beside a nova-compute that is up.
    type: dict
    default: {}
    suboptions:
      hypervisor_version:
        description:
          - Version of the hypervisor, as Nova's number (V(8001000)) or as V(8.1.0); with C(>=) in front this or a newer one.
            Without it any will do.
        type: str
      kernel:
        description:
          - Shell pattern for the running kernel, as C(uname -r) says it; O(found.kernel) is needed with it. Without it any will
            do.
        type: str
      packages:
        description:
          - Shell patterns for the installed versions, by package; O(found.packages) is needed with it. This is how the version of
            nova-compute is seen, which Nova's API does not tell.
        type: dict
        default: {}
  found:
    description: What was found on the host itself, to be compared with O(expected).
    type: dict
    default: {}
    suboptions:
      kernel:
        description: The running kernel, C(ansible_facts.kernel).
        type: str
      packages:
        description: The installed packages, C(ansible_facts.packages) of M(ansible.builtin.package_facts).
        type: dict
        default: {}
  prometheus_url:
    description: URL of Prometheus, without C(/api/v1). Without it no alerts are looked at.
    type: str
  prometheus_matchers:
    description:
      - Which alerts are the host's, as PromQL writes label matchers.
      - Required with O(prometheus_url).
    type: str
  prometheus_token_file:
    description: File with a bearer token for Prometheus, read at each look. The token is never shown.
    type: path
  prometheus_ca_cert:
    description: File with the certificates of the authorities that are trusted for Prometheus. Without it the system's are used.
    type: path
  settle:
    description: Seconds for which everything has to stay true without a break.
    type: int
    default: 0
  worked_on:
    description:
      - Whether the host was worked on. Then nova-compute has to report anew, because Nova calls it up for a minute after its
        last report.
      - Otherwise nothing can have stopped it, and a nova-compute that Nova calls up is not waited for. By default it reports
        every ten seconds.
    type: bool
    default: true
  timeout:
    description: Seconds to wait in all, those of O(settle) included.
    type: int
    default: 600
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
seealso:
  - module: nfv.maintenance.compute_host
  - module: nfv.maintenance.compute_host_info
"""

EXAMPLES = r"""
- name: Know what runs on the host
  ansible.builtin.setup:
    gather_subset: [min]

- name: Wait until it may return
  nfv.maintenance.compute_host_readiness_info:
    cloud: admin
    name: compute-1
    expected:
      hypervisor_version: ">=8.1.0"
      kernel: 6.12.*
    found:
      kernel: "{{ ansible_facts.kernel }}"
    prometheus_url: https://prometheus.example
    prometheus_matchers: instance=~"compute-1(:.*)?"
    prometheus_token_file: /etc/nfv-maintenance/prometheus-token
    settle: 30
  delegate_to: localhost
"""

RETURN = r"""
compute_host_readiness:
  description: What was looked at when the host was ready.
  returned: success
  type: dict
  contains:
    host:
      description: The host.
      type: str
      sample: compute-1
    hypervisor_version:
      description: The version of its hypervisor.
      type: str
      sample: 8.1.0
    checks:
      description: Each check with what was expected and seen.
      type: list
      elements: dict
      sample:
        - name: nova-compute on host compute-1
          expected: up
          seen: up
          passed: true
"""

import functools

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.alerts import Prometheus
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.nova import Nova
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.readiness import (
    Expected,
    Found,
    Readiness,
    installed_versions,
)
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_info_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "compute_host_readiness"
SPEC: Spec = {
    "name": {"type": "str", "required": True, "aliases": ["host"]},
    "expected": {
        "type": "dict",
        "default": {},
        "options": {
            "hypervisor_version": {"type": "str"},
            "kernel": {"type": "str"},
            "packages": {"type": "dict", "default": {}},
        },
    },
    "found": {"type": "dict", "default": {}, "options": {"kernel": {"type": "str"}, "packages": {"type": "dict", "default": {}}}},
    "prometheus_url": {"type": "str"},
    "prometheus_matchers": {"type": "str"},
    # The name of a file, not a token.
    "prometheus_token_file": {"type": "path", "no_log": False},
    "prometheus_ca_cert": {"type": "path"},
    "settle": {"type": "int", "default": 0},
    "worked_on": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 600},
}
RULES: Params = {"required_by": {"prometheus_url": ["prometheus_matchers"]}}


def read(params: Params, cloud: Connection) -> Record:
    """Wait, with the rules of :mod:`module_utils._compute.readiness`."""
    expected, found = params["expected"], params["found"]
    alerts = None
    if params["prometheus_url"]:
        prometheus = Prometheus(params["prometheus_url"], params["prometheus_token_file"], params["prometheus_ca_cert"])
        alerts = functools.partial(prometheus.firing, params["prometheus_matchers"])
    readiness = Readiness(
        Nova(cloud),
        params["name"],
        Expected(expected.get("hypervisor_version"), expected.get("kernel"), expected.get("packages") or {}),
        Found(found.get("kernel"), installed_versions(found.get("packages") or {})),
        alerts,
        worked_on=params["worked_on"],
    )
    return readiness.wait(params["timeout"], params["settle"])


def main() -> None:
    """Entry point."""
    run_info_module(read, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
