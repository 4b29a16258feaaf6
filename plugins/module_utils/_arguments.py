# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Option specs shared by the modules; the names are those of openstack.cloud (private to this collection).

Each spec has a documentation fragment of the same name in ``plugins/doc_fragments``.
"""

from __future__ import annotations

import typing as t

Spec = dict[str, dict[str, t.Any]]

AUTH_SPEC: Spec = {
    "cloud": {"type": "str"},
    "auth": {"type": "dict", "no_log": True},
    "auth_type": {"type": "str"},
    "region_name": {"type": "str"},
    "interface": {"type": "str", "choices": ["public", "internal", "admin"], "aliases": ["endpoint_type"]},
    "validate_certs": {"type": "bool", "aliases": ["verify"]},
    "ca_cert": {"type": "str", "aliases": ["cacert"]},
    "client_cert": {"type": "str", "aliases": ["cert"]},
    "client_key": {"type": "str", "no_log": True, "aliases": ["key"]},
    "api_timeout": {"type": "int"},
}


def wait_spec(timeout: int) -> Spec:
    """``wait`` and ``timeout`` (seconds) with the module's own default."""
    return {"wait": {"type": "bool", "default": True}, "timeout": {"type": "int", "default": timeout}}
