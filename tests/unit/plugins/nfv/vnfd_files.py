# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A VNFD of two deployment flavours, in the form of the packages that Tacker's guides show."""

from __future__ import annotations

META = """\
TOSCA-Meta-File-Version: 1.0
CSAR-Version: 1.1
Created-by: somebody
Entry-Definitions: Definitions/top.yaml
"""

TOP = """\
tosca_definitions_version: tosca_simple_yaml_1_2
imports:
  - https://example.org/etsi_nfv_sol001_vnfd_types.yaml
  - types.yaml
  - small: {file: df_small.yaml}
  - file: large/df_large.yaml
topology_template:
  inputs:
    selected_flavour: {type: string}
  node_templates:
    VNF:
      type: company.VNF
      properties:
        flavour_id: {get_input: selected_flavour}
        descriptor_id: {get_input: descriptor_id}
        provider: Company
        product_name: web
        software_version: 1.0
        descriptor_version: '2.0'
"""

TYPES = """\
tosca_definitions_version: tosca_simple_yaml_1_2
node_types:
  company.VNF:
    derived_from: tosca.nodes.nfv.VNF
    properties:
      descriptor_id: {type: string, default: d-1, constraints: [valid_values: [d-1]]}
  company.Vdu:
    derived_from: tosca.nodes.nfv.Vdu.Compute
"""

SMALL = """\
tosca_definitions_version: tosca_simple_yaml_1_2
imports: [types.yaml]
topology_template:
  inputs:
    flavour_description: {type: string}
  substitution_mappings:
    node_type: company.VNF
    properties: {flavour_id: small}
    requirements:
      - virtual_link_external: [VDU2_CP1, virtual_link]
  node_templates:
    VNF:
      type: company.VNF
      properties: {flavour_description: the small one}
    VDU1:
      type: company.Vdu
      properties:
        name: VDU1
        released: 2026-11-21
        sw_image_data: {name: cirros}
      capabilities:
        virtual_compute:
          properties:
            requested_additional_capabilities:
              properties: {requested_additional_capability_name: m1.tiny}
    VDU2:
      type: tosca.nodes.nfv.Vdu.Compute
      properties: {name: VDU2}
    VDU1_CP1:
      type: tosca.nodes.nfv.VduCp
      requirements: [virtual_binding: VDU1]
    VDU1_CP2:
      type: tosca.nodes.nfv.VduCp
      requirements: [{virtual_binding: VDU1}, {virtual_link: internalVL1}]
    VDU2_CP1:
      type: tosca.nodes.nfv.VduCp
      requirements: [{virtual_binding: {node: VDU2}}, {virtual_link: internalVL1}]
    outside:
      type: tosca.nodes.nfv.VnfExtCp
    internalVL1:
      type: tosca.nodes.nfv.VnfVirtualLink
  policies:
    - aspects:
        type: tosca.policies.nfv.ScalingAspects
        properties: {aspects: {VDU1_scale: {max_scale_level: '2'}}}
    - levels:
        type: tosca.policies.nfv.InstantiationLevels
        properties: {levels: {one: {}, three: {}}, default_level: one}
"""

LARGE = """\
tosca_definitions_version: tosca_simple_yaml_1_2
imports: [../types.yaml]
topology_template:
  substitution_mappings: {node_type: company.VNF, properties: {flavour_id: large}}
  node_templates:
    VDU1: {type: company.Vdu}
  policies:
    levels:
      type: tosca.policies.nfv.InstantiationLevels
      properties: {levels: {only: {}}}
"""


def vnfd_files(**changed: str | None) -> dict[str, bytes]:
    """The files by path.

    :param changed: another text for ``meta``, ``top``, ``types``, ``small`` or ``large``; None leaves the file out.
    """
    texts = {"meta": META, "top": TOP, "types": TYPES, "small": SMALL, "large": LARGE, **changed}
    paths = {
        "meta": "TOSCA-Metadata/TOSCA.meta", "top": "Definitions/top.yaml", "types": "Definitions/types.yaml",
        "small": "Definitions/df_small.yaml", "large": "Definitions/large/df_large.yaml",
    }  # fmt: skip
    return {paths[name]: text.encode() for name, text in texts.items() if text is not None}
