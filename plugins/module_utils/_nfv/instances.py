# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""VNF instances as the modules return them (private to this collection)."""

from __future__ import annotations

import re
import typing as t

from .._ensure import Record
from .._errors import CollectionError
from .proxy import NfvProxy, Raw, quoted

# The fields of SOL003 that are returned; the names are made from these.
FIELDS = (
    "id", "vnfInstanceName", "vnfInstanceDescription", "vnfdId", "vnfProvider", "vnfProductName", "vnfSoftwareVersion",
    "vnfdVersion", "instantiationState", "vimConnectionInfo", "instantiatedVnfInfo", "vnfConfigurableProperties", "metadata",
    "extensions",
)  # fmt: skip
# Where the credentials of the VIM stand, at any depth.
_CREDENTIALS = "accessInfo"


def find_instances(
    nfv: NfvProxy, instance_id: str | None, name: str | None, sol_filter: str | None, server_ids: t.Sequence[str] | None = None
) -> list[Record]:
    """VNF instances by id, name or filter; an empty list when there is none.

    :param server_ids: only those with any of these servers. Tacker cannot be asked for it.
    """
    if instance_id is not None:
        one = nfv.instance(instance_id)
        found = [one] if one is not None else []
    elif name is not None:
        found = _named(nfv, name)
    else:
        found = nfv.instances(sol_filter)
    records = [instance_record(raw) for raw in found]
    if server_ids is not None:
        records = [record for record in records if record["vnfc_of_server"].keys() & set(server_ids)]
    return sorted(records, key=lambda record: (str(record["vnf_instance_name"]), record["id"]))


def one_named(nfv: NfvProxy, name: str) -> Raw | None:
    """The VNF instance of a name, None if there is none; several are an error that lists them."""
    found = _named(nfv, name)
    if len(found) > 1:
        ids = sorted(str(raw["id"]) for raw in found)
        raise CollectionError(
            f"{len(found)} VNF instances are named {name}: {', '.join(ids)}. Next: give the id of the one that is meant",
            candidates=ids,
        )
    return found[0] if found else None


def resolved(nfv: NfvProxy, instance_id: str | None, name: str | None) -> str:
    """The id of a VNF instance that has to be there, from its id or its name."""
    return instance_id if instance_id is not None else str(get_named(nfv, str(name))["id"])


def get_named(nfv: NfvProxy, name: str) -> Raw:
    """The VNF instance of a name, which has to be there."""
    found = one_named(nfv, name)
    if found is None:
        raise CollectionError(f"There is no VNF instance named {name}. Next: openstack --os-tacker-api-version 2 vnflcm list")
    return found


def _named(nfv: NfvProxy, name: str) -> list[Raw]:
    return [raw for raw in nfv.instances(f"(eq,vnfInstanceName,{quoted(name)})") if raw.get("vnfInstanceName") == name]


def get_instantiated(nfv: NfvProxy, instance_id: str, known: Raw | None = None) -> Raw:
    """A VNF instance that runs.

    :param known: the VNF instance, where it has just been read.
    """
    raw = known or nfv.instance(instance_id)
    if raw is None:
        raise CollectionError(
            f"There is no VNF instance {instance_id}. Next: openstack --os-tacker-api-version 2 vnflcm list",
            vnf_instance_id=instance_id,
        )
    if raw.get("instantiationState") != "INSTANTIATED":
        raise CollectionError(
            f"VNF instance {instance_id} is {raw.get('instantiationState')}; it has to be INSTANTIATED. "
            f"Next: openstack --os-tacker-api-version 2 vnflcm instantiate {instance_id} <request file>",
            vnf_instance_id=instance_id,
        )
    return raw


def instance_record(raw: Raw) -> Record:
    """A VNF instance with the top names in snake case and without secrets."""
    record = {_snake(field): public(raw.get(field)) for field in FIELDS}
    found = servers(raw)
    return {
        **record,
        "servers": found,
        "vnfc_of_server": {server["id"]: server["vnfc_info_id"] for server in found},
        "server_of_vnfc": {server["vnfc_info_id"]: server["id"] for server in found if server["vnfc_info_id"]},
    }


def raw_instance(record: t.Mapping[str, t.Any]) -> Raw:
    """A VNF instance as the VNF manager has it, from its record; credentials of the VIM are not in there."""
    return {field: record[_snake(field)] for field in FIELDS if record.get(_snake(field)) is not None}


def servers(raw: Raw) -> list[Record]:
    """The Nova servers of a VNF instance, by VDU and index."""
    info = raw.get("instantiatedVnfInfo") or {}
    named = {entry.get("vnfcResourceInfoId"): entry.get("id") for entry in info.get("vnfcInfo") or ()}
    found = [
        {
            "id": (vnfc.get("computeResource") or {}).get("resourceId"),
            "vdu_id": vnfc.get("vduId"),
            "index": _index((vnfc.get("metadata") or {}).get("vdu_idx")),
            "vnfc_info_id": named.get(vnfc.get("id")),
        }
        for vnfc in info.get("vnfcResourceInfo") or ()
    ]
    return sorted(found, key=lambda server: (str(server["vdu_id"]), -1 if server["index"] is None else server["index"]))


def _index(value: t.Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def public(value: t.Any) -> t.Any:
    """A value without credentials of the VIM, at any depth."""
    if isinstance(value, dict):
        return {key: public(inner) for key, inner in value.items() if key != _CREDENTIALS}
    if isinstance(value, list):
        return [public(inner) for inner in value]
    return value
