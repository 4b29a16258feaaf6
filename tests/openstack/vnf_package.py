# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A VNF package (CSAR) that the real Tacker accepts.

Two VDUs: ``ha``, two anti-affine servers with a port each on an external link; ``worker``, which one scaling aspect scales.
The node and policy types of SOL001 are declared only as far as Tacker and its parser look at them.
"""

from __future__ import annotations

import io
import typing as t
import zipfile

import yaml

Dict = dict[str, t.Any]
VERSION = "tosca_simple_yaml_1_2"
NFV = "tosca.policies.nfv."
PROVIDER = "nfv.maintenance"
PRODUCT = "pair-and-workers"
DEPLOYMENT = "simple"
ASPECT = "worker"
USER_DATA = {"lcm-operation-user-data": "./UserData/standard.py", "lcm-operation-user-data-class": "StandardUserData"}

META = "TOSCA-Meta-File-Version: 1.0\nCSAR-Version: 1.1\nCreated-by: nfv.maintenance\nEntry-Definitions: Definitions/top.yaml\n"
STANDARD_USER_DATA = (
    "from tacker.sol_refactored.infra_drivers.openstack.userdata_standard import StandardUserData  # noqa: F401\n"
)


def csar(vnfd_id: str, *, flavor: str, image: str, workers: int, step: int) -> bytes:
    """The package as a ZIP file.

    :param flavor: flavor of every server.
    :param image: image of every server.
    :param workers: workers at the instantiation; scaling goes by ``step`` down to none and up to as many.
    """
    files = {
        "TOSCA-Metadata/TOSCA.meta": META,
        "Definitions/top.yaml": yaml.safe_dump(_top(vnfd_id)),
        "Definitions/flavour.yaml": yaml.safe_dump(_flavour(flavor, image, workers, step)),
        "Definitions/vnf_type.yaml": yaml.safe_dump(_vnf_type(vnfd_id)),
        "Definitions/nfv_types.yaml": yaml.safe_dump(nfv_types()),
        f"BaseHOT/{DEPLOYMENT}/base.yaml": yaml.safe_dump(_base_hot()),
        f"BaseHOT/{DEPLOYMENT}/nested/ha.yaml": yaml.safe_dump(_pair_hot()),
        f"BaseHOT/{DEPLOYMENT}/nested/worker.yaml": yaml.safe_dump(_worker_hot()),
        "UserData/__init__.py": "",
        "UserData/standard.py": STANDARD_USER_DATA,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


# -- TOSCA ------------------------------------------------------------------------------------------------------------------


def _unchecked(*names: str) -> Dict:
    return {name: {"type": "map", "required": False} for name in names}


def _text(*, required: bool = False, **more: t.Any) -> Dict:
    return {"type": "string", "required": required, **more}


def _list(**more: t.Any) -> Dict:
    return {"type": "list", "required": False, "entry_schema": {"type": "string"}, **more}


def _requirement(capability: str, relationship: str, node: str) -> Dict:
    names = {"capability": "capabilities", "relationship": "relationships", "node": "nodes"}
    given = {"capability": capability, "relationship": relationship, "node": node}
    return {**{key: f"tosca.{names[key]}.nfv.{value}" for key, value in given.items()}, "occurrences": [0, 1]}


def nfv_types() -> Dict:
    """The node and policy types of SOL001, as far as Tacker and its parser look at them."""
    link = _requirement("VirtualLinkable", "VirtualLinksTo", "VnfVirtualLink")
    bind = _requirement("VirtualBindable", "VirtualBindsTo", "Vdu.Compute")
    capability = {"derived_from": "tosca.capabilities.Node"}
    vdu = ["tosca.nodes.nfv.Vdu.Compute"]

    def policy(*properties: str, targets: list[str] | None = None, **checked: Dict) -> Dict:
        kept = {"derived_from": "tosca.policies.Root", "properties": {**_unchecked(*properties), **checked}}
        return {**kept, "targets": targets} if targets else kept

    vnf = {name: _text(required=True) for name in (
        "descriptor_id", "descriptor_version", "provider", "product_name", "software_version", "flavour_id")}
    return {
        "tosca_definitions_version": VERSION,
        "capability_types": {
            "tosca.capabilities.nfv.VirtualLinkable": capability,
            "tosca.capabilities.nfv.VirtualBindable": capability,
            "tosca.capabilities.nfv.VirtualCompute": {
                **capability, "properties": _unchecked("requested_additional_capabilities", "virtual_memory", "virtual_cpu")},
        },
        "relationship_types": {
            "tosca.relationships.nfv.VirtualLinksTo": {"derived_from": "tosca.relationships.DependsOn"},
            "tosca.relationships.nfv.VirtualBindsTo": {"derived_from": "tosca.relationships.DependsOn"},
        },
        "node_types": {
            "tosca.nodes.nfv.VNF": {
                "derived_from": "tosca.nodes.Root",
                "properties": {**vnf, "flavour_description": _text(), "vnfm_info": _list()},
                "requirements": [{"virtual_link": link}],
            },
            "tosca.nodes.nfv.Vdu.Compute": {
                "derived_from": "tosca.nodes.Root",
                "properties": {"name": _text(), "description": _text(), **_unchecked("vdu_profile", "sw_image_data")},
                "capabilities": {
                    "virtual_compute": {"type": "tosca.capabilities.nfv.VirtualCompute"},
                    "virtual_binding": {"type": "tosca.capabilities.nfv.VirtualBindable"},
                },
            },
            "tosca.nodes.nfv.VduCp": {
                "derived_from": "tosca.nodes.Root",
                "properties": {"layer_protocols": _list(), "order": {"type": "integer", "required": False}},
                "requirements": [{"virtual_link": link}, {"virtual_binding": bind}],
            },
            "tosca.nodes.nfv.VnfVirtualLink": {
                "derived_from": "tosca.nodes.Root",
                "properties": _unchecked("connectivity_type", "vl_profile"),
                "capabilities": {"virtual_linkable": {"type": "tosca.capabilities.nfv.VirtualLinkable"}},
            },
        },
        "policy_types": {
            f"{NFV}ScalingAspects": policy("aspects"),
            f"{NFV}VduInitialDelta": policy("initial_delta", targets=vdu),
            f"{NFV}VduScalingAspectDeltas": policy("deltas", targets=vdu, aspect=_text(required=True)),
            f"{NFV}InstantiationLevels": policy("levels", default_level=_text()),
            f"{NFV}VduInstantiationLevels": policy("levels", targets=vdu),
        },
    }


def _vnf_type(vnfd_id: str) -> Dict:
    def fixed(value: str) -> Dict:
        return _text(required=True, constraints=[{"valid_values": [value]}], default=value)

    values = {
        "descriptor_id": vnfd_id, "descriptor_version": "1.0", "provider": PROVIDER, "product_name": PRODUCT,
        "software_version": "1.0", "flavour_id": DEPLOYMENT,
    }
    properties = {name: fixed(value) for name, value in values.items()}
    properties |= {"flavour_description": _text(default="the only one"), "vnfm_info": _list(default=["Tacker"])}
    return {
        "tosca_definitions_version": VERSION, "imports": ["nfv_types.yaml"],
        "node_types": {"maintenance.VNF": {"derived_from": "tosca.nodes.nfv.VNF", "properties": properties}},
    }


def _top(vnfd_id: str) -> Dict:
    return {
        "tosca_definitions_version": VERSION, "imports": ["nfv_types.yaml", "vnf_type.yaml", "flavour.yaml"],
        "topology_template": {
            "inputs": {"selected_flavour": {"type": "string", "description": "flavour"}},
            "node_templates": {"VNF": {"type": "maintenance.VNF", "properties": {
                "flavour_id": {"get_input": "selected_flavour"}, "descriptor_id": vnfd_id, "provider": PROVIDER,
                "product_name": PRODUCT, "software_version": "1.0", "descriptor_version": "1.0", "vnfm_info": ["Tacker"],
            }}},
        },
    }


def _flavour(flavor: str, image: str, workers: int, step: int) -> Dict:
    most = {"ha": 2, "worker": workers}
    capability = {"requested_additional_capabilities": {"properties": {"requested_additional_capability_name": flavor}}}
    nodes: Dict = {
        name: {
            "type": "tosca.nodes.nfv.Vdu.Compute",
            "properties": {
                "name": name, "description": name,
                "vdu_profile": {"min_number_of_instances": "0", "max_number_of_instances": str(count)},
                "sw_image_data": {"name": image, "version": "1.0"},
            },
            "capabilities": {"virtual_compute": {"properties": capability}},
        }
        for name, count in most.items()
    }
    nodes["VNF"] = {"type": "maintenance.VNF", "properties": {"flavour_description": "the only one"}}
    nodes["ha_CP1"] = {
        "type": "tosca.nodes.nfv.VduCp", "properties": {"layer_protocols": ["ipv4"]}, "requirements": [{"virtual_binding": "ha"}]}
    most_level = workers // step
    initial = {"ha": 2, "worker": workers - most_level * step}
    levels = {"level_1": {"ha": 2, "worker": workers}}
    policies: list[Dict] = [
        {"aspects": {"type": f"{NFV}ScalingAspects", "properties": {"aspects": {ASPECT: {
            "name": ASPECT, "description": "workers", "max_scale_level": most_level, "step_deltas": ["delta_1"]}}}}},
        {"deltas": {"type": f"{NFV}VduScalingAspectDeltas", "targets": ["worker"], "properties": {
            "aspect": ASPECT, "deltas": {"delta_1": {"number_of_instances": step}}}}},
        {"levels": {"type": f"{NFV}InstantiationLevels", "properties": {"default_level": "level_1", "levels": {
            name: {"description": name, "scale_info": {ASPECT: {"scale_level": most_level}}} for name in levels}}}},
    ]
    for vdu, count in initial.items():
        policies.append({f"{vdu}_initial": {"type": f"{NFV}VduInitialDelta", "targets": [vdu], "properties": {
            "initial_delta": {"number_of_instances": count}}}})
        policies.append({f"{vdu}_levels": {"type": f"{NFV}VduInstantiationLevels", "targets": [vdu], "properties": {
            "levels": {name: {"number_of_instances": counts[vdu]} for name, counts in levels.items()}}}})
    inputs = ("descriptor_id", "descriptor_version", "provider", "product_name", "flavour_id", "software_version",
              "flavour_description")
    return {
        "tosca_definitions_version": VERSION, "imports": ["nfv_types.yaml", "vnf_type.yaml"],
        "topology_template": {
            "inputs": {**{name: {"type": "string"} for name in inputs},
                       "vnfm_info": {"type": "list", "entry_schema": {"type": "string"}}},
            "substitution_mappings": {"node_type": "maintenance.VNF", "properties": {"flavour_id": DEPLOYMENT}},
            "node_templates": nodes,
            "policies": policies,
        },
    }


# -- Heat -------------------------------------------------------------------------------------------------------------------


def _nfv(*path: str) -> Dict:
    return {"get_param": ["nfv", *path]}


def _base_hot() -> Dict:
    def vdu(name: str, **more: t.Any) -> Dict:
        properties = {"flavor": _nfv("VDU", name, "computeFlavourId"), f"image-{name}": _nfv("VDU", name, "vcImageId")}
        return {"type": f"{name}.yaml", "properties": {**properties, **more}}

    return {
        "heat_template_version": "2013-05-23",
        "parameters": {"nfv": {"type": "json"}},
        "resources": {
            "pair": {"type": "OS::Nova::ServerGroup", "properties": {"name": "pair", "policies": ["anti-affinity"]}},
            "ha": vdu("ha", net1=_nfv("CP", "ha_CP1", "network"), group={"get_resource": "pair"}),
            "worker": vdu("worker"),
        },
    }


def _nested(name: str, parameters: list[str], resources: Dict, **server: t.Any) -> Dict:
    properties = {"flavor": {"get_param": "flavor"}, "image": {"get_param": f"image-{name}"}, **server}
    return {
        "heat_template_version": "2016-10-14",
        "parameters": {key: {"type": "string"} for key in ("flavor", f"image-{name}", *parameters)},
        "resources": {**resources, name: {"type": "OS::Nova::Server", "properties": properties}},
    }


def _pair_hot() -> Dict:
    port = {"type": "OS::Neutron::Port", "properties": {"network": {"get_param": "net1"}}}
    return _nested(
        "ha", ["net1", "group"], {"ha_CP1": port},
        networks=[{"port": {"get_resource": "ha_CP1"}}], scheduler_hints={"group": {"get_param": "group"}})


def _worker_hot() -> Dict:
    return _nested("worker", [], {}, networks=[{"allocate_network": "none"}])
