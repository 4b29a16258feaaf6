# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Webhooks as Aodh posts them, quickly: the sender must not be what is measured."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import time
import typing as t
import uuid

VNF, PROJECT, SECRET = "vnf-1", "project-1", secrets.token_urlsafe()
CONNECTIONS = 48


def alarm(message_id: str | None = None, **traits: t.Any) -> bytes:
    """The body of one webhook; without an id another message each time."""
    fields = {
        "service": "fenix", "project_id": PROJECT, "session_id": "session-1", "state": "MAINTENANCE",
        "instance_ids": f"['{uuid.uuid4()}']", "allowed_actions": "[]", "metadata": "{'openstack_version': 'Train'}",
        "message_id": message_id or str(uuid.uuid4()), **traits,
    }  # fmt: skip
    event = {
        "message_id": message_id or str(uuid.uuid4()), "event_type": "maintenance.scheduled",
        "generated": "2031-04-02T01:29:31.220000", "raw": {}, "message_signature": "0" * 64,
        "traits": [[name, 1, value] for name, value in fields.items()],
    }  # fmt: skip
    about = {"alarm_name": "bench", "alarm_id": str(uuid.uuid4()), "severity": "low", "previous": "alarm", "current": "alarm"}
    reason = f"Event <id={event['message_id']},event_type=maintenance.scheduled> hits the query <query=[]>."
    return json.dumps({**about, "reason": reason, "reason_data": {"type": "event", "event": event}}).encode()


def request(body: bytes, path: str, authorization: str) -> bytes:
    """A whole HTTP request, on a connection of its own as Aodh makes them."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
    return f"{head}Authorization: {authorization}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def aodh() -> str:
    """The header with the secret of a subscription."""
    return f"Basic {base64.b64encode(f'aodh:{SECRET}'.encode()).decode()}"


def bearer() -> str:
    """The header with the token of an ``eda.builtin.webhook``."""
    return f"Bearer {SECRET}"


async def send(port: int, requests: t.Sequence[bytes], *, rate: float | None = None) -> list[float]:
    """Send all, so many a second or as fast as they are answered; returns when each was sent, by ``time.time``.

    :raises RuntimeError: when one is not answered 200.
    """
    began = [0.0] * len(requests)
    room = asyncio.Semaphore(CONNECTIONS)

    async def one(number: int) -> None:
        async with room:
            began[number] = time.time()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(requests[number])
            answer = await reader.read(65536)
            writer.close()
            if b" 200 " not in answer[:16]:
                raise RuntimeError(f"webhook {number} was answered {answer[:200]!r}")

    start = asyncio.get_running_loop().time()
    async with asyncio.TaskGroup() as tasks:
        for number in range(len(requests)):
            if rate is not None:
                await asyncio.sleep(max(0.0, start + number / rate - asyncio.get_running_loop().time()))
            tasks.create_task(one(number))
    return began
