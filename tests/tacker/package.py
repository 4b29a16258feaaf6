# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""VNF packages for tests: VDU1, which scales from one VNFC to three, and VDU2; every part of them can be another one."""

from __future__ import annotations

import dataclasses
import io
import typing as t
import zipfile
from pathlib import Path

import vnf_package
import yaml

from tests.tacker.http_server import Raw

VERSION = "tosca_simple_yaml_1_2"
NFV = "tosca.policies.nfv."
MONITORING = "tosca.policies.tacker.Monitoring"
DEPLOYMENT = "simple"
ASPECT = "VDU1_scale"
LEVELS = {"level_1": 1, "level_2": 3}
USER_DATA = vnf_package.USER_DATA
COORDINATION = "./Scripts/coordinate.py"
# The request arrives pickled; it is of no further interest here.
COORDINATE = """\
import os
import pickle
import sys

pickle.load(sys.stdin.buffer)
sys.stderr.write('coordination says {word}\\n')
sys.stderr.flush()
os._exit({status})
"""


@dataclasses.dataclass(frozen=True)
class Package:
    """A VNF package; ``dataclasses.replace`` makes the next version of it.

    :ivar flavors: flavor of Nova by VDU.
    :ivar cps: the internal virtual link of each connection point, None for an external one; its VDU is in its name.
    :ivar monitoring: of VDU1, properties of a policy ``tosca.policies.tacker.Monitoring``.
    :ivar coordinate: with a coordination script that says yes (True) or no (False).
    :ivar more: further files by path.
    """

    vnfd_id: str
    version: str = "1.0"
    provider: str = "Lab"
    product: str = "lab-vnf"
    image: str = "cirros"
    flavors: t.Mapping[str, str] = dataclasses.field(default_factory=lambda: {"VDU1": "m1.tiny", "VDU2": "m1.tiny"})
    cps: t.Mapping[str, str | None] = dataclasses.field(
        default_factory=lambda: {"VDU1_CP1": None, "VDU1_CP2": "internalVL1", "VDU2_CP1": None})
    monitoring: Raw | None = None
    coordinate: bool | None = None
    more: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    def files(self) -> dict[str, str]:
        """The contents by path."""
        found = {
            "TOSCA-Metadata/TOSCA.meta": vnf_package.META,
            "Definitions/top.yaml": yaml.safe_dump(self._top()),
            "Definitions/df_simple.yaml": yaml.safe_dump(self._flavour()),
            "Definitions/vnf_type.yaml": yaml.safe_dump(self._vnf_type()),
            "Definitions/nfv_types.yaml": yaml.safe_dump(self._nfv_types()),
            f"BaseHOT/{DEPLOYMENT}/base.yaml": yaml.safe_dump(self._base_hot()),
            "UserData/__init__.py": "",
            "UserData/standard.py": vnf_package.STANDARD_USER_DATA,
        }
        for vdu in self.flavors:
            found[f"BaseHOT/{DEPLOYMENT}/nested/{self.nested_file(vdu)}"] = yaml.safe_dump(self._nested_hot(vdu))
        if self.coordinate is not None:
            words = {"word": "yes", "status": 0} if self.coordinate else {"word": "no", "status": 1}
            found["Scripts/coordinate.py"] = COORDINATE.format(**words)
        return {**found, **self.more}

    def csar(self) -> bytes:
        """The package as an archive."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in self.files().items():
                archive.writestr(name, text)
        return out.getvalue()

    def write(self, folder: Path) -> Path:
        """The package as a directory; returns the directory."""
        for name, text in self.files().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return folder

    def nested_file(self, vdu: str) -> str:
        """The template of a VDU's servers.

        Each version has a name of its own for it: while Tacker changes a VNF server by server, Heat has the templates of both
        versions, and refuses a server of the old one when a template of the new one with the same name has other parameters.
        """
        return f"{vdu}-{self.version}.yaml"

    # -- TOSCA ------------------------------------------------------------------------------------------------------------

    def _identity(self) -> Raw:
        return {
            "descriptor_id": self.vnfd_id, "descriptor_version": self.version, "provider": self.provider,
            "product_name": self.product, "software_version": self.version,
        }  # fmt: skip

    def _top(self) -> Raw:
        properties = {"flavour_id": {"get_input": "selected_flavour"}, **self._identity(), "vnfm_info": ["Tacker"]}
        return {
            "tosca_definitions_version": VERSION, "imports": ["nfv_types.yaml", "vnf_type.yaml", "df_simple.yaml"],
            "topology_template": {
                "inputs": {"selected_flavour": {"type": "string", "description": "flavour"}},
                "node_templates": {"VNF": {"type": "lab.VNF", "properties": properties}},
            },
        }  # fmt: skip

    def _nfv_types(self) -> Raw:
        types = vnf_package.nfv_types()
        if self.monitoring is not None:
            properties = {name: {"type": "map", "required": False} for name in self.monitoring}
            types["policy_types"][MONITORING] = {
                "derived_from": "tosca.policies.Root", "targets": ["tosca.nodes.nfv.Vdu.Compute"],
                "properties": {**properties, "probe": {"type": "string", "required": True}}}  # fmt: skip
        return types

    def _vnf_type(self) -> Raw:
        def fixed(value: str) -> Raw:
            return {"type": "string", "required": True, "default": value, "constraints": [{"valid_values": [value]}]}

        properties = {name: fixed(value) for name, value in {**self._identity(), "flavour_id": DEPLOYMENT}.items()}
        texts = {"type": "list", "required": False, "entry_schema": {"type": "string"}, "default": ["Tacker"]}
        properties |= {"flavour_description": {"type": "string", "required": False, "default": ""}, "vnfm_info": texts}
        return {
            "tosca_definitions_version": VERSION, "imports": ["nfv_types.yaml"],
            "node_types": {"lab.VNF": {"derived_from": "tosca.nodes.nfv.VNF", "properties": properties}},
        }  # fmt: skip

    def _flavour(self) -> Raw:
        nodes: Raw = {"VNF": {"type": "lab.VNF", "properties": {"flavour_description": "the only one"}}}
        for vdu, flavor in self.flavors.items():
            most = LEVELS["level_2"] if vdu == "VDU1" else 1
            capability = {"properties": {"requested_additional_capability_name": flavor}}
            nodes[vdu] = {
                "type": "tosca.nodes.nfv.Vdu.Compute",
                "properties": {
                    "name": vdu, "description": vdu,
                    "vdu_profile": {"min_number_of_instances": "1", "max_number_of_instances": str(most)},
                    "sw_image_data": {"name": self.image, "version": self.version},
                },
                "capabilities": {"virtual_compute": {"properties": {"requested_additional_capabilities": capability}}},
            }  # fmt: skip
        for cp, link in self.cps.items():
            requirements = [{"virtual_binding": _vdu_of(cp)}, *([{"virtual_link": link}] if link else [])]
            nodes[cp] = {
                "type": "tosca.nodes.nfv.VduCp", "properties": {"layer_protocols": ["ipv4"]}, "requirements": requirements}
        nodes |= {link: {"type": "tosca.nodes.nfv.VnfVirtualLink"} for link in self._links()}
        inputs = ("descriptor_id", "descriptor_version", "provider", "product_name", "flavour_id", "software_version",
                  "flavour_description")  # fmt: skip
        return {
            "tosca_definitions_version": VERSION, "description": DEPLOYMENT, "imports": ["nfv_types.yaml", "vnf_type.yaml"],
            "topology_template": {
                "inputs": {**{name: {"type": "string"} for name in inputs},
                           "vnfm_info": {"type": "list", "entry_schema": {"type": "string"}}},
                "substitution_mappings": {"node_type": "lab.VNF", "properties": {"flavour_id": DEPLOYMENT}},
                "node_templates": nodes,
                "policies": self._policies(),
            },
        }  # fmt: skip

    def _policies(self) -> list[Raw]:
        aspect = {"name": ASPECT, "description": "VDU1 out and in", "max_scale_level": 2, "step_deltas": ["delta_1"]}
        levels = {
            name: {"description": name, "scale_info": {ASPECT: {"scale_level": count - 1}}} for name, count in LEVELS.items()}

        def counts(vdu: str) -> Raw:
            return {name: {"number_of_instances": count if vdu == "VDU1" else 1} for name, count in LEVELS.items()}

        found: list[Raw] = [
            {"aspects": {"type": f"{NFV}ScalingAspects", "properties": {"aspects": {ASPECT: aspect}}}},
            {"VDU1_deltas": {"type": f"{NFV}VduScalingAspectDeltas", "targets": ["VDU1"], "properties": {
                "aspect": ASPECT, "deltas": {"delta_1": {"number_of_instances": 1}}}}},
            {"levels": {"type": f"{NFV}InstantiationLevels", "properties": {"default_level": "level_1", "levels": levels}}},
        ]
        if self.monitoring is not None:
            found.append({"watch": {"type": MONITORING, "targets": ["VDU1"], "properties": self.monitoring}})
        for vdu in self.flavors:
            initial = {"initial_delta": {"number_of_instances": 1}}
            found += [
                {f"{vdu}_initial": {"type": f"{NFV}VduInitialDelta", "targets": [vdu], "properties": initial}},
                {f"{vdu}_levels": {"type": f"{NFV}VduInstantiationLevels", "targets": [vdu], "properties": {
                    "levels": counts(vdu)}}},
            ]
        return found

    def _links(self) -> list[str]:
        return sorted({link for link in self.cps.values() if link})

    # -- Heat -------------------------------------------------------------------------------------------------------------

    def _base_hot(self) -> Raw:
        resources: Raw = {}
        for name in self._links():
            resources[name] = {"type": "OS::Neutron::Net"}
            resources[f"{name}_subnet"] = {"type": "OS::Neutron::Subnet", "properties": {
                "network": {"get_resource": name}, "ip_version": 4, "cidr": "192.168.77.0/24"}}  # fmt: skip
        for vdu in self.flavors:
            properties: Raw = {"flavor": _nfv("VDU", vdu, "computeFlavourId"), f"image-{vdu}": _nfv("VDU", vdu, "vcImageId")}
            for cp, link in self._cps_of(vdu):
                properties[f"net-{cp}"] = {"get_resource": link} if link else _nfv("CP", cp, "network")
            resources[vdu] = {"type": self.nested_file(vdu), "properties": properties}
        return {
            "heat_template_version": "2013-05-23", "parameters": {"nfv": {"type": "json"}}, "resources": resources}

    def _nested_hot(self, vdu: str) -> Raw:
        cps = [cp for cp, _link in self._cps_of(vdu)]
        names = ["flavor", f"image-{vdu}", *(f"net-{cp}" for cp in cps)]
        resources: Raw = {
            cp: {"type": "OS::Neutron::Port", "properties": {"network": {"get_param": f"net-{cp}"}}} for cp in cps}
        networks: list[Raw] = [{"port": {"get_resource": cp}} for cp in cps] or [{"allocate_network": "none"}]
        resources[vdu] = {"type": "OS::Nova::Server", "properties": {
            "flavor": {"get_param": "flavor"}, "image": {"get_param": f"image-{vdu}"}, "networks": networks}}  # fmt: skip
        parameters = {name: {"type": "string"} for name in names}
        return {"heat_template_version": "2016-10-14", "parameters": parameters, "resources": resources}

    def _cps_of(self, vdu: str) -> list[tuple[str, str | None]]:
        return [(cp, link) for cp, link in self.cps.items() if _vdu_of(cp) == vdu]


def _vdu_of(cp: str) -> str:
    return cp.partition("_")[0]


def _nfv(*path: str) -> Raw:
    return {"get_param": ["nfv", *path]}
