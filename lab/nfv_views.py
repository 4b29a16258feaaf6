# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Tacker shows VNF instances."""

from __future__ import annotations

import uuid
from typing import Any

from .clock import stamp
from .nfv_change import release_of
from .nfv_queries import Listed
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


def link(path: str) -> Json:
    """Return the link to a path of the lifecycle API."""
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
            "self": link(own),
            "terminate": link(f"{own}/terminate"),
            "scale": link(f"{own}/scale"),
            "heal": link(f"{own}/heal"),
            "changeExtConn": link(f"{own}/change_ext_conn"),
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
                    {"id": port.id, "resourceHandle": handle(port.id, "OS::Neutron::Port"), "cpInstanceId": f"cp-{port.id}"}
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


def handle(resource_id: str, kind: str) -> Json:
    """Return how Tacker names a resource of the cloud."""
    return {"vimConnectionId": _VIM, "resourceId": resource_id, "vimLevelResourceType": kind}


def _protocol(address: Json) -> Json:
    return {"layerProtocol": "IP_OVER_ETHERNET", "ipOverEthernet": {"ipAddresses": [{"type": "IPV4", **address}]}}


def vnfc_metadata(vnf: Vnf, vdu: str, server: Server) -> Json:
    """Return what Tacker notes of a VNFC."""
    index = vnf.indexes[server.id]
    nested = uuid.uuid5(uuid.NAMESPACE_URL, f"{vnf.id} {vdu} {index}")
    return {
        "creation_time": stamp(server.created),
        "stack_id": f"vnf-{vnf.id}-{vdu}-{index}-{nested.hex[:12]}/{nested}",
        "vdu_idx": index,
        "flavor": server.flavor.name,
        f"image-{vdu}-{index}": _IMAGE,
    }


def _vnfc_resource(cloud: Cloud, vnf: Vnf, vdu: str, server: Server) -> Json:
    return {
        "id": server.id,
        "vduId": vdu,
        "computeResource": handle(server.id, "OS::Nova::Server"),
        "metadata": vnfc_metadata(vnf, vdu, server),
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
