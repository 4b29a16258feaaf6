# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read out of a VNFD, and what is said about one that cannot be read."""

from __future__ import annotations

import json
import time

import pytest
import vnf_package
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.csar import unpack
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.definitions import Definitions
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.vnfd import Vdu, parse, parse_all, policies
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.yaml_reading import read_yaml

from tests.unit.plugins.nfv.vnfd_files import LARGE, META, SMALL, TOP, TYPES, vnfd_files


def test_a_deployment_flavour():
    vnfd = parse(vnfd_files(), "small")
    known = (vnfd.vnfd_id, vnfd.provider, vnfd.product_name, vnfd.software_version, vnfd.version, vnfd.flavour_id)
    assert known == ("d-1", "Company", "web", "1.0", "2.0", "small")
    assert vnfd.vdus == {
        "VDU1": Vdu("VDU1", "m1.tiny", "cirros", {
            "name": "VDU1", "released": "2026-11-21", "sw_image_data": {"name": "cirros"}}),
        "VDU2": Vdu("VDU2", None, None, {"name": "VDU2"}),
    }  # fmt: skip
    assert vnfd.aspects == {"VDU1_scale": 2}
    assert vnfd.external_cps == {"VDU1_CP1": "VDU1", "VDU2_CP1": "VDU2", "outside": ""}
    assert vnfd.virtual_links == ("internalVL1",)
    assert (vnfd.levels, vnfd.default_level) == (("one", "three"), "one")


def test_the_template_is_laid_over_that_of_the_entry_file():
    template = parse(vnfd_files(), "small").template
    assert template["inputs"].keys() == {"selected_flavour", "flavour_description"}
    vnf = template["node_templates"]["VNF"]["properties"]
    assert (vnf["product_name"], vnf["flavour_description"]) == ("web", "the small one")
    assert [policy["properties"]["default_level"] for policy in policies(template, "tosca.policies.nfv.InstantiationLevels")] == [
        "one"]
    assert json.loads(json.dumps(template)) == template


def test_another_flavour_and_its_only_level():
    vnfd = parse(vnfd_files(), "large")
    assert (vnfd.flavour_id, list(vnfd.vdus), vnfd.levels, vnfd.default_level) == ("large", ["VDU1"], ("only",), "only")
    assert isinstance(vnfd.template["policies"], list)


def test_the_only_flavour_need_not_be_named():
    assert parse(vnfd_files(top=TOP.replace("  - file: large/df_large.yaml\n", ""))).flavour_id == "small"


def test_all_flavours():
    assert [vnfd.flavour_id for vnfd in parse_all(Definitions.read(vnfd_files()))] == ["large", "small"]


def test_one_file_is_a_vnfd():
    types = TYPES.partition("node_types:")[2]
    text = f"{SMALL.replace('imports: [types.yaml]', '')}\nnode_types:{types}"
    known = "{provider: P, product_name: n, software_version: 1, descriptor_version: 1}"
    text = text.replace("{flavour_description: the small one}", known)
    assert parse({"vnfd.yaml": text.encode()}).vnfd_id == "d-1"


def test_a_package_that_tacker_takes():
    vnfd = parse(unpack(vnf_package.csar("v", flavor="m1.tiny", image="cirros", workers=3, step=1)))
    assert {(vdu.name, vdu.flavor, vdu.image) for vdu in vnfd.vdus.values()} == {
        ("ha", "m1.tiny", "cirros"), ("worker", "m1.tiny", "cirros")}
    assert (vnfd.vnfd_id, vnfd.flavour_id, vnfd.aspects, vnfd.external_cps) == ("v", "simple", {"worker": 3}, {"ha_CP1": "ha"})


@pytest.mark.parametrize(("changed", "flavour_id", "message"), [
    ({}, None, "several deployment flavours. Its deployment flavours: large, small"),
    ({}, "huge", "no deployment flavour huge. Its deployment flavours: large, small"),
    ({"small": None}, "small", "Definitions/top.yaml imports Definitions/df_small.yaml, which is not in the VNF package"),
    ({"large": LARGE.replace("large}", "small}")}, "small", "stands in both"),
    ({"meta": "CSAR-Version: 1.1\n"}, "small", "TOSCA-Metadata/TOSCA.meta has no Entry-Definitions"),
    ({"meta": META.replace("top", "pot")}, "small", "names Definitions/pot.yaml as Entry-Definitions, which is not in"),
    ({"meta": None}, "small", "exactly one YAML file has to be at its top. Found: none"),
    ({"small": "a: [1\n"}, "small", "Definitions/df_small.yaml is not valid YAML"),
    ({"small": "a: !!python/object:os.system {}\n"}, "small", "is not valid YAML: could not determine a constructor"),
    ({"small": "[]"}, "small", "df_small.yaml is not a mapping"),
    ({"small": "a: 1"}, "small", "has no tosca_definitions_version"),
    ({"small": SMALL.replace("'2'", "many")}, "small", "VDU1_scale of Definitions/df_small.yaml has max_scale_level 'many'"),
    ({"small": SMALL.replace("default_level: one", "default_level: two")}, "small", "Default level two of"),
    ({"small": SMALL.replace("[virtual_binding: VDU1]", "[virtual_binding: VDU3]")}, "small",
     "VDU1_CP1 in Definitions/df_small.yaml is bound to VDU3, which is no VDU"),
    ({"top": TOP.replace("        provider: Company\n", "")}, "small", "The VNFD has no provider"),
    ({"types": TYPES.replace("tosca.nodes.nfv.VNF", "tosca.nodes.Root")}, "small", "no node of type tosca.nodes.nfv.VNF"),
    ({"small": SMALL.replace("properties: {flavour_id: small}", "properties: 3")}, None, "is not a mapping"),
])  # fmt: skip
def test_what_is_wrong_is_said(changed, flavour_id, message):
    with pytest.raises(CollectionError) as raised:
        parse(vnfd_files(**changed), flavour_id)
    assert message in str(raised.value)


def test_no_deployment_flavour_at_all():
    top = "tosca_definitions_version: tosca_simple_yaml_1_2\n"
    with pytest.raises(CollectionError, match="no deployment flavour: no file that"):
        parse(vnfd_files(top=top))


def test_files_that_import_each_other_end():
    assert parse(vnfd_files(types=TYPES + "imports: [df_small.yaml]\n"), "small").flavour_id == "small"


DOUBLING = "a0: &a0 {k: 1}\n" + "".join(f"a{n}: &a{n} {{%s}}\n" % ", ".join(
    f"k{m}: *a{n - 1}" for m in range(9)) for n in range(1, 9))
MERGING = "a0: &a0 {k: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [%s]}}\n" % ", ".join([f"*a{n - 1}"] * 9) for n in range(1, 9))


@pytest.mark.parametrize(("text", "message"), [
    ("[" * 1_000_000, "more than 100 levels"),
    ("- " * 300_000, "more than 100 levels"),
    (DOUBLING, "more than 200000 values"),
    (MERGING, "more than 200000 values"),
    ("a: &a [*a]", "contains itself"),
    ("a: " + "1:" * 100_000 + "1", "a number of 200001 characters"),
    ("a: " + "9" * 5000, "a number of 5000 characters"),
    ("a: 2026-13-45", "cannot be read"),
    ("a: " + "x" * 5_000_001, "at most 5000000 are read"),
    ("? [a]\n: b", "not valid YAML"),
    ("a: !!binary aGk=", "unexpected kind (bytes)"),
    ("\x00", "not valid YAML"),
    ("--- a\n--- b\n", "not valid YAML"),
])  # fmt: skip
def test_what_would_overwhelm_is_refused_at_once(text, message):
    began = time.process_time()
    with pytest.raises(CollectionError) as raised:
        read_yaml(text.encode(), "f.yaml")
    assert message in str(raised.value)
    assert "f.yaml" in str(raised.value)
    assert time.process_time() - began < 2


def test_aliases_and_merges_of_honest_size_are_resolved():
    assert read_yaml(b"a: &a {k: 1}\nb: {<<: *a, l: *a}\n", "f")["b"] == {"k": 1, "l": {"k": 1}}
