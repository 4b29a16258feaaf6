# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Tacker makes of the bodies of requests: the schemas that it checks them with, and how it falls over the others."""

from __future__ import annotations

import json

from aiohttp import web

from .schema import Schema, check
from .web import ROUTER, ApiError, Json

_TEXT: Schema = {"type": ["string"], "longest": 255}
_MAP: Schema = {"type": ["object"]}
_LIST: Schema = {"type": ["array"]}
_VIM: Schema = {"type": ["object"], "required": ["vimType"]}
MODIFY: Schema = {
    "type": ["object"],
    "properties": {
        "vnfInstanceName": _TEXT,
        "vnfInstanceDescription": {"type": ["string"], "longest": 1024},
        "vnfdId": _TEXT,
        "metadata": _MAP,
        "extensions": _MAP,
        "vnfConfigurableProperties": _MAP,
        "vimConnectionInfo": _MAP,
        "vnfcInfoModifications": _LIST,
    },
}
SCALE: Schema = {
    "type": ["object"],
    "required": ["type", "aspectId"],
    "properties": {
        "type": {"type": ["string"], "enum": ["SCALE_OUT", "SCALE_IN"]},
        "aspectId": _TEXT,
        "numberOfSteps": {"type": ["integer"], "least": 1},
        "additionalParams": _MAP,
    },
}
HEAL: Schema = {
    "type": ["object"],
    "properties": {
        "vnfcInstanceId": {**_LIST, "items": _TEXT},
        "cause": _TEXT,
        "healScript": _TEXT,
        "additionalParams": _MAP,
    },
}
CHANGE: Schema = {
    "type": ["object"],
    "required": ["vnfdId"],
    "properties": {
        "vnfdId": _TEXT,
        "extVirtualLinks": _LIST,
        "extManagedVirtualLinks": _LIST,
        "vimConnectionInfo": _MAP,
        "additionalParams": _MAP,
        "extensions": _MAP,
        "vnfConfigurableProperties": _MAP,
    },
}
_TYPES = {"application/json", "text/plain", "application/octet-stream"}
_FALLEN = "The server has either erred or is incapable of performing the requested operation."
_STATUS = "500 Internal Server Error"
_HTML = (
    f"<html>\n <head>\n  <title>{_STATUS}</title>\n </head>\n <body>\n  <h1>{_STATUS}</h1>\n  "
    f"{_FALLEN}<br /><br />\n\n\n\n </body>\n</html>"
)


async def unreadable(request: web.Request) -> web.Response | None:
    """Answer as Tacker does when it falls over the type of a body, a broken one, or an answer that it cannot give."""
    accepted = request.headers.get("Accept", "*/*")
    acceptable = any(kind in accepted for kind in ("application/json", "application/*", "*/*"))
    if acceptable and await _readable(request):
        return None
    if "application/json" in accepted:
        raise ApiError(500, _FALLEN, ROUTER)
    if "html" in accepted or "*/*" in accepted:
        return web.Response(text=_HTML, status=500, content_type="text/html", charset="UTF-8")
    return web.Response(text=f"{_STATUS}\n\n{_FALLEN}\n\n   ", status=500, content_type="text/plain", charset="UTF-8")


async def _readable(request: web.Request) -> bool:
    if request.method not in {"POST", "PATCH", "PUT"} or not await request.read():
        return True
    if request.content_type not in _TYPES | ({"application/merge-patch+json"} if request.method == "PATCH" else set()):
        return False
    try:
        json.loads(await request.read())
    except ValueError:
        return False
    return True


async def body_of(request: web.Request, schema: Schema) -> Json:
    """Return the body of a request that fits its schema, without what the schema does not know."""
    if not await request.read():
        raise ApiError(400, "body is missing")
    body: Json = json.loads(await request.read())
    check(body, schema)
    for name, connection in body.get("vimConnectionInfo", {}).items():
        check(connection, _VIM, name=name)
    return {name: value for name, value in body.items() if name in schema["properties"]}
