# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compute hosts of a cloud as an inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: nova_compute
short_description: Compute hosts of a cloud, as Nova knows them
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Makes a host of every nova-compute service, under the name of the service, as the playbooks of this collection want it.
  - The file ends in C(nova_compute.yml) or C(nova_compute.yaml).
  - Only reads. It takes three calls, whatever the number of hosts, but for the pages that Nova makes of long lists.
  - Every host is in the groups C(nova_compute), C(nova_zone_<zone>), C(nova_aggregate_<aggregate>) for each of its aggregates,
    and C(nova_hypervisor_<version>), for example C(nova_hypervisor_8_2_0).
  - It is also in one of C(nova_in_service) (enabled, and nova-compute is up), C(nova_in_maintenance) (a session of this
    collection has disabled it), C(nova_disabled) (somebody else has) and C(nova_down) (enabled, and nova-compute does not report
    or is forced down).
  - Its variables are C(nova_host), C(nova_service_id), C(nova_zone), C(nova_aggregates), C(nova_status), C(nova_state),
    C(nova_disabled_reason), C(nova_session_id), C(nova_maintenance), C(nova_host_ip), C(nova_hypervisor_hostname),
    C(nova_hypervisor_type) and C(nova_hypervisor_version).
notes:
  - A run changes what Nova says about hosts. With a cache the groups are as old as O(cache_timeout) allows; the playbooks of this
    collection read Nova themselves and do not mind.
  - Needs the rights to list services, hypervisors and aggregates, which administrators have by default.
options:
  plugin:
    description: Says that the file is for this plug-in.
    type: str
    required: true
    choices: [nfv.maintenance.nova_compute]
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - constructed
  - inventory_cache
seealso:
  - module: nfv.maintenance.compute_host_info
"""

EXAMPLES = r"""
# file: cloud.nova_compute.yml. With it alone: ansible-playbook -i cloud.nova_compute.yml nfv.maintenance.rolling_maintenance
plugin: nfv.maintenance.nova_compute
cloud: admin

# Reached by the address that Nova knows, grouped by rack, which is the first part of the name.
---
plugin: nfv.maintenance.nova_compute
cloud: admin
compose:
  ansible_host: nova_host_ip
  rack: nova_host.split('-')[0]
groups:
  old: nova_hypervisor_version is version('8.2.0', '<')
keyed_groups:
  - key: rack
    prefix: rack

# Kept for five minutes.
---
plugin: nfv.maintenance.nova_compute
cloud: admin
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/nova-compute
cache_timeout: 300
"""

import typing as t
from pathlib import PurePath

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import AUTH_SPEC
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.nova import Nova
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import failure
from ansible_collections.nfv.maintenance.plugins.module_utils._module import REPORTED
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import IMPORT_ERROR, connect
from ansible_collections.nfv.maintenance.plugins.plugin_utils._compute_inventory import groups_of, host_variables

ENDINGS = ("nova_compute.yml", "nova_compute.yaml")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    """Reads the hosts, and puts them into Ansible's inventory."""

    NAME = "nfv.maintenance.nova_compute"

    def verify_file(self, path: str) -> bool:
        """Whether the file is meant for this plug-in, by its name."""
        return bool(super().verify_file(path)) and PurePath(path).name.endswith(ENDINGS)

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        """Entry point."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        for name, variables in self._hosts(self.get_cache_key(path), cache).items():
            # What a service says is never a template; newer releases of ansible-core see to that themselves.
            self._add(name, wrap_var(variables))

    def _hosts(self, key: str, allowed: bool) -> dict[str, Record]:
        """The variables by host, from the cache where it may be used and has them; ``allowed`` is false to renew it."""
        uses_cache = self.get_option("cache")
        if uses_cache and allowed and key in self._cache:
            return t.cast("dict[str, Record]", self._cache[key])
        hosts = self._read()
        if uses_cache:
            self._cache[key] = hosts
        return hosts

    def _read(self) -> dict[str, Record]:
        if IMPORT_ERROR is not None:
            raise AnsibleParserError(f"{self.NAME} needs the Python library openstacksdk: {IMPORT_ERROR}")
        try:
            nova = Nova(connect({name: self.get_option(name) for name in AUTH_SPEC}))
            return host_variables(nova.services(), nova.hypervisors(), nova.aggregates())
        except REPORTED as exc:
            raise AnsibleParserError(failure(exc)["msg"]) from exc

    def _add(self, name: str, variables: Record) -> None:
        host = self.inventory.add_host(name)
        for key, value in variables.items():
            self.inventory.set_variable(host, key, value)
        for group in groups_of(variables):
            self.inventory.add_host(host, group=self.inventory.add_group(self._sanitize_group_name(group)))
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)
