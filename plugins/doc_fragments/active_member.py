# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of how an active member is seen and moved: SEEN_BY in module_utils/_network/active.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  floating_ip:
    description: The active member is behind this floating IP, given by its address or id.
    type: str
  vip:
    description:
      - The active member is the one whose port has this virtual address.
      - Where all members have it all the time, Neutron does not know who is active, and the task fails.
    type: dict
    suboptions:
      address:
        description: The virtual address, IPv4 or IPv6.
        type: str
        required: true
      network_id:
        description: The network of the ports, where members have several.
        type: str
      kind:
        description:
          - V(pair) when the address is among the allowed address pairs of the port, V(fixed_ip) when it is one of the port's own
            addresses, beside others.
        type: str
        choices: [pair, fixed_ip]
        default: pair
  tag:
    description: The active member is the server with this tag.
    type: str
  metadata:
    description: The active member is the server with this metadata.
    type: dict
    suboptions:
      key:
        description: Key in the metadata of the servers.
        type: str
        required: true
      active:
        description: Its value at the active member.
        type: str
        default: active
      standby:
        description: The value it gets when the member is not active any more.
        type: str
        default: standby
"""
