# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The monitor on the lab: its targets are those of Tacker, and follow a scale, a heal and an end of the VNF."""

from __future__ import annotations

import asyncio
import importlib
import runpy
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from lab.stack import Stack

SOURCE = Path(__file__).parents[2] / "extensions" / "eda" / "plugins" / "event_source" / "vnf_monitor.py"
TOKEN = "a-token-of-the-monitor"
POLICIES = {"default": {"probe": "ping", "parameters": {"interval": 1}, "actions": {"down": ["respawn"]}}}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("monitor"), speed=50)
    try:
        stack.start_lab()
        yield stack
    finally:
        stack.stop()


def tacker(lab, method: str, path: str, body=None):
    headers = {"X-Auth-Token": lab.token("lab-vnf"), "Version": "2.0.0"}
    answer = requests.request(
        method, f"{lab.lab_url}/nfv-orchestration/vnflcm/v2/{path}", json=body, headers=headers, timeout=30
    )
    assert answer.ok, answer.text
    return answer.json() if answer.content else None


def record(lab) -> dict:
    return tacker(lab, "GET", f"vnf_instances/{lab.vnf['id']}")


async def until(what, look, limit=60.0):
    end = time.monotonic() + limit
    while not (found := look()):
        assert time.monotonic() < end, f"not within {limit:g} s: {what}"
        await asyncio.sleep(0.05)
    return found


def servers(source) -> set[str]:
    return {target.vnfc["server_id"] for target in source.targets.values()}


async def operate(lab, verb: str, body) -> None:
    """Have something done, and wait until it is."""
    known = await asyncio.to_thread(tacker, lab, "GET", "vnf_lcm_op_occs")
    await asyncio.to_thread(tacker, lab, "POST", f"vnf_instances/{lab.vnf['id']}/{verb}", body)
    end = time.monotonic() + 60
    while True:
        found = await asyncio.to_thread(tacker, lab, "GET", "vnf_lcm_op_occs")
        [state] = {one["operationState"] for one in found if one["id"] not in {old["id"] for old in known}}
        if state == "COMPLETED":
            return
        assert time.monotonic() < end, f"{verb} is {state}"
        await asyncio.sleep(0.1)


def truth_of(lab) -> set[str]:
    return {one["computeResource"]["resourceId"] for one in record(lab)["instantiatedVnfInfo"]["vnfcResourceInfo"]}


def monitoring(lab, monkeypatch, test, **args) -> None:
    """Run a test of a source on the lab."""
    for name, value in lab.env.items():
        monkeypatch.setenv(name, value)
    runpy.run_path(str(SOURCE))
    part = SimpleNamespace(**{name: importlib.import_module(f"nfv_vnf_monitoring.{name}") for name in ("source", "arguments")})
    given = {"cloud": "lab-vnf", "policies": POLICIES, "port": 0, "token": TOKEN, "guard_share": 0, **args}

    async def main() -> None:
        source = part.source.Source(part.arguments.check_arguments(given))
        task = asyncio.ensure_future(source.run(asyncio.Queue()))
        try:
            async with asyncio.timeout(150):
                await test(source)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())


def notify(source) -> None:
    """As Tacker does after an operation."""
    url = f"http://127.0.0.1:{source.endpoint.port}/notifications"
    assert requests.get(url, auth=("tacker", TOKEN), timeout=10).status_code == 204
    body = {"notificationType": "VnfLcmOperationOccurrenceNotification", "notificationStatus": "RESULT"}
    assert requests.post(url, json=body, auth=("tacker", "another-secret!!"), timeout=10).status_code == 401
    assert requests.post(url, json=body, auth=("tacker", TOKEN), timeout=10).status_code == 204


def test_the_targets_follow_scale_and_heal_within_two_seconds_of_the_notification(lab, monkeypatch):
    async def test(source) -> None:
        await until("the targets of the VNF", lambda: source.targets)
        info = record(lab)["instantiatedVnfInfo"]
        assert servers(source) == truth_of(lab)
        one = next(iter(source.targets.values()))
        assert (one.vnf["id"], one.vnf["project_id"]) == (lab.vnf["id"], lab.vnf["project_id"])
        assert one.vnfc["id"] in {vnfc["id"] for vnfc in info["vnfcInfo"]}
        assert one.actions == {"down": [{"name": "respawn"}]}
        generation = one.generation
        aspect = info["scaleStatus"][0]["aspectId"]
        # Not one that goes with the scale in.
        healed = next(vnfc["id"] for vnfc in info["vnfcInfo"] if not vnfc["vduId"].startswith(aspect))
        for verb, body in (
            ("scale", {"type": "SCALE_IN", "aspectId": aspect}),
            ("scale", {"type": "SCALE_OUT", "aspectId": aspect}),
            ("heal", {"vnfcInstanceId": [healed]}),
        ):
            await operate(lab, verb, body)
            expected = await asyncio.to_thread(truth_of, lab)
            await asyncio.to_thread(notify, source)
            began = time.monotonic()
            await until(f"the targets after {verb}", lambda expected=expected: servers(source) == expected)
            assert time.monotonic() - began < 2
            assert {watched.target.vnfc["server_id"] for watched in source.engine.watched.values()} == expected
            [following] = {target.generation for target in source.targets.values()}
            assert following > generation
            generation = following

    monitoring(lab, monkeypatch, test, reconcile=30)


def test_without_a_notification_they_follow_at_the_next_look(lab, monkeypatch):
    async def test(source) -> None:
        await until("the targets of the VNF", lambda: source.targets)
        healed = record(lab)["instantiatedVnfInfo"]["vnfcInfo"][0]["id"]
        await operate(lab, "heal", {"vnfcInstanceId": [healed]})
        expected = await asyncio.to_thread(truth_of, lab)
        await until("the targets after a heal", lambda: servers(source) == expected, limit=30)

    monitoring(lab, monkeypatch, test, reconcile=1)
