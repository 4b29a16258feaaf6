# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP manners that the services share: JSON in and out, each service's form of error, request ids."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Json = dict[str, Any]

_NOVA_FAULTS = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    413: "overLimit",
    415: "badMediaType",
    429: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    422: "Unprocessable Entity",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}

# The kind of error of a path that nobody serves.
ROUTER = "router"


class ApiError(Exception):
    """An answer that is an error; the service whose path was asked gives it its form."""

    def __init__(self, status: int, message: str, kind: str = "", headers: dict[str, str] | None = None) -> None:
        """Say status and message; kind is Neutron's type or Placement's code."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.headers = headers or {}


def title(status: int) -> str:
    """Return the reason phrase that OpenStack services use."""
    return _TITLES.get(status, "Error")


def _keystone(error: ApiError) -> Json:
    return {"error": {"code": error.status, "message": error.message, "title": title(error.status)}}


def _nova(error: ApiError) -> Json:
    return {_NOVA_FAULTS.get(error.status, "computeFault"): {"code": error.status, "message": error.message}}


def _neutron(error: ApiError) -> Json:
    kind = error.kind or {404: "HTTPNotFound", 400: "HTTPBadRequest"}.get(error.status, "HTTPError")
    return {"NeutronError": {"type": kind, "message": error.message, "detail": ""}}


def _placement(error: ApiError) -> Json:
    code = error.kind or "placement.undefined_code"
    return {
        "errors": [
            {"status": error.status, "title": title(error.status), "detail": f"{error.message}\n\n   ", "code": code}
        ]
    }


def _aodh(error: ApiError) -> Json:
    code = "Server" if error.status >= 500 else "Client"
    return {"error_message": {"debuginfo": None, "faultcode": code, "faultstring": error.message}}


def _tacker(error: ApiError) -> Json:
    if error.kind == ROUTER:
        # Tacker's router does not speak ProblemDetails.
        return {"message": error.message, "code": f"{error.status} {title(error.status)}", "title": title(error.status)}
    return {"title": error.kind or title(error.status), "status": error.status, "detail": error.message}


def _lab(error: ApiError) -> Json:
    return {"error": error.message}


_FORMS: dict[str, Callable[[ApiError], Json]] = {
    "identity": _keystone,
    "compute": _nova,
    "network": _neutron,
    "placement": _placement,
    "alarming": _aodh,
    "nfv-orchestration": _tacker,
}
SERVICES = (*_FORMS, "telemetry", "lab")


def service_of(request: web.Request) -> str:
    """Return the service that a path belongs to."""
    return request.path.split("/", 2)[1]


def new_request_id() -> str:
    """Return a fresh request id."""
    return f"req-{uuid.uuid4()}"


def answer(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Answer with JSON."""
    return web.Response(
        body=json.dumps(data).encode(), status=status, headers=headers, content_type="application/json"
    )


def empty(status: int = 204, headers: dict[str, str] | None = None) -> web.Response:
    """Answer without a body."""
    return web.Response(status=status, headers=headers)


def error_answer(service: str, error: ApiError) -> web.Response:
    """Give an error the form of a service."""
    # Without a valid token the answer is keystonemiddleware's, whatever the service behind it.
    form = _keystone if error.status == 401 and service != "lab" else _FORMS.get(service, _lab)
    body = form(error)
    if form is _keystone and service != "identity":
        body = {"error": {"message": error.message, "code": error.status, "title": title(error.status)}}
    kind = "application/problem+json" if form is _tacker and error.kind != ROUTER else "application/json"
    return web.Response(
        body=json.dumps(body).encode(), status=error.status, headers=error.headers, content_type=kind
    )


async def json_body(request: web.Request) -> Json:
    """Read the body, which must be a JSON object."""
    try:
        data = json.loads(await request.read() or b"null")
    except ValueError as exc:
        raise ApiError(400, "The request body is not valid JSON.") from exc
    if not isinstance(data, dict):
        raise ApiError(400, "The request body must be a JSON object.")
    return data


def flag(text: str | None) -> bool:
    """Read a boolean of a query string."""
    return text is not None and text.strip().lower() in {"1", "true", "t", "yes", "y", "on"}


def page_of(
    items: list[Any], request: web.Request, key: Callable[[Any], str], ceiling: int = 1000
) -> tuple[list[Any], bool]:
    """Cut a list by limit and marker as Nova does; say whether a next link belongs to it."""
    limit = ceiling
    text = request.query.get("limit")
    if text is not None:
        if not text.isdigit():
            raise ApiError(400, f"Invalid input for query parameters limit. Value: {text}. '{text}' does not match '^[0-9]*$'")
        limit = min(int(text), ceiling)
    marker = request.query.get("marker")
    start = 0
    if marker is not None:
        for position, item in enumerate(items):
            if key(item) == marker:
                start = position + 1
                break
        else:
            raise ApiError(400, f"marker [{marker}] not found")
    page = items[start : start + limit]
    return page, bool(page) and len(page) == limit


def next_link(request: web.Request, base: str, marker: str) -> list[Json]:
    """Return the links of a page that has a successor."""
    query = [(name, value) for name, value in request.query.items() if name != "marker"]
    url = request.url.with_query([*query, ("marker", marker)])
    return [{"rel": "next", "href": f"{base}{url.raw_path_qs}"}]


def make_middlewares(fault_for: Callable[[web.Request, str], ApiError | None]) -> Iterable[Any]:
    """Return the middlewares: request ids, injected errors, and errors in the form of their service."""

    @web.middleware
    async def speak(request: web.Request, handler: Handler) -> web.StreamResponse:
        service = service_of(request)
        request["request_id"] = new_request_id()
        try:
            injected = fault_for(request, service)
            if injected is not None:
                raise injected
            response = await handler(request)
        except ApiError as error:
            response = error_answer(service, error)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            # A router's 404 and 405 carry no body of the service.
            message = {404: "The resource could not be found.", 405: "Method Not Allowed"}.get(
                error.status, error.reason
            )
            kind = ROUTER if service == "nfv-orchestration" and error.status == 404 else ""
            response = error_answer(service, ApiError(error.status, message, kind))
        response.headers["x-openstack-request-id"] = request["request_id"]
        if service == "compute":
            response.headers["x-compute-request-id"] = request["request_id"]
        return response

    return [speak]
