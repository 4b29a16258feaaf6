# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Tacker shows op occs, and what they say of the VNFCs and ports that changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .clock import stamp, stamp_micro
from .nfv_queries import Listed
from .nfv_record import OpOcc
from .nfv_views import handle, link, vnfc_metadata
from .state import Cloud, Server, Vnf

Json = dict[str, Any]

OP_OCCS = Listed(
    ("operationParams", "error", "resourceChanges", "changedInfo", "changedExtConnectivity"),
    frozenset({
        "id", "operationState", "stateEnteredTime", "startTime", "vnfInstanceId", "grantId", "operation", "isAutomaticInvocation",
        "operationParams", "isCancelPending", "cancelMode", "error", "resourceChanges", "changedInfo", "changedExtConnectivity",
        "modificationsTriggeredByVnfPkgChange", "vnfSnapshotInfoId",
    }),
    "VnfLcmOpOccV2",
)  # fmt: skip


def affected(cloud: Cloud, vnf: Vnf, server: Server, change: str) -> Json:
    """Return what an op occ says of a VNFC that it changed."""
    vdu = next(name for name, members in vnf.members.items() if server.id in members)
    points = [f"{vdu}-cp-{server.id}"] if cloud.device_ports.get(server.id) else []
    return {
        "id": server.id,
        "vduId": vdu,
        "changeType": change,
        "computeResource": handle(server.id, "OS::Nova::Server"),
        "metadata": vnfc_metadata(vnf, vdu, server),
        **({"affectedVnfcCpIds": points} if points else {}),
    }


def affected_ports(cloud: Cloud, server: Server, change: str) -> list[Json]:
    """Return what an op occ says of the external ports of a VNFC that it added or removed."""
    return [
        {
            "id": port.id,
            "changeType": change,
            "extCpInstanceId": f"cp-{port.id}",
            "resourceHandle": handle(port.id, "OS::Neutron::Port"),
        }
        for port in cloud.device_ports.get(server.id, ())
    ]


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
            "self": link(own),
            "vnfInstance": link(f"vnf_instances/{occurrence.vnf_id}"),
            "retry": link(f"{own}/retry"),
            "rollback": link(f"{own}/rollback"),
            "fail": link(f"{own}/fail"),
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
