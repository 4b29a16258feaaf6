# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests are checked before they are sent (private to this collection)."""

from __future__ import annotations

import typing as t

from .._errors import CollectionError
from .._schema import Mismatch
from .._schema import check as check_schema
from .proxy import MODIFY, Raw
from .requests_schema import BODIES

# The verbs of an order and the type of its body.
BY_VERB = {
    "create": "CreateVnfRequest",
    MODIFY: "VnfInfoModificationRequest",
    "instantiate": "InstantiateVnfRequest",
    "scale": "ScaleVnfRequest",
    "heal": "HealVnfRequest",
    "change_ext_conn": "ChangeExtVnfConnectivityRequest",
    "change_vnfpkg": "ChangeCurrentVnfPkgRequest",
    "terminate": "TerminateVnfRequest",
}
# Never shown, wherever they stand.
SECRETS = frozenset({"password", "bearer_token", "client_secret", "clientPassword"})


def check(name: str, body: Raw) -> None:
    """Check a request body against its schema.

    :param name: the type's name in ETSI NFV-SOL003, for example ``InstantiateVnfRequest``.
    :raises CollectionError: naming the request and the place in it, what was found and what is allowed.
    """
    try:
        check_schema(masked(body), BODIES[name], "the request")
    except Mismatch as exc:
        raise CollectionError(f"{name} cannot be sent: {exc}", request=name) from exc


def masked(value: t.Any) -> t.Any:
    """A value with stars for its secrets."""
    if isinstance(value, dict):
        return {key: "***" if key in SECRETS and isinstance(inner, str) else masked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    return value
