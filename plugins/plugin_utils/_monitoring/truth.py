# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be probed, by what the VNF manager, the VNFDs and Neutron say (private to this collection)."""

from __future__ import annotations

import typing as t

from ...module_utils._errors import CollectionError, failing
from ...module_utils._nfv.packages import Packages
from ...module_utils._nfv.proxy import NfvProxy, nfv
from ...module_utils._sdk import Connection
from .addresses import management_addresses
from .policies import monitoring_policies, owner_policy

Record = dict[str, t.Any]

# How a parameter of a policy is called among those of a target.
_NAMES = {"status": "expected_status", "body": "expected_body"}
ANY = "default"
# The defaults of the event source.
INTERVAL, RETRIES = 10.0, 1


class Truth:
    """Reads the cloud with the credentials of the VNFs' owner."""

    def __init__(self, cloud: Connection, policy: str | None, policies: t.Mapping[str, t.Any], defaults: Record) -> None:
        """Nothing is read yet.

        :param policy: only the monitoring policy of this name.
        :param policies: of the owner, for all VDUs of a VNF, by its id or name, or ``default``; each goes before the VNFD's.
        :param defaults: parameters of targets that do not say otherwise.
        """
        self._cloud = cloud
        self._nfv: NfvProxy = nfv(cloud)
        self._packages = Packages(cloud)
        self._policy = policy
        self._policies = policies
        self._defaults = defaults
        self._descriptors: dict[tuple[str, str | None], Record] = {}

    def targets(self) -> tuple[list[Record], dict[str, str]]:
        """All targets, as the event source takes them, and why a VNF has none though it should, by its id."""
        running = [raw for raw in self._nfv.instances() if raw.get("instantiationState") == "INSTANTIATED"]
        ports = self._ports() if running else {}
        targets: list[Record] = []
        unusable: dict[str, str] = {}
        wanted = set()
        for raw in running:
            info = raw.get("instantiatedVnfInfo") or {}
            key = (str(raw.get("vnfdId")), info.get("flavourId"))
            wanted.add(key)
            try:
                vdus, template = self._of(raw, key)
                found, silent = self._members(raw, info, vdus, management_addresses(info, template, ports))
            except (CollectionError, ValueError) as exc:
                unusable[str(raw["id"])] = str(exc)
                continue
            targets += found
            if silent:
                unusable[str(raw["id"])] = f"no address of {', '.join(silent)} is known"
        # A package may be changed in its place while no VNF is made from it.
        self._descriptors = {key: descriptor for key, descriptor in self._descriptors.items() if key in wanted}
        return targets, unusable

    def _ports(self) -> dict[str, Record]:
        with failing("list the ports"):
            fields = ["id", "device_id", "fixed_ips"]
            found = self._cloud.network.get("/ports", params={"fields": fields}).json()["ports"]
        return {str(port["id"]): port for port in found}

    def _of(self, raw: Record, key: tuple[str, str | None]) -> tuple[Record, Record]:
        """The policy of each VDU, and the topology template."""
        names = (str(raw["id"]), str(raw.get("vnfInstanceName")), ANY)
        owner = next((self._policies[name] for name in names if name in self._policies), None)
        if owner is not None:
            policy = owner_policy(owner, f"policies of VNF {raw['id']}")
            members = (raw.get("instantiatedVnfInfo") or {}).get("vnfcResourceInfo") or ()
            return {str(vnfc.get("vduId")): policy for vnfc in members}, {}
        if key not in self._descriptors:
            package = self._packages.one(vnfd_id=key[0])
            vnfd = self._packages.vnfd(str(package["id"]), key[1])
            self._descriptors[key] = {"topology_template": vnfd.template, "vdus": {vdu: {} for vdu in vnfd.vdus}}
        descriptor = self._descriptors[key]
        return monitoring_policies(descriptor, self._policy)["vdus"], descriptor["topology_template"]

    def _members(
        self, raw: Record, info: Record, vdus: Record, addresses: t.Mapping[str, str]
    ) -> tuple[list[Record], list[str]]:
        """The targets of one VNF, and the VNFCs without an address."""
        names = {str(one.get("vnfcResourceInfoId")): str(one["id"]) for one in info.get("vnfcInfo") or ()}
        vnf = {"id": str(raw["id"]), "name": raw.get("vnfInstanceName"), "project_id": self._cloud.current_project_id}
        targets, silent = [], []
        for vnfc in info.get("vnfcResourceInfo") or ():
            resource, vdu = str(vnfc.get("id")), str(vnfc.get("vduId"))
            if vdu not in vdus:
                continue
            if resource not in addresses:
                silent.append(names.get(resource, resource))
                continue
            identity = {
                "id": names.get(resource, resource),
                "vdu": vdu,
                "server_id": (vnfc.get("computeResource") or {}).get("resourceId"),
            }
            targets.append({**self._probe(vdus[vdu]), "address": addresses[resource], "vnf": vnf, "vnfc": identity})
        return targets, silent

    def _probe(self, policy: Record) -> Record:
        """How a VDU is probed, in the words of a target."""
        given = {_NAMES.get(name, name): value for name, value in policy["parameters"].items()}
        port = given.pop("port", 80 if policy["probe"] == "http_ping" and not given.get("tls") else None)
        if threshold := given.pop("threshold", None):
            given["losses"], given["window"] = (int(part) for part in threshold.split(" of "))
            given["rise"] = min(2, given["window"])
        parameters = {**{name: value for name, value in self._defaults.items() if name != "probe"}, **given}
        if "timeout" in given:
            # Old policies count several pings as one probe; all tries of ours fit in an interval.
            least = given["timeout"] * (parameters.get("retries", RETRIES) + 1)
            parameters["interval"] = max(parameters.get("interval", INTERVAL), least)
        return {
            "probe": policy["probe"],
            "parameters": parameters,
            "actions": policy["actions"],
            **({"port": port} if port is not None else {}),
        }
