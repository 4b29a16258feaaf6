# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The callback over TLS: the playbook's side, and the keeper of its leases, against a source that wants client certificates."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import callback
from ansible_collections.nfv.maintenance.plugins.plugin_utils import _lease_keeper

from tests.unit.eda.listening import alarm, listening
from tests.unit.eda.test_aodh_alarm_http import certificate


@pytest.fixture
def files(tmp_path):
    """Certificates: of the source, of a client that it knows, and of somebody that nobody knows."""
    ca = certificate(tmp_path, "ca")
    for name in ("listener", "client"):
        certificate(tmp_path, name, ca)
    stranger = certificate(tmp_path, "strange-ca")
    certificate(tmp_path, "stranger", stranger)
    return {path.name: str(path) for path in tmp_path.iterdir()}


@pytest.fixture
def handle(source, files):
    """Runs a coroutine function with a source and a delivery of it."""

    def run(steps):
        async def main():
            tls = {"certfile": files["listener.pem"], "cafile": files["ca.crt"]}
            known = callback.Tls(ca_cert=files["ca.crt"], client_cert=files["client.pem"]).context()
            async with listening(source, client_ssl=known, confirm=True, batch_window=0, **tls) as running:
                assert await running.status(body=alarm()) == 200
                (message,) = await running.batch()
                await steps(running, message["delivery"])

        asyncio.run(main())

    return run


def hold(delivery, tls, **changes):
    return asyncio.to_thread(lambda: callback.Callback({**delivery, **changes}, tls).hold(["vnf-1"], 30, 5))


def test_a_handler_that_is_known_is_heard(handle, files):
    async def steps(_running, delivery):
        assert delivery["url"].startswith("https://")
        tls = callback.Tls(ca_cert=files["ca.crt"], client_cert=files["client.pem"])
        answer = await hold(delivery, tls)
        assert (answer.status, answer.body["attempt"]) == (200, 1)
        assert (await hold(delivery, tls._replace(validate_certs=False, ca_cert=None))).taken

    handle(steps)


def test_nothing_is_said_to_a_source_that_is_not_known_nor_by_a_handler_that_is_not(handle, files):
    async def steps(running, delivery):
        known = callback.Tls(ca_cert=files["ca.crt"], client_cert=files["client.pem"])
        refused = [
            known._replace(ca_cert=files["strange-ca.crt"]),
            known._replace(ca_cert=None),
            known._replace(client_cert=None),
            known._replace(client_cert=files["stranger.pem"]),
        ]
        for tls in refused:
            with pytest.raises(OSError, match=r"(?i)certificate|alert|no answer in HTTP|reset|EOF"):
                await hold(delivery, tls)
        # The certificate is for the address, and for no name.
        with pytest.raises(OSError, match=r"(?i)mismatch"):
            await hold(delivery, known, url=delivery["url"].replace("127.0.0.1", "localhost"))
        with pytest.raises(OSError, match=r".+"):
            await hold(delivery, known, url=delivery["url"].replace("https:", "http:"))
        assert (await running.metrics())["not_over"] == 1
        assert (await hold(delivery, known)).body["token"] == 1, "nobody held it before"

    handle(steps)


def test_the_keeper_of_leases_speaks_tls_too(handle, files):
    async def steps(running, delivery):
        playbook = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE)
        tls = callback.Tls(ca_cert=files["ca.crt"], client_cert=files["client.pem"])
        assert (await hold(delivery, tls)).taken
        task = {
            "client": callback.__file__, "tls": [*tls], "pid": playbook.pid, "started": _lease_keeper.started(playbook.pid),
            "vnf_ids": ["vnf-1"], "deliveries": [delivery], "seconds": 300, "limit": 600,
        }  # fmt: skip
        keeper = await asyncio.create_subprocess_exec(
            sys.executable, "-I", _lease_keeper.__file__, stdin=asyncio.subprocess.PIPE, env={}
        )
        keeper.stdin.write(json.dumps(task).encode())
        keeper.stdin.close()
        playbook.kill()
        await playbook.wait()
        (again,) = await running.batch()
        assert again["delivery"]["attempt"] == 2, "given back long before the lease ends"
        await asyncio.wait_for(keeper.wait(), 30)

    handle(steps)
