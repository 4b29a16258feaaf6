# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Tacker shows VNF instances and op occs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .clock import stamp, stamp_micro
from .nfv_change import release_of
from .nfv_ops import OpOcc
from .state import Cloud, Server, Vnf

Json = dict[str, Any]

# Tacker writes its own idea of its address, which is not the one in the catalogue.
ENDPOINT = "http://127.0.0.1:9890"
_VIM = "default"


def _link(path: str) -> Json:
    return {"href": f"{ENDPOINT}/vnflcm/v2/{path}"}


def instance(cloud: Cloud, vnf: Vnf, auth_url: str) -> Json:
    """Return a VNF instance in full."""
    own = f"vnf_instances/{vnf.id}"
    release = release_of(vnf, vnf.vnfd_id)
    version = release.version if release else "1.0"
    return {
        "id": vnf.id,
        "vnfInstanceName": vnf.name,
        "vnfInstanceDescription": vnf.description,
        "vnfdId": vnf.vnfd_id,
        "vnfProvider": "Lab",
        "vnfProductName": vnf.name,
        "vnfSoftwareVersion": version,
        "vnfdVersion": version,
        "vnfConfigurableProperties": vnf.configurable,
        "vimConnectionInfo": {
            _VIM: {
                "vimId": _VIM,
                "vimType": "ETSINFV.OPENSTACK_KEYSTONE.V_3",
                "interfaceInfo": {"endpoint": auth_url},
                "accessInfo": {"project": cloud.projects[vnf.project_id].name, "region": "RegionOne"},
            }
        },
        "instantiationState": "INSTANTIATED",
        "instantiatedVnfInfo": _instantiated(cloud, vnf),
        "metadata": vnf.metadata,
        "extensions": vnf.extensions,
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
    stack = f"vnf-{vnf.id}"
    return {
        "flavourId": "default",
        "vnfState": "STARTED",
        "scaleStatus": [{"aspectId": item.name, "scaleLevel": item.level} for item in vnf.aspects.values()],
        "maxScaleLevels": [{"aspectId": item.name, "scaleLevel": item.max_level} for item in vnf.aspects.values()],
        "extCpInfo": [_ext_cp(cloud, vdu, server) for vdu, server in members if cloud.device_ports.get(server.id)],
        "extVirtualLinkInfo": [
            {
                "id": vnf.network_id,
                "resourceHandle": {"vimConnectionId": _VIM, "resourceId": vnf.network_id},
                "currentVnfExtCpData": [{"cpdId": f"{vdu}-cp", "cpConfig": {f"{vdu}-cp_1": {}}} for vdu in vnf.vdus],
            }
        ],
        "vnfcResourceInfo": [_vnfc_resource(cloud, vnf, vdu, server, stack) for vdu, server in members],
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
            "stack_id": stack,
            "tenant": cloud.projects[vnf.project_id].name,
            "nfv": {
                "VDU": {
                    f"{vdu}-{vnf.indexes[server.id]}": {"computeFlavourId": server.flavor.name} for vdu, server in members
                },
                "CP": {f"{vdu}-cp-{vnf.indexes[server.id]}": {"network": vnf.network_id} for vdu, server in members},
            },
        },
    }


def _vnfc_resource(cloud: Cloud, vnf: Vnf, vdu: str, server: Server, stack: str) -> Json:
    return {
        "id": server.id,
        "vduId": vdu,
        "computeResource": {
            "vimConnectionId": _VIM,
            "resourceId": server.id,
            "vimLevelResourceType": "OS::Nova::Server",
        },
        "metadata": {
            "creation_time": stamp(server.created),
            "stack_id": stack,
            "vdu_idx": vnf.indexes[server.id],
            "flavor": server.flavor.name,
            f"image-{vdu}-{vnf.indexes[server.id]}": "lab-image",
        },
        "vnfcCpInfo": [
            {"id": f"{vdu}-cp-{server.id}", "cpdId": f"{vdu}-cp", "vnfExtCpId": f"cp-{port.id}"}
            for port in cloud.device_ports.get(server.id, ())
        ],
    }


def _ext_cp(cloud: Cloud, vdu: str, server: Server) -> Json:
    port = cloud.device_ports[server.id][0]
    addresses = [{"type": "IPV4", "addresses": [port.address], "subnetId": port.subnet_id}]
    return {
        "id": f"cp-{port.id}",
        "cpdId": f"{vdu}-cp",
        "cpConfigId": f"{vdu}-cp_1",
        "cpProtocolInfo": [
            {
                "layerProtocol": "IP_OVER_ETHERNET",
                "ipOverEthernet": {"macAddress": port.mac, "ipAddresses": addresses},
            }
        ],
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
    if occurrence.changed_info is not None:
        view["changedInfo"] = occurrence.changed_info
    return view
