# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova's ground rules: versions, microversions, policy; and the routes of all its parts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from aiohttp import web

from .context import Context
from .moves import Mover
from .schema import Schema, check, unexpected
from .state import Server
from .tokens import Token
from .web import ApiError, Json, answer

ROOT = "/compute/v2.1"
LOWEST = (2, 1)
HIGHEST = (2, 93)
Version = tuple[int, int]
_NUMBER: Schema = {"type": ["string"], "shortest": 1, "pattern": "^[0-9]*$"}
Endpoint = Callable[["Call"], Coroutine[Any, Any, web.Response]]


class Call:
    """One authenticated call at one microversion."""

    def __init__(self, request: web.Request, token: Token, version: Version) -> None:
        """Keep who asks what in which version."""
        self.request = request
        self.token = token
        self.version = version

    def __getitem__(self, name: str) -> str:
        """Return a part of the path."""
        return self.request.match_info[name]

    @property
    def query(self) -> Any:
        """Return the query."""
        return self.request.query

    @property
    def request_id(self) -> str:
        """Return the id of the request, by which its instance action is known."""
        return str(self.request["request_id"])

    def at_least(self, minor: int) -> bool:
        """Whether the microversion is 2.minor or newer."""
        return self.version >= (2, minor)

    def admin(self, rule: str) -> None:
        """Refuse everybody but administrators."""
        if not self.token.is_admin:
            raise ApiError(403, f"Policy doesn't allow {rule} to be performed.")

    def writer(self, rule: str) -> None:
        """Refuse those who may only read."""
        if not self.token.roles & {"admin", "member"}:
            raise ApiError(403, f"Policy doesn't allow {rule} to be performed.")

    def needs(self, minor: int) -> None:
        """Answer 404 below the microversion in which a path appeared."""
        if not self.at_least(minor):
            raise ApiError(404, "The resource could not be found.")


class Nova:
    """What the parts of Nova share."""

    def __init__(self, context: Context, mover: Mover) -> None:
        """Serve the servers and hosts of a lab."""
        self.context = context
        self.cloud = context.cloud
        self.mover = mover
        self.base = context.url + ROOT

    def bind(self, endpoint: Endpoint) -> Callable[[web.Request], Coroutine[Any, Any, web.Response]]:
        """Wrap an endpoint in what every call goes through: token, microversion, headers."""

        async def handle(request: web.Request) -> web.Response:
            token = self.context.tokens.require(request)
            version = microversion(request)
            try:
                if not LOWEST <= version <= HIGHEST:
                    raise _unsupported(version)
                response = await endpoint(Call(request, token, version))
            except ApiError as error:
                error.headers.update(version_headers(version))
                raise
            response.headers.update(version_headers(version))
            return response

        return handle

    def server(self, call: Call, name: str = "id") -> Server:
        """Return the server of the path, which exists only for its project and for administrators."""
        server = self.cloud.servers.get(call[name])
        if server is None or not call.token.sees(server.project_id):
            raise ApiError(404, f"Instance {call[name]} could not be found.")
        return server


def microversion(request: web.Request) -> Version:
    """Read the microversion of a request; the lowest when none is asked for."""
    text = request.headers.get("X-OpenStack-Nova-API-Version", "2.1")
    for part in request.headers.get("OpenStack-API-Version", "").split(","):
        service, _, wanted = part.strip().partition(" ")
        if service == "compute":
            text = wanted.strip()
    if text == "latest":
        return HIGHEST
    match = re.fullmatch(r"([1-9]\d*)\.([1-9]\d*|0)", text)
    if not match:
        raise ApiError(400, f"API Version String {text} is of invalid format. Must be of format MajorNum.MinorNum.")
    return int(match[1]), int(match[2])


def _unsupported(version: Version) -> ApiError:
    text, low, high = (".".join(map(str, item)) for item in (version, LOWEST, HIGHEST))
    return ApiError(406, f"Version {text} is not supported by the API. Minimum is {low} and maximum is {high}.")


def version_headers(version: Version) -> dict[str, str]:
    """Return the headers that say which microversion answered."""
    text = f"{version[0]}.{version[1]}"
    return {
        "OpenStack-API-Version": f"compute {text}",
        "X-OpenStack-Nova-API-Version": text,
        "Vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
    }


class Versions:
    """The version documents, which need no token."""

    def __init__(self, url: str) -> None:
        """Describe the API below a URL."""
        self.url = url

    def routes(self) -> list[web.RouteDef]:
        """Return what is served where."""
        return [
            web.get("/compute", self.all),
            web.get("/compute/", self.all),
            web.get(ROOT, self.one),
            web.get(f"{ROOT}/", self.one),
            web.route("*", "/compute/{rest:(?!v2(\\.1)?(/|$)).+}", self.choices),
        ]

    def _document(self, name: str = "v2.1") -> Json:
        newest = name == "v2.1"
        return {
            "id": name,
            "status": "CURRENT" if newest else "SUPPORTED",
            "version": ".".join(map(str, HIGHEST)) if newest else "",
            "min_version": ".".join(map(str, LOWEST)) if newest else "",
            "updated": "2013-07-23T11:33:21Z" if newest else "2011-01-21T11:33:21Z",
            "links": [{"rel": "self", "href": f"{self.url}/compute/{name.removesuffix('.0')}/"}],
        }

    async def all(self, _: web.Request) -> web.Response:
        """List the versions; the lab does not serve the old one."""
        return answer({"versions": [self._document("v2.0"), self._document()]})

    async def one(self, _: web.Request) -> web.Response:
        """Describe v2.1."""
        document = self._document()
        document["links"].append({"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"})
        return answer({"version": {**document, "media-types": [_media("2.1")]}}, headers=version_headers(LOWEST))

    async def choices(self, request: web.Request) -> web.Response:
        """Offer the versions to whoever asks for another one."""
        shown = [
            {
                "id": name,
                "status": status,
                "links": [{"rel": "self", "href": f"{self.url}/compute/{name.removesuffix('.0')}/{request.match_info['rest']}"}],
                "media-types": [_media(name[1:].removesuffix(".0"))],
            }
            for name, status in (("v2.0", "SUPPORTED"), ("v2.1", "CURRENT"))
        ]
        return answer({"choices": shown}, 300)


def _media(version: str) -> Json:
    return {"base": "application/json", "type": f"application/vnd.openstack.compute+json;version={version}"}


async def object_body(request: web.Request) -> Json:
    """Read a JSON object, or say what is wrong with it as Nova does."""
    try:
        data = json.loads(await request.read())
    except ValueError as exc:
        raise ApiError(400, "Malformed request body") from exc
    if not isinstance(data, dict):
        raise ApiError(400, f"{data!r} is not of type 'object'")
    return data


def check_query(call: Call, allowed: set[str], numbers: Iterable[str] = (), since: int = 75) -> None:
    """Refuse what a query may not hold; unknown names only from a microversion on."""
    unknown = [name for name in dict.fromkeys(call.query) if name not in allowed]
    if unknown and call.at_least(since):
        raise ApiError(400, unexpected(unknown))
    for name in set(numbers) & set(call.query):
        check(call.query[name], _NUMBER, "query parameters", name)
