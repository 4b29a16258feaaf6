# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for Aodh: keeps alarms, as far as a VNF is subscribed with them."""

from __future__ import annotations

import contextlib
import typing as t
import urllib.parse
import uuid

from tests.tacker.http_server import Answer, Raw, Request, Server, answer
from tests.tacker.real_tacker import Tacker
from tests.tacker.wire import Asked

PATH = "/v2/alarms"


@contextlib.contextmanager
def alarming(tacker: Tacker) -> t.Iterator[dict[str, Raw]]:
    """The alarms by id, in the catalogue of the make-believe cloud; requests for them are kept among those for Tacker."""
    alarms: dict[str, Raw] = {}

    def handle(request: Request) -> Answer:
        given = _answer(request, alarms)
        tacker.wire.asked.append(Asked(request, given.status))
        return given

    server = Server(handle)
    tacker.cloud.alarming_url = server.url
    try:
        yield alarms
    finally:
        tacker.cloud.alarming_url = ""
        server.stop()


def _answer(request: Request, alarms: dict[str, Raw]) -> Answer:
    alarm_id = request.path.removeprefix(PATH).strip("/")
    if request.method == "POST":
        alarm_id = str(uuid.uuid4())
        alarms[alarm_id] = {"alarm_id": alarm_id, **request.body}
        return answer(201, alarms[alarm_id])
    if request.method == "GET" and not alarm_id:
        query = dict(urllib.parse.parse_qsl(request.query))
        wanted = query.get("q.value") if query.get("q.field") == "name" else None
        return answer(200, [alarm for alarm in alarms.values() if wanted in (None, alarm["name"])])
    if alarm_id not in alarms:
        return answer(404, {})
    if request.method == "PUT":
        alarms[alarm_id] |= request.body
    if request.method == "DELETE":
        del alarms[alarm_id]
        return answer(204)
    return answer(200, alarms[alarm_id])
