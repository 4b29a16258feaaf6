# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""VNF instances: how long modules take that only look."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

import yaml

from lab.stack import Stack

from .figures import Entry, entry, timed

MODULES = "ansible_collections.nfv.maintenance.plugins.modules"
INSTANCES = 1000
CLOUD = "lab-vnf"
# What a program of one's own does at least: a token, and for the list one plain request.
TOKEN_ONLY = f"import openstack; openstack.connect(cloud='{CLOUD}').authorize()"
PLAIN_LIST = (
    f"import openstack; cloud = openstack.connect(cloud='{CLOUD}'); "
    "found = cloud.session.get('/vnflcm/v2/vnf_instances?all_fields', headers={'Version': '2.0.0'}, "
    "endpoint_filter={'service_type': 'nfv-orchestration'}).json(); "
    f"assert len(found) == {INSTANCES}"
)
ROUNDS = 3
WHOLE = "whole process, on the lab: "
HOSTS = 50


def topology(instances: int) -> dict[str, t.Any]:
    """A cloud with so many VNFs of one server each."""
    vnf = {
        "project": "vnf-owner", "floating_ip": False, "aspects": [{"name": "workers", "step": 1, "max_level": 2}],
        "vdus": [{"name": "worker", "count": 1, "flavor": "tiny", "aspect": "workers"}],
    }  # fmt: skip
    return {
        "projects": ["admin", "service", "vnf-owner"],
        "users": [
            {"name": "admin", "roles": {"admin": ["admin"]}, "cloud": "lab-admin"},
            {"name": "owner", "roles": {"vnf-owner": ["member"]}, "cloud": CLOUD},
        ],
        "flavors": [{"name": "tiny", "vcpus": 1, "memory_mb": 512, "disk_gb": 1}],
        "hosts": {"count": HOSTS, "vcpus": 64, "memory_mb": 65536, "disk_gb": 160},
        "vnfs": [{"name": f"vnf-{number}", **vnf} for number in range(instances)],
    }


def bench_lifecycle() -> dict[str, Entry]:
    """Seconds of whole processes of modules that find nothing to do, or read everything."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "topology.yaml").write_text(yaml.safe_dump(topology(INSTANCES)))
        stack = Stack(folder, hosts=HOSTS, topology=folder / "topology.yaml")
        try:
            stack.start_lab()
            run = functools.partial(_module, stack)
            scale = {"vnf_instance_id": stack.vnf_id, "aspect_id": "workers", "level": 1}
            if run("vnf_scale", scale)["changed"] or len(run("vnf_instance_info", {})["vnf_instances"]) != INSTANCES:
                raise RuntimeError("what is measured is not what it should be")
            noop = timed(lambda: run("vnf_scale", scale), ROUNDS)
            token = timed(lambda: _python(stack, "-c", TOKEN_ONLY), ROUNDS)
            info = timed(lambda: run("vnf_instance_info", {}), ROUNDS)
            plain = timed(lambda: _python(stack, "-c", PLAIN_LIST), ROUNDS)
        finally:
            stack.stop()
    return {
        "tacker_noop": entry(noop, "s", token, f"{WHOLE}vnf_scale to the level that is; baseline: openstacksdk and a token"),
        "tacker_info_1000": entry(info, "s", plain, f"{WHOLE}vnf_instance_info on 1,000 instances; baseline: one plain request"),
    }


def _module(stack: Stack, module: str, params: dict[str, t.Any]) -> dict[str, t.Any]:
    given = json.dumps({"ANSIBLE_MODULE_ARGS": {"cloud": CLOUD, **params}})
    return t.cast("dict[str, t.Any]", json.loads(_python(stack, "-m", f"{MODULES}.{module}", given=given)))


def _python(stack: Stack, *arguments: str, given: str = "") -> str:
    done = subprocess.run(
        [sys.executable, *arguments], input=given, env=stack.env, cwd=stack.folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout
