# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A source that listens, and those who send to it and handle what it hands on."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import re
import tempfile
from pathlib import Path

import aiohttp

SECRET = "correct horse battery staple"
OTHER = "another secret of sixteen"
ARGS = {"port": 0, "secrets": {"vnf-1": SECRET, "vnf-2": OTHER}, "batch_window": 0.05, "read_timeout": 5, "max_body": 4096}
PROJECT = "project-1"
PATH = f"/v1.0/vnfs/vnf-1/maintenance/{PROJECT}"
LOG = logging.getLogger("nfv.maintenance.aodh_alarm")
_numbers = itertools.count(1)


def alarm(state="MAINTENANCE", *, session="s-1", message_id=None, event_type="maintenance.scheduled", **traits):
    """What Aodh posts; every call another notification about other instances."""
    number = next(_numbers)
    fields = {"project_id": PROJECT, "session_id": session, "state": state, "instance_ids": f"['i-{number}']", **traits}
    event = {
        "message_id": message_id or f"n-{number}",
        "event_type": event_type,
        "generated": "2026-11-21T01:00:00",
        "traits": [[name, 1, value] for name, value in fields.items() if value is not None],
    }
    return {"current": "alarm", "reason_data": {"type": "event", "event": event}}


class Heard(logging.Handler):
    """Waits for a line of the log."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.lines = []
        self.more = asyncio.Event()
        self.loop = asyncio.get_running_loop()

    def emit(self, record):
        self.lines.append(record.getMessage())
        # The journal's thread writes too.
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.more.set)

    async def wait_for(self, pattern):
        async with asyncio.timeout(30):
            while True:
                for line in self.lines:
                    if found := re.search(pattern, line):
                        return found
                self.more.clear()
                await self.more.wait()


class Running:
    """One source, its log and the queue that it fills."""

    def __init__(self, url, queue, log, client):
        self.url, self.queue, self.log, self.client = url, queue, log, client
        self.host, self.port = re.fullmatch(r"https?://(.+):(\d+)", url).groups()
        self.handed_on = 0

    async def post(self, path=PATH, body=None, secret=SECRET, headers=None, **kwargs):
        body = alarm() if body is None else body
        if not isinstance(body, bytes) and not hasattr(body, "__aiter__"):
            body = json.dumps(body).encode()
        headers = dict(headers or {})
        if secret is not None:
            headers["Authorization"] = aiohttp.encode_basic_auth("aodh", secret)
        async with self.client.post(self.url + path, data=body, headers=headers, **kwargs) as answer:
            return answer.status, await answer.json(), answer.headers

    async def status(self, *args, **kwargs):
        return (await self.post(*args, **kwargs))[0]

    async def event(self):
        event = await asyncio.wait_for(self.queue.get(), 30)
        assert set(event) == {"maintenance"}
        assert set(event["maintenance"]) == {"messages", "rejected"}
        return event["maintenance"]

    async def batch(self):
        messages = (await self.event())["messages"]
        self.handed_on += len(messages)
        return messages

    async def settled(self):
        """The source has written down that what was taken from the queue was taken."""
        async with asyncio.timeout(30):
            while (await self.metrics())["handed_on_total"] < self.handed_on:
                await asyncio.sleep(0.01)

    async def report(self, delivery, state, key=None, **body):
        """Say something about a delivery, as its handler; returns the status and the answer."""
        body = {"attempt": delivery["attempt"], "state": state, **body}
        headers = {"Authorization": f"Bearer {delivery['key'] if key is None else key}"}
        async with self.client.post(delivery["url"], json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def hold(self, delivery, *vnf_ids, seconds=30):
        return await self.report(delivery, "held", vnf_ids=list(vnf_ids), seconds=seconds)

    async def metrics(self):
        """The counters, by name and label."""
        async with self.client.get(self.url + "/metrics") as answer:
            assert answer.status == 200
            lines = [line.rpartition(" ") for line in (await answer.text()).splitlines() if not line.startswith("#")]
            return {name.removeprefix("nfv_maintenance_intake_"): float(value) for name, _space, value in lines}

    async def raw(self, *parts):
        """Send bytes as they are, and return all that comes back until the source closes the connection."""
        reader, writer = await asyncio.open_connection(self.host, int(self.port))
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
            return await asyncio.wait_for(reader.read(), 10)
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def listening(source, queue=None, client_ssl=None, **args):
    """A source with a journal of its own, unless it is given one; all its batches are open for the same time."""
    queue = queue if queue is not None else asyncio.Queue(maxsize=1)
    log = Heard()
    LOG.addHandler(log)
    LOG.setLevel(logging.DEBUG)
    with tempfile.TemporaryDirectory() as folder:
        defaults = {"journal": str(Path(folder) / "journal.sqlite"), "batch_window_first": args.get("batch_window")}
        running = asyncio.ensure_future(source.main(queue, {**ARGS, **defaults, **args}))
        try:
            waiting = asyncio.ensure_future(log.wait_for(r"Listening for maintenance alarms on (\S+)"))
            await asyncio.wait([waiting, running], return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                waiting.cancel()
                running.result()
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=client_ssl or True)) as client:
                found = Running(waiting.result().group(1), queue, log, client)
                found.task = running
                yield found
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait_for(running, 10)
            LOG.removeHandler(log)
            assert not any(secret in line for line in log.lines for secret in (SECRET, OTHER)), "a secret was logged"
