# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP manners that the services share: JSON in and out, each service's form of error, request ids."""

from __future__ import annotations

import json
import re
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

# Kinds of errors: of a path that nobody serves; of a version that cannot be agreed on; of Placement before it had codes;
# of an extension that Neutron does not have; of a request without a valid token.
ROUTER = "router"
NEGOTIATION = "negotiation"
WITHOUT_CODE = "without code"
WEBOB = "webob"
MIDDLEWARE = "middleware"
# Of Tacker's packages, which are served by other code than its lifecycle API.
PACKAGES = "packages"
_NOT_ACCEPTABLE = (
    "The resource could not be generated that was acceptable to your browser (content of type application/json. "
)
EXPLANATIONS = {
    400: "The server could not comply with the request since it is either malformed or otherwise incorrect.",
    403: "Access was denied to this resource.",
    404: "The resource could not be found.",
    409: "There was a conflict when trying to complete your request.",
}
# webob's page of a path that its router does not know, as Nova and Neutron hand it on in JSON.
_WEBOB = "The resource could not be found.<br /><br />\n{}\n\n"
_FLASK_404 = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found on "
    "the server. If you entered the URL manually please check your spelling and try again.</p>\n"
)


class ApiError(Exception):
    """An answer that is an error; the service whose path was asked gives it its form."""

    def __init__(self, status: int, message: str, kind: str = "", headers: dict[str, str] | None = None) -> None:
        """Say status and message; kind is Neutron's type or Placement's code."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.headers = headers or {}
        # Fields beside the usual ones of the service's form.
        self.more: Json = {}


def title(status: int) -> str:
    """Return the reason phrase that OpenStack services use."""
    return _TITLES.get(status, "Error")


def _keystone(error: ApiError) -> Json:
    return {"error": {"code": error.status, "message": error.message, "title": title(error.status), **error.more}}


def _webob(error: ApiError) -> Json:
    code = f"{error.status} {title(error.status)}"
    return {"code": code, "title": title(error.status), "message": _WEBOB.format(error.message)}


def _nova(error: ApiError) -> Json:
    if error.kind == ROUTER:
        return _webob(error)
    return {_NOVA_FAULTS.get(error.status, "computeFault"): {"code": error.status, "message": error.message}}


def _neutron(error: ApiError) -> Json:
    if error.kind == WEBOB:
        return _webob(error)
    kind = error.kind or {404: "HTTPNotFound", 400: "HTTPBadRequest"}.get(error.status, "HTTPError")
    return {"NeutronError": {"type": kind, "message": error.message, "detail": ""}}


def _placement(error: ApiError) -> Json:
    entry: Json = {"status": error.status, "title": title(error.status)}
    if error.kind == NEGOTIATION and error.status == 406:
        entry["detail"] = f"{_NOT_ACCEPTABLE}\n\n {error.message}"
        entry |= error.more
    elif error.status == 405:
        entry["detail"] = f"{error.message} \n\n The method specified is not allowed for this resource."
    else:
        entry["detail"] = f"{EXPLANATIONS.get(error.status, '')}\n\n {error.message}  "
    if error.kind not in {NEGOTIATION, WITHOUT_CODE}:
        entry["code"] = error.kind if error.kind not in {"", ROUTER} else "placement.undefined_code"
    return {"errors": [entry]}


def _aodh(error: ApiError) -> Json:
    if error.kind == ROUTER:
        return {"error_message": {"code": error.status, "title": title(error.status), "description": None}}
    code = "Server" if error.status >= 500 else "Client"
    return {"error_message": {"debuginfo": None, "faultcode": code, "faultstring": error.message}}


def _tacker(error: ApiError) -> Json:
    if error.kind == ROUTER:
        # Tacker's router does not speak ProblemDetails.
        code = f"{error.status} {title(error.status)}"
        return {"message": f"{error.message}<br /><br />\n\n\n", "code": code, "title": title(error.status)}
    # What nobody has foreseen has no title.
    named = {} if error.status == 500 else {"title": title(error.status)}
    return {**named, "status": error.status, "detail": error.message}


def _lab(error: ApiError) -> Json:
    return {"error": error.message}


_FORMS: dict[str, Callable[[ApiError], Json]] = {
    "identity": _keystone,
    "compute": _nova,
    "network": _neutron,
    "placement": _placement,
    "alarming": _aodh,
    "nfv-orchestration": _tacker,
    "instance-ha": _nova,
}
SERVICES = (*_FORMS, "telemetry", "lab")
# What is answered before the request gets an id.
_WITHOUT_REQUEST_ID = re.compile(r"/(?:alarming|network|compute(?!/v2(?:\.1)?(?:/|$)).*)/?")
_GUARDED = frozenset({"compute", "placement", "network", "alarming"})


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


def error_answer(service: str, error: ApiError, request_id: str = "") -> web.Response:
    """Give an error the form of a service."""
    if service == "identity" and error.kind == ROUTER:
        return web.Response(body=_FLASK_404.encode(), status=404, content_type="text/html", charset="utf-8")
    # Without a valid token the answer is keystonemiddleware's, whatever the service behind it.
    form = _keystone if error.status == 401 and error.kind == MIDDLEWARE else _FORMS.get(service, _lab)
    body = form(error)
    if form is _placement:
        body["errors"][0]["request_id"] = request_id
    kind = "application/problem+json" if form is _tacker and error.kind != ROUTER else "application/json"
    charset = "UTF-8" if (form is _nova and error.kind != ROUTER) or error.kind == PACKAGES else None
    return web.Response(
        body=json.dumps(body).encode(), status=error.status, headers=error.headers, content_type=kind, charset=charset
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
            why = f"'{text}' does not match '^[0-9]*$'" if text else "'' is too short"
            raise ApiError(400, f"Invalid input for query parameters limit. Value: {text}. {why}")
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
    query = sorted((name, value) for name, value in request.query.items() if name != "marker")
    url = request.url.with_query([*query, ("marker", marker)])
    return [{"rel": "next", "href": f"{base}{url.raw_path_qs}"}]


def _unserved(service: str, error: web.HTTPException) -> ApiError:
    """Say in the service's way that nobody serves a path, or not with this method."""
    if error.status == 405 and service == "placement":
        # Placement itself takes POST too where the lab only reads.
        allowed = ", ".join(sorted({"POST", *error.headers.getall("Allow", [""])[0].split(",")} - {"HEAD", ""}))
        headers = {"allow": allowed, "vary": "openstack-api-version"}
        method = getattr(error, "method", "")
        return ApiError(405, f"The method {method} is not allowed for this resource.", ROUTER, headers)
    if error.status not in {404, 405}:
        return ApiError(error.status, error.reason)
    if service in {"compute", "identity", "alarming", "placement"}:
        # Their routers know methods as part of a path.
        return ApiError(404, "", ROUTER)
    if service == "nfv-orchestration":
        return tacker_unserved(error)
    message = {404: "The resource could not be found.", 405: "Method Not Allowed"}[error.status]
    return ApiError(error.status, message)


def tacker_unserved(error: web.HTTPException) -> ApiError:
    """Say as Tacker that nobody serves a path, or not with this method."""
    if error.status == 404:
        return ApiError(404, "The resource could not be found.", ROUTER)
    method = getattr(error, "method", "")
    return ApiError(405, f"Method {method} is not supported.", headers={"Version": "2.0.0", "Accept-Ranges": "none"})


def make_middlewares(
    fault_for: Callable[[web.Request, str], ApiError | None], authenticate: Callable[[web.Request], object]
) -> Iterable[Any]:
    """Return the middlewares: request ids, injected errors, and errors in the form of their service."""

    async def answered(request: web.Request, service: str, handler: Handler) -> web.StreamResponse:
        try:
            injected = fault_for(request, service)
            if injected is not None:
                raise injected
            return await handler(request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            if service in _GUARDED:
                # keystonemiddleware stands before the router.
                authenticate(request)
            if service == "placement":
                request["api_version"] = request.headers.get("OpenStack-API-Version", "placement 1.0")
            raise _unserved(service, error) from error

    @web.middleware
    async def speak(request: web.Request, handler: Handler) -> web.StreamResponse:
        service = service_of(request)
        request["request_id"] = new_request_id()
        try:
            response = await answered(request, service, handler)
        except ApiError as error:
            response = error_answer(service, error, request["request_id"])
        numbered = not _WITHOUT_REQUEST_ID.fullmatch(request.path)
        if numbered:
            response.headers["x-openstack-request-id"] = request["request_id"]
        if service == "compute" and numbered:
            response.headers["x-compute-request-id"] = request["request_id"]
            if response.content_length in (None, 0) and response.status < 300:
                # Nova names a type for what it does not send.
                response.headers["Content-Type"] = "application/json"
        elif service == "identity":
            response.headers["Vary"] = "X-Auth-Token"
        elif service == "placement" and "OpenStack-API-Version" not in response.headers and "api_version" in request:
            response.headers["OpenStack-API-Version"] = request["api_version"]
        return response

    return [speak]
