# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a worker answers over HTTP, and to whom."""

from __future__ import annotations

import aiohttp
import pytest

from tests.unit.monitoring.network import answering, monitoring
from tests.unit.monitoring.test_monitor_engine import network, run

TOKEN = "a-token-of-the-monitor"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

__all__ = ["network"]


async def get(running, path: str, token: str | None = TOKEN, **headers: str) -> tuple[int, str]:
    await running.until("it listens", lambda: running.source.endpoint.port)
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    url = f"http://127.0.0.1:{running.source.endpoint.port}{path}"
    async with aiohttp.ClientSession() as client, client.get(url, headers=headers) as answer:
        return answer.status, await answer.text()


@run
async def test_targets_are_probed_on_demand_and_nothing_else_is(parts):
    modules = {"text": {"probe": "http_ping", "parameters": {"expected_body": "ok"}}, "other": {"probe": "http_ping",
               "parameters": {"expected_body": "no"}}, "echo": {"probe": "ping"}}  # fmt: skip
    async with answering(OK) as (port, asked):
        target = {"name": "web", "address": "127.0.0.1", "port": port, "probe": "tcp", "vnfc": "c1"}
        async with monitoring(parts, [target], port=0, token=TOKEN, modules=modules) as running:
            for name in ("web", "127.0.0.1", f"127.0.0.1:{port}", "c1"):
                status, text = await get(running, f"/probe?target={name}&module=text")
                assert (status, "probe_success 1" in text) == (200, True), text
            status, text = await get(running, "/probe?target=web&module=other")
            assert (status, "probe_success 0" in text) == (200, True)
            assert (await get(running, "/probe?target=web&module=other&strict=1"))[0] == 503
            status, text = await get(running, "/probe?target=web&module=other", Accept="application/json")
            assert '"error": "it answered without the expected text"' in text
            count = len(asked)
            assert (await get(running, "/probe?target=192.0.2.1&module=text"))[0] == 404
            assert (await get(running, "/probe?target=web&module=unheard-of"))[0] == 400
            assert (await get(running, "/probe"))[0] == 404
            assert len(asked) == count


@run
async def test_without_the_token_nothing_is_answered(parts):
    async with monitoring(parts, [{"address": "127.0.0.1", "port": 9, "probe": "tcp"}], port=0, token=TOKEN) as running:
        for token in (None, "another-token-of-16", ""):
            for path in ("/probe?target=127.0.0.1", "/metrics", "/notifications", "/nowhere"):
                assert (await get(running, path, token))[0] == 401
        assert (await get(running, "/healthz", None))[0] == 200
        assert (await get(running, "/notifications"))[0] == 204


@pytest.mark.parametrize("path", ["/probe?target=127.7.0.1"])
@run
async def test_a_ping_on_demand(parts, network, path):
    async with monitoring(parts, [{"address": "127.7.0.1"}], port=0) as running:
        status, text = await get(running, path, None)
        assert (status, "probe_success 1" in text) == (200, True)


@run
async def test_the_figures_are_those_of_the_worker(parts, network):
    network.silent.add("127.7.0.2")
    targets = [{"address": f"127.7.0.{number}"} for number in (1, 2)]
    async with monitoring(parts, targets, port=0) as running:
        await running.events(2)
        _status, text = await get(running, "/metrics", None)
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert figures['nfv_vnf_monitor_targets{state="up"}'] == figures['nfv_vnf_monitor_targets{state="down"}'] == "1"
    assert int(figures['nfv_vnf_monitor_probes_total{outcome="lost"}']) >= 3
    assert figures['nfv_vnf_monitor_events_total{kind="state_change"}'] == "2"
    assert figures["nfv_vnf_monitor_holding"] == "0"
