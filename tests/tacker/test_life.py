# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole life of a VNF in one playbook: each step in check mode, then done, then again."""

from __future__ import annotations

import dataclasses
import json
import re
import uuid

import pytest

from tests.tacker.package import ASPECT, DEPLOYMENT, USER_DATA, Package
from tests.tacker.real_tacker import LCM, PACKAGES, link

LIMIT = 280
NAME = "life"


@pytest.fixture
def versions():
    """Version 2.0 has another flavor for VDU1, an external connection point more and an internal link more."""
    first = Package(str(uuid.uuid4()), product=f"life-{uuid.uuid4()}")
    cps = {**first.cps, "VDU1_CP3": None, "VDU2_CP2": "internalVL2"}
    second = dataclasses.replace(
        first, vnfd_id=str(uuid.uuid4()), version="2.0", flavors={"VDU1": "m1.small", "VDU2": "m1.tiny"}, cps=cps)
    return first, second


def steps(tacker, folders, versions):
    """What happens in a VNF's life, as module and options."""
    first, second = versions
    vims = tacker.vim()
    password = vims["vim1"]["accessInfo"].pop("password")
    runs = {
        "name": NAME, "vnfd_id": first.vnfd_id, "flavour_id": DEPLOYMENT, "additional_params": USER_DATA,
        "vim_connection_info": vims, "vim_credentials": {"vim1": {"password": password}},
        "ext_virtual_links": [link("link-a", "net-a", "VDU1_CP1", "VDU2_CP1")],
    }  # fmt: skip
    return [
        ("vnf_package", {"src": str(folders[0])}),
        ("vnf_package", {"src": str(folders[1])}),
        ("vnf_instance", {"name": NAME, "vnfd_id": first.vnfd_id, "state": "present"}),
        ("vnf_instance", runs),
        ("vnf_instance", {"name": NAME, "description": "renewed", "metadata": {"owner": "somebody"}, "extensions": {"a": 1}}),
        ("vnf_scale", {"name": NAME, "aspect_id": ASPECT, "level": 1}),
        ("vnf_heal", {"name": NAME, "server_ids": ["{{ broken }}"]}),
        ("vnf_ext_connectivity", {"name": NAME, "ext_virtual_links": [link("link-b", "net-b", "VDU1_CP1")]}),
        ("change_vnfpkg", {
            "name": NAME, "vnfd_id": second.vnfd_id, "ext_virtual_links": [link("link-c", "net-c", "VDU1_CP3")],
            "extensions": {"a": None, "b": 2}}),
        ("vnf_scale", {"name": NAME, "aspect_id": ASPECT, "level": 0}),
        ("vnf_instance", {"name": NAME, "state": "terminated", "termination_type": "FORCEFUL"}),
        ("vnf_instance", {"name": NAME, "state": "absent"}),
        ("vnf_package", {"vnfd_id": first.vnfd_id, "state": "absent"}),
        ("vnf_package", {"vnfd_id": second.vnfd_id, "state": "absent"}),
    ]  # fmt: skip


SENT = [
    *[f"POST {PACKAGES}", f"PUT {PACKAGES}/ID/package_content"] * 2,
    f"POST {LCM}/vnf_instances", f"POST {LCM}/vnf_instances/ID/instantiate", f"PATCH {LCM}/vnf_instances/ID",
    f"POST {LCM}/vnf_instances/ID/scale", f"POST {LCM}/vnf_instances/ID/heal", f"POST {LCM}/vnf_instances/ID/change_ext_conn",
    f"POST {LCM}/vnf_instances/ID/change_vnfpkg", f"POST {LCM}/vnf_instances/ID/scale",
    # The change that fails, and its rollback.
    f"POST {LCM}/vnf_instances/ID/change_vnfpkg", f"POST {LCM}/vnf_lcm_op_occs/ID/rollback",
    f"POST {LCM}/vnf_instances/ID/terminate", f"DELETE {LCM}/vnf_instances/ID",
    *[f"PATCH {PACKAGES}/ID", f"DELETE {PACKAGES}/ID"] * 2,
]  # fmt: skip


def test_a_whole_life(tacker, versions, tmp_path):
    folders = [package.write(tmp_path / package.version) for package in versions]
    tasks, names = [], []

    def add(module, options, **more):
        names.append(f"result_{len(names)}")
        tasks.append({"name": names[-1], f"nfv.maintenance.{module}": options, "register": names[-1], **more})

    for module, options in steps(tacker, folders, versions):
        if module == "vnf_heal":
            tasks.append({"nfv.maintenance.vnf_instance_info": {"name": NAME}, "register": "found"})
            tasks.append({"ansible.builtin.set_fact": {"broken": "{{ found.vnf_instances[0].servers[0].id }}"}})
        if options.get("state") == "terminated":
            # Last, because Tacker forgets the scale levels when it rolls a change of the package back.
            broken = {"name": NAME, "vdus": [{"vdu_id": "VDU2", "flavor": "missing.flavor"}], "on_failure": ["rollback"]}
            tasks.append({"nfv.maintenance.change_vnfpkg": broken, "register": "refused", "ignore_errors": True})
            tasks.append({"nfv.maintenance.vnf_instance_info": {"name": NAME}, "register": "after_rollback"})
        add(module, options, check_mode=True)
        add(module, options)
        add(module, options)
    results = tmp_path / "results.json"
    content = f"{{{{ {{'refused': refused, 'after_rollback': after_rollback, 'steps': [{', '.join(names)}]}} | to_json }}}}"
    tasks.append({"ansible.builtin.copy": {"content": content, "dest": str(results), "mode": "0600"}, "diff": False})
    done = tacker.play(*tasks, limit=LIMIT)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    told = json.loads(results.read_text())
    for seen, changed, again in zip(*(told["steps"][start::3] for start in range(3)), strict=True):
        assert (seen["changed"], changed["changed"], again["changed"]) == (True, True, False)
    assert told["refused"]["failure"]["operation_state"] == "ROLLED_BACK"
    [kept] = told["after_rollback"]["vnf_instances"]
    assert kept["vnfd_id"] == versions[1].vnfd_id
    flavors = {vnfc["vduId"]: vnfc["metadata"]["flavor"] for vnfc in kept["instantiated_vnf_info"]["vnfcResourceInfo"]}
    assert flavors == versions[1].flavors
    # Nothing was sent in check mode, nor when there was nothing to do.
    assert [re.sub(r"/[0-9a-f]{8}-[0-9a-f-]{27}", "/ID", call) for call in tacker.wire.writes] == SENT
