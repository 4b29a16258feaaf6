# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a VNF descriptor (ETSI NFV-SOL001) says about one deployment flavour (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import CollectionError
from .definitions import Definitions, entries, mapping
from .proxy import Raw

NODE = "tosca.nodes.nfv."
POLICY = "tosca.policies.nfv."


@dataclasses.dataclass(frozen=True)
class Vdu:
    """A virtual deployment unit.

    :ivar flavor: ``requested_additional_capability_name``, which Tacker takes as the flavor of Nova; None without one.
    :ivar image: name of its software image; None when it boots from a storage that has one, or none is said.
    :ivar properties: the properties as they stand.
    """

    name: str
    flavor: str | None
    image: str | None
    properties: Raw


@dataclasses.dataclass(frozen=True)
class Vnfd:
    """One deployment flavour of a VNF.

    :ivar version: the descriptor's version.
    :ivar template: the ``topology_template`` of the deployment flavour laid over that of the entry file. ``policies`` and
        ``groups`` are lists of mappings with one key each.
    :ivar aspects: highest level of each scaling aspect.
    :ivar external_cps: the VDU of each external connection point (its ``cpdId``), "" where it belongs to none.
    :ivar virtual_links: the internal virtual links.
    :ivar levels: the instantiation levels.
    """

    vnfd_id: str
    provider: str
    product_name: str
    software_version: str
    version: str
    flavour_id: str
    template: Raw
    vdus: t.Mapping[str, Vdu]
    aspects: t.Mapping[str, int]
    external_cps: t.Mapping[str, str]
    virtual_links: tuple[str, ...]
    levels: tuple[str, ...]
    default_level: str | None


def parse(files: t.Mapping[str, bytes], flavour_id: str | None = None) -> Vnfd:
    """Read the VNFD out of the files of a VNF package, or of the archive that ``GET .../vnfd`` gives.

    :param files: contents by path in the archive.
    :param flavour_id: the deployment flavour; not needed when there is only one.
    :raises CollectionError: what is wrong, and in which file.
    """
    definitions = Definitions.read(files)
    found = flavours(definitions)
    if flavour_id is None and len(found) == 1:
        flavour_id = next(iter(found))
    if flavour_id not in found:
        known = ", ".join(sorted(found))
        asked = f"The VNFD has no deployment flavour {flavour_id}" if flavour_id else "The VNFD has several deployment flavours"
        raise CollectionError(f"{asked}. Its deployment flavours: {known}")
    return _vnfd(definitions, flavour_id, found[flavour_id])


def parse_all(definitions: Definitions) -> list[Vnfd]:
    """Every deployment flavour of a VNFD, by id."""
    return [_vnfd(definitions, flavour_id, path) for flavour_id, path in sorted(flavours(definitions).items())]


def flavours(definitions: Definitions) -> dict[str, str]:
    """The file of each deployment flavour by its id."""
    found: dict[str, str] = {}
    for path in definitions.documents:
        mappings = mapping(definitions.topology(path).get("substitution_mappings"), f"substitution_mappings of {path}")
        properties = mapping(mappings.get("properties"), f"properties of the substitution_mappings of {path}")
        flavour_id = properties.get("flavour_id")
        if not isinstance(flavour_id, (str, int)):
            continue
        if str(flavour_id) in found:
            raise CollectionError(f"Deployment flavour {flavour_id} stands in both {found[str(flavour_id)]} and {path}")
        found[str(flavour_id)] = path
    if not found:
        raise CollectionError(
            f"The VNFD has no deployment flavour: no file that {definitions.entry} imports has a flavour_id in the properties of "
            "its substitution_mappings"
        )
    return found


def policies(template: Raw, policy_type: str) -> list[Raw]:
    """The policies of a type, in the order of the template."""
    found = (policy for _name, policy in entries(template.get("policies"), "policies"))
    return [policy for policy in found if isinstance(policy, dict) and policy.get("type") == policy_type]


def _vnfd(definitions: Definitions, flavour_id: str, path: str) -> Vnfd:
    template = definitions.topology(path)
    if path != definitions.entry:
        template = _laid_over(definitions.topology(definitions.entry), template)
    template = {**template, **{key: _listed(template[key], key) for key in ("policies", "groups") if key in template}}
    nodes = mapping(template.get("node_templates"), f"node_templates of {path}")

    def of(node_type: str) -> dict[str, Raw]:
        return {name: node for name, node in nodes.items() if definitions.is_a(node, NODE + node_type)}

    known = _identity(definitions, of("VNF"))
    vdus = {name: _vdu(name, node) for name, node in of("Vdu.Compute").items()}
    external_cps = _external_cps(template, of("VduCp"), of("VnfExtCp"))
    for cpd_id, vdu in external_cps.items():
        if vdu and vdu not in vdus:
            raise CollectionError(f"Connection point {cpd_id} in {path} is bound to {vdu}, which is no VDU of this file")
    levels, default_level = _levels(template, path)
    return Vnfd(
        **known,
        flavour_id=flavour_id,
        template=template,
        vdus=vdus,
        aspects=_aspects(template, path),
        external_cps=external_cps,
        virtual_links=tuple(of("VnfVirtualLink")),
        levels=levels,
        default_level=default_level,
    )


def _identity(definitions: Definitions, vnf_nodes: dict[str, Raw]) -> dict[str, str]:
    """Who made which version of what, from the VNF's node or the defaults of its type."""
    if not vnf_nodes:
        raise CollectionError(f"The VNFD has no node of type {NODE}VNF or of one derived from it (entry {definitions.entry})")
    name, node = next(iter(vnf_nodes.items()))
    given = mapping(node.get("properties"), f"properties of node {name}")
    declared = definitions.type_properties(str(node.get("type")))

    def value(key: str) -> str:
        found = given.get(key)
        if found is None or isinstance(found, dict):
            # A function such as get_input; its value comes from the type.
            found = (declared.get(key) or {}).get("default")
        if found is None or isinstance(found, (dict, list)):
            raise CollectionError(f"The VNFD has no {key}: neither node {name} nor its type {node.get('type')} gives a value")
        return str(found)

    return {
        "vnfd_id": value("descriptor_id"),
        "provider": value("provider"),
        "product_name": value("product_name"),
        "software_version": value("software_version"),
        "version": value("descriptor_version"),
    }


def _vdu(name: str, node: Raw) -> Vdu:
    properties = mapping(node.get("properties"), f"properties of VDU {name}")
    image = mapping(properties.get("sw_image_data"), f"sw_image_data of VDU {name}").get("name")
    compute: t.Any = node
    for key in ("capabilities", "virtual_compute", "properties", "requested_additional_capabilities"):
        compute = mapping(compute.get(key), f"{key} of VDU {name}")
    named = [value.get("requested_additional_capability_name") for value in compute.values() if isinstance(value, dict)]
    flavor = next((value for value in named if value is not None), None)
    return Vdu(name, None if flavor is None else str(flavor), None if image is None else str(image), properties)


def _external_cps(template: Raw, vdu_cps: dict[str, Raw], ext_cps: dict[str, Raw]) -> dict[str, str]:
    """Connection points without an internal link, and those that the substitution mappings show to the outside."""
    mappings = mapping(template.get("substitution_mappings"), "substitution_mappings")
    exposed = [
        str(target[0])
        for _name, target in entries(mappings.get("requirements"), "requirements of substitution_mappings")
        if isinstance(target, list) and target
    ]
    found: dict[str, str] = {}
    for name, node in vdu_cps.items():
        requirements = dict(entries(node.get("requirements"), f"requirements of {name}"))
        if "virtual_link" not in requirements or name in exposed:
            found[name] = _target(requirements.get("virtual_binding"))
    return {**found, **dict.fromkeys(ext_cps, "")}


def _target(requirement: t.Any) -> str:
    node = requirement.get("node") if isinstance(requirement, dict) else requirement
    return str(node or "")


def _aspects(template: Raw, path: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for policy in policies(template, POLICY + "ScalingAspects"):
        properties = mapping(policy.get("properties"), f"properties of the scaling aspects of {path}")
        for name, aspect in mapping(properties.get("aspects"), f"scaling aspects of {path}").items():
            highest = mapping(aspect, f"scaling aspect {name} of {path}").get("max_scale_level")
            try:
                found[name] = int(str(highest))
            except ValueError:
                raise CollectionError(f"Scaling aspect {name} of {path} has max_scale_level {highest!r}, not a number") from None
    return found


def _levels(template: Raw, path: str) -> tuple[tuple[str, ...], str | None]:
    for policy in policies(template, POLICY + "InstantiationLevels"):
        properties = mapping(policy.get("properties"), f"properties of the instantiation levels of {path}")
        levels = tuple(mapping(properties.get("levels"), f"instantiation levels of {path}"))
        default = properties.get("default_level")
        if default is not None and default not in levels:
            raise CollectionError(f"Default level {default} of {path} is none of its instantiation levels: {', '.join(levels)}")
        if default is None and len(levels) == 1:
            [default] = levels
        return levels, default
    return (), None


def _laid_over(below: Raw, above: Raw) -> Raw:
    """Mappings are merged; of everything else, ``above`` holds. Lists of named entries at the top are joined."""
    joined = {key: _listed(below.get(key), key) + _listed(above.get(key), key) for key in ("policies", "groups")}
    return {**_merged(below, above), **{key: found for key, found in joined.items() if found}}


def _listed(value: t.Any, place: str) -> list[Raw]:
    return [{name: entry} for name, entry in entries(value, place)]


def _merged(below: t.Any, above: t.Any) -> t.Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **{key: _merged(below.get(key), value) for key, value in above.items()}}
    return above
