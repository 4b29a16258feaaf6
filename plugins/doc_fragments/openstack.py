# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options in module_utils/_arguments.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  cloud:
    description:
      - Name of the cloud in C(clouds.yaml).
      - Without it and without O(auth) the C(OS_) environment variables are used.
    type: str
  auth:
    description: Authentication values of the cloud, as in C(clouds.yaml) (C(auth_url), C(username), C(password) and so on).
    type: dict
  auth_type:
    description:
      - Authentication plug-in of keystoneauth, for example V(v3applicationcredential). Without it the setting of the cloud is
        used, as a rule V(password).
    type: str
  region_name:
    description: Region whose endpoints are used. Without it the setting of the cloud is used.
    type: str
  interface:
    description: Which kind of endpoint of the catalogue is used. Without it the setting of the cloud is used.
    type: str
    choices: [public, internal, admin]
    aliases: [endpoint_type]
  validate_certs:
    description: Whether TLS certificates of the services are verified. Without it the setting of the cloud is used.
    type: bool
    aliases: [verify]
  ca_cert:
    description: File with the certificates of the authorities that are trusted. Without it the setting of the cloud is used.
    type: str
    aliases: [cacert]
  client_cert:
    description: File with the client certificate, where the services ask for one.
    type: str
    aliases: [cert]
  client_key:
    description: File with the key of O(client_cert), when it is not in the same file.
    type: str
    aliases: [key]
  api_timeout:
    description: Seconds after which a single call is given up. Without it the setting of the cloud is used.
    type: int
requirements:
  - python >= 3.11
  - openstacksdk >= 4.0
"""

    WAIT = r"""
options:
  wait:
    description: Whether to wait until the state is reached.
    type: bool
    default: true
"""

    ATTRIBUTES = r"""
attributes:
  check_mode:
    support: full
    description: Says what would be changed, and writes nothing.
  diff_mode:
    support: full
    description: Shows the managed values before and after.
  action_group:
    description: Options can be set once for all modules with C(module_defaults).
    support: full
    membership:
      - nfv.maintenance.openstack
"""

    INFO_ATTRIBUTES = r"""
attributes:
  check_mode:
    support: full
    description: Reads only, in check mode as well.
  diff_mode:
    support: N/A
    description: Nothing is changed.
  action_group:
    description: Options can be set once for all modules with C(module_defaults).
    support: full
    membership:
      - nfv.maintenance.openstack
"""
