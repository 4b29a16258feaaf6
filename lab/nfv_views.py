# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Tacker shows VNF instances and op occs."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from .clock import stamp, stamp_micro
from .nfv_change import release_of
from .nfv_queries import Listed
from .nfv_record import OpOcc
from .state import Cloud, Server, Vnf

Json = dict[str, Any]

# Tacker writes its own idea of its address, which is not the one in the catalogue.
ENDPOINT = "http://127.0.0.1:9890"
_VIM = "default"
_IMAGE = "lab-image"


INSTANCES = Listed(
    ("vnfConfigurableProperties", "vimConnectionInfo", "instantiatedVnfInfo", "metadata", "extensions"),
    frozenset({
        "id", "vnfInstanceName", "vnfInstanceDescription", "vnfdId", "vnfProvider", "vnfProductName", "vnfSoftwareVersion",
        "vnfdVersion", "vnfConfigurableProperties", "vimConnectionInfo", "instantiationState", "instantiatedVnfInfo", "metadata",
        "extensions",
    }),
    "VnfInstanceV2",
)  # fmt: skip
OP_OCCS = Listed(
    ("operationParams", "error", "resourceChanges", "changedInfo", "changedExtConnectivity"),
    frozenset({
        "id", "operationState", "stateEnteredTime", "startTime", "vnfInstanceId", "grantId", "operation", "isAutomaticInvocation",
        "operationParams", "isCancelPending", "cancelMode", "error", "resourceChanges", "changedInfo", "changedExtConnectivity",
        "modificationsTriggeredByVnfPkgChange", "vnfSnapshotInfoId",
    }),
    "VnfLcmOpOccV2",
)  # fmt: skip


def _link(path: str) -> Json:
    return {"href": f"{ENDPOINT}/vnflcm/v2/{path}"}


def instance(cloud: Cloud, vnf: Vnf, auth_url: str) -> Json:
    """Return a VNF instance in full."""
    own = f"vnf_instances/{vnf.id}"
    release = release_of(vnf, vnf.vnfd_id)
    version = release.version if release else "1.0"
    optional = {
        "vnfInstanceDescription": vnf.description,
        "vnfConfigurableProperties": vnf.configurable,
        "metadata": vnf.metadata,
        "extensions": vnf.extensions,
    }
    return {
        "id": vnf.id,
        "vnfInstanceName": vnf.name,
        "vnfdId": vnf.vnfd_id,
        "vnfProvider": "Lab",
        "vnfProductName": vnf.name,
        "vnfSoftwareVersion": version,
        "vnfdVersion": version,
        "vimConnectionInfo": {
            _VIM: {
                "vimId": _VIM,
                "vimType": "ETSINFV.OPENSTACK_KEYSTONE.V_3",
                "interfaceInfo": {"endpoint": auth_url},
                "accessInfo": {
                    "username": "tacker",
                    "project": cloud.projects[vnf.project_id].name,
                    "region": "RegionOne",
                    "projectDomain": "Default",
                    "userDomain": "Default",
                },
            }
        },
        "instantiationState": "INSTANTIATED",
        "instantiatedVnfInfo": _instantiated(cloud, vnf),
        **{name: value for name, value in optional.items() if value is not None},
        "_links": {
            "self": _link(own),
            "terminate": _link(f"{own}/terminate"),
            "scale": _link(f"{own}/scale"),
            "heal": _link(f"{own}/heal"),
            "changeExtConn": _link(f"{own}/change_ext_conn"),
        },
    }


def _vnfcs(cloud: Cloud, vnf: Vnf) -> list[tuple[str, Server]]:
    found = [(vdu, cloud.servers[key]) for vdu, members in vnf.members.items() for key in members if key in cloud.servers]
    # Newest first, as Tacker sorts them.
    return sorted(found, key=lambda pair: (pair[1].created, pair[1].number), reverse=True)


def _instantiated(cloud: Cloud, vnf: Vnf) -> Json:
    members = _vnfcs(cloud, vnf)
    wanted = _protocol({"numDynamicAddresses": 1})
    flavors = {**vnf.left, **{(vdu, vnf.indexes[server.id]): server.flavor.name for vdu, server in members}}
    return {
        "flavourId": "default",
        "vnfState": "STARTED",
        "scaleStatus": [{"aspectId": item.name, "scaleLevel": item.level} for item in vnf.aspects.values()],
        "maxScaleLevels": [{"aspectId": item.name, "scaleLevel": item.max_level} for item in vnf.aspects.values()],
        "extCpInfo": [_ext_cp(cloud, vdu, server) for vdu, server in members if cloud.device_ports.get(server.id)],
        "extVirtualLinkInfo": [
            {
                "id": vnf.network_id,
                "resourceHandle": {"resourceId": vnf.network_id},
                "extLinkPorts": [
                    {"id": port.id, "resourceHandle": _handle(port.id, "OS::Neutron::Port"), "cpInstanceId": f"cp-{port.id}"}
                    for _, server in members
                    for port in cloud.device_ports.get(server.id, ())
                ],
                "currentVnfExtCpData": [
                    {"cpdId": f"{vdu}-cp", "cpConfig": {f"{vdu}-cp_1": {"cpProtocolData": [wanted]}}} for vdu in vnf.vdus
                ],
            }
        ],
        "vnfcResourceInfo": [_vnfc_resource(cloud, vnf, vdu, server) for vdu, server in members],
        "vnfcInfo": [
            {
                "id": f"{vdu}-{server.id}",
                "vduId": vdu,
                "vnfcResourceInfoId": server.id,
                "vnfcState": "STARTED",
            }
            for vdu, server in members
        ],
        "metadata": {
            "stack_id": str(uuid.uuid5(uuid.NAMESPACE_URL, vnf.id)),
            "tenant": cloud.projects[vnf.project_id].name,
            # The parameters of the stack: a scale in leaves those of the VNFCs that it takes away.
            "nfv": {
                "VDU": {
                    f"{vdu}-{index}": {"computeFlavourId": flavor, "vcImageId": _IMAGE}
                    for (vdu, index), flavor in flavors.items()
                },
                "CP": {f"{vdu}-cp-{index}": {"network": vnf.network_id} for vdu, index in flavors},
            },
        },
    }


def _handle(resource_id: str, kind: str) -> Json:
    return {"vimConnectionId": _VIM, "resourceId": resource_id, "vimLevelResourceType": kind}


def _protocol(address: Json) -> Json:
    return {"layerProtocol": "IP_OVER_ETHERNET", "ipOverEthernet": {"ipAddresses": [{"type": "IPV4", **address}]}}


def _vnfc_metadata(vnf: Vnf, vdu: str, server: Server) -> Json:
    index = vnf.indexes[server.id]
    nested = uuid.uuid5(uuid.NAMESPACE_URL, f"{vnf.id} {vdu} {index}")
    return {
        "creation_time": stamp(server.created),
        "stack_id": f"vnf-{vnf.id}-{vdu}-{index}-{nested.hex[:12]}/{nested}",
        "vdu_idx": index,
        "flavor": server.flavor.name,
        f"image-{vdu}-{index}": _IMAGE,
    }


def affected(cloud: Cloud, vnf: Vnf, server: Server, change: str) -> Json:
    """Return what an op occ says of a VNFC that it changed."""
    vdu = next(name for name, members in vnf.members.items() if server.id in members)
    points = [f"{vdu}-cp-{server.id}"] if cloud.device_ports.get(server.id) else []
    return {
        "id": server.id,
        "vduId": vdu,
        "changeType": change,
        "computeResource": _handle(server.id, "OS::Nova::Server"),
        "metadata": _vnfc_metadata(vnf, vdu, server),
        **({"affectedVnfcCpIds": points} if points else {}),
    }


def affected_ports(cloud: Cloud, server: Server, change: str) -> list[Json]:
    """Return what an op occ says of the external ports of a VNFC that it added or removed."""
    return [
        {
            "id": port.id,
            "changeType": change,
            "extCpInstanceId": f"cp-{port.id}",
            "resourceHandle": _handle(port.id, "OS::Neutron::Port"),
        }
        for port in cloud.device_ports.get(server.id, ())
    ]


def _vnfc_resource(cloud: Cloud, vnf: Vnf, vdu: str, server: Server) -> Json:
    return {
        "id": server.id,
        "vduId": vdu,
        "computeResource": _handle(server.id, "OS::Nova::Server"),
        "metadata": _vnfc_metadata(vnf, vdu, server),
        "vnfcCpInfo": [
            {"id": f"{vdu}-cp-{server.id}", "cpdId": f"{vdu}-cp", "vnfExtCpId": f"cp-{port.id}"}
            for port in cloud.device_ports.get(server.id, ())
        ],
    }


def _ext_cp(cloud: Cloud, vdu: str, server: Server) -> Json:
    port = cloud.device_ports[server.id][0]
    return {
        "id": f"cp-{port.id}",
        "cpdId": f"{vdu}-cp",
        "cpConfigId": f"{vdu}-cp_1",
        # As it was asked for: which address it became is for Neutron to say.
        "cpProtocolInfo": [_protocol({"isDynamic": True})],
        "extLinkPortId": port.id,
        "associatedVnfcCpId": f"{vdu}-cp-{server.id}",
    }


def op_occ(occurrence: OpOcc, in_list: bool) -> Json:
    """Return an op occ; times have another form in lists."""

    def written(moment: datetime) -> str | None:
        return stamp_micro(moment) if in_list else stamp(moment)

    own = f"vnf_lcm_op_occs/{occurrence.id}"
    view: Json = {
        "id": occurrence.id,
        "operationState": occurrence.state,
        "stateEnteredTime": written(occurrence.entered),
        "startTime": written(occurrence.started),
        "vnfInstanceId": occurrence.vnf_id,
        "operation": occurrence.operation,
        "isAutomaticInvocation": False,
        "operationParams": occurrence.params,
        "isCancelPending": False,
        "_links": {
            "self": _link(own),
            "vnfInstance": _link(f"vnf_instances/{occurrence.vnf_id}"),
            "retry": _link(f"{own}/retry"),
            "rollback": _link(f"{own}/rollback"),
            "fail": _link(f"{own}/fail"),
        },
    }
    if occurrence.grant_id:
        view["grantId"] = occurrence.grant_id
    if occurrence.error:
        view["error"] = occurrence.error
    # Absent as a whole while nothing changed, and until the operation is over.
    if occurrence.affected and occurrence.state not in {"STARTING", "PROCESSING", "FAILED_TEMP"}:
        view["resourceChanges"] = {"affectedVnfcs": occurrence.affected}
        if occurrence.ports:
            view["resourceChanges"]["affectedExtLinkPorts"] = occurrence.ports
    if occurrence.changed_info is not None:
        view["changedInfo"] = occurrence.changed_info
    if occurrence.triggered is not None:
        view["modificationsTriggeredByVnfPkgChange"] = occurrence.triggered
    return view
