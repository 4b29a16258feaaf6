# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls on Nova and Placement that snapshot and drain need, one method each (private to this collection).

The proxies of openstacksdk are used as sessions only: its Resource classes pick the newest microversion they know (which asks
every hypervisor for its uptime and no longer says what room there is), keep the request id of an action to themselves, and make
objects of every server in a list that is read once a poll. Records are passed on as the service sent them.
"""

from __future__ import annotations

import typing as t
import urllib.parse

from .._ensure import Record
from .._errors import CollectionError, ServiceError, failing
from .._sdk import Connection, Proxy, RetriableConnectionFailure, attach
from .._wait import outlast

# Old enough for every cloud in use, new enough for all that is needed: flavors inside servers (2.47), a target for cold migration
# (2.56), live migration that the scheduler always verifies (2.68), servers of a cell that is down (2.69).
MICROVERSION = (2, 73)
# A target for cold migration. What is older cannot be worked with.
OLDEST = (2, 56)
# Why an instance action failed is told from here on.
_WITH_DETAILS = (2, 84)
# Summaries of providers with all their resource classes.
PLACEMENT_MICROVERSION = "1.29"
# Seconds for one call where the cloud's configuration sets none.
CALL_TIMEOUT = 60.0
# Seconds for which Nova may be away where nothing else bears it: longer than one call that is not answered at all.
OUTAGE = 120.0
_PAGE = 1000
_REPEATABLE = ("GET", "PUT")

Query = t.Mapping[str, str]


class Nova:
    """Nova and Placement of one cloud, asked as administrator."""

    def __init__(self, cloud: Connection, outage: float = 0.0) -> None:
        """Nothing is called yet.

        :param outage: seconds for which a call that may be made twice is made again while Nova is busy (429), fails (5xx) or
            cannot be reached.
        """
        self._cloud = cloud
        self._outage = outage
        self._highest: tuple[int, int] | None = None
        self._placement: tuple[t.Any, str] | None = None

    # --- reading

    def services(self) -> list[Record]:
        """All nova-compute services."""
        return self._pages("/os-services", "services", "list the nova-compute services", {"binary": "nova-compute"})

    def hypervisors(self) -> list[Record]:
        """All hypervisors, with the service each belongs to."""
        return self._pages("/os-hypervisors/detail", "hypervisors", "list the hypervisors")

    def servers(self, what: str = "list the servers", **query: str) -> list[Record]:
        """Servers of all projects, all pages."""
        return self._pages("/servers/detail", "servers", what, {"all_tenants": "1", **query})

    def server(self, server: str) -> Record | None:
        """One server; None when it is gone."""
        try:
            answer = self._json("GET", _path("servers", server), f"read server {server}")
        except ServiceError as exc:
            if exc.status == 404:
                return None
            raise
        return t.cast("Record", answer["server"])

    def groups(self) -> list[Record]:
        """Server groups of all projects. Nova gives no links here, and how long a page may be is its own matter."""
        found: dict[str, Record] = {}
        while True:
            query = {"all_projects": "True", "limit": str(_PAGE), "offset": str(len(found))}
            page = self._json("GET", "/os-server-groups", "list the server groups", query)["server_groups"]
            new = {group["id"]: group for group in page if group["id"] not in found}
            if not new:
                return [*found.values()]
            found.update(new)

    def aggregates(self) -> list[Record]:
        """All host aggregates; Nova makes no pages of them."""
        return t.cast("list[Record]", self._json("GET", "/os-aggregates", "list the host aggregates")["aggregates"])

    def migrations(self, what: str, **query: str) -> list[Record]:
        """Migration records, newest first."""
        found = self._pages("/os-migrations", "migrations", what, query)
        return sorted(found, key=lambda record: (str(record.get("created_at")), record.get("id") or 0), reverse=True)

    def instance_action(self, server: str, request_id: str) -> Record | None:
        """What became of an action that was accepted; None where Nova does not know it."""
        version = self._version(_WITH_DETAILS)
        path = _path("servers", server, "os-instance-actions", request_id)
        try:
            answer = self._json("GET", path, f"read what became of request {request_id}", version=version)
        except ServiceError as exc:
            if exc.status == 404:
                return None
            raise
        return t.cast("Record", answer["instanceAction"])

    def live_migrations(self, server: str) -> list[Record]:
        """Live migrations of a server that go on."""
        answer = self._json("GET", _path("servers", server, "migrations"), f"list the live migrations of server {server}")
        return t.cast("list[Record]", answer["migrations"])

    # --- acting

    def disable_service(self, service: str, host: str, reason: str) -> None:
        """Let the scheduler place nothing on a host any more.

        :param service: id of its nova-compute service.
        """
        self._service(service, {"status": "disabled", "disabled_reason": reason}, f"disable nova-compute on host {host}")

    def enable_service(self, service: str, host: str) -> None:
        """Let the scheduler use a host again; its disabled reason goes."""
        self._service(service, {"status": "enabled"}, f"enable nova-compute on host {host}")

    def _service(self, service: str, body: Record, what: str) -> None:
        self._call("PUT", _path("os-services", service), what, json=body)

    def live_migrate(self, server: str, host: str | None) -> str | None:
        """Ask for a live migration; returns the request id, under which Nova keeps what becomes of it."""
        return self._act(server, {"os-migrateLive": {"host": host, "block_migration": "auto"}}, f"live-migrate server {server}")

    def migrate(self, server: str, host: str | None) -> str | None:
        """Ask for a cold migration."""
        return self._act(server, {"migrate": {"host": host} if host else None}, f"migrate server {server}")

    def confirm(self, server: str) -> None:
        """Confirm a cold migration."""
        self._act(server, {"confirmResize": None}, f"confirm the migration of server {server}")

    def force_complete(self, server: str, migration: int) -> None:
        """Let a running live migration end, at the price of a longer pause of the guest."""
        path = _path("servers", server, "migrations", str(migration), "action")
        self._call("POST", path, f"force the live migration of server {server} to complete", json={"force_complete": None})

    def abort(self, server: str, migration: int) -> None:
        """Give a live migration up."""
        self._call(
            "DELETE", _path("servers", server, "migrations", str(migration)), f"abort the live migration of server {server}"
        )

    # --- Placement

    def has_placement(self) -> bool:
        """Whether the catalogue has it."""
        if self._placement is None:
            proxy = attach(self._cloud, "placement", Proxy)
            # The session only holds a weak reference to the connection that its proxies need.
            proxy._connection = self._cloud
            with failing("find Placement in the catalogue"):
                self._placement = proxy, str(proxy.get_endpoint(skip_discovery=True) or "").rstrip("/")
        return bool(self._placement[1])

    def placement(self, path: str, what: str, query: Query | None = None) -> Record:
        """Read from Placement, which has to be there."""
        proxy, url = t.cast("tuple[t.Any, str]", self._placement)

        def ask() -> t.Any:
            with failing(what):
                return proxy.get(url + path, params=query or {}, microversion=PLACEMENT_MICROVERSION, **self._common(proxy))

        return _json(outlast(ask, self._outage, _passing), what)

    # --- HTTP

    def _version(self, wanted: tuple[int, int] = MICROVERSION) -> str:
        if self._highest is None:
            self._highest = self._discover()
            if self._highest < OLDEST:
                raise CollectionError(
                    f"Nova of this cloud has microversion {_text(self._highest)} at most; "
                    f"{_text(OLDEST)} is needed (Queens or newer)"
                )
        return _text(min(wanted, self._highest))

    def _discover(self) -> tuple[int, int]:
        """The highest microversion. Discovery keeps to itself that a service did not answer; then its document is read here."""
        what = "find out which microversions Nova has"
        compute = self._cloud.compute
        with failing(what):
            data = compute.get_endpoint_data()
            found = getattr(data, "max_microversion", None)
            if found is not None:
                return (int(found[0]), int(found[1]))
            response = compute.request(compute.get_endpoint(), "GET", **self._common(compute))
        highest = str((_json(response, what).get("version") or {}).get("version") or "2.1").split(".")
        return (int(highest[0]), int(highest[1]))

    @staticmethod
    def _common(proxy: t.Any) -> dict[str, t.Any]:
        """Redirects are not followed, so that the token goes to the endpoint of the catalogue only."""
        common: dict[str, t.Any] = {"raise_exc": True, "redirect": False}
        if getattr(proxy.session, "timeout", None) is None:
            common["timeout"] = CALL_TIMEOUT
        return common

    def _call(self, method: str, path: str, what: str, *, version: str | None = None, **more: t.Any) -> t.Any:
        compute = self._cloud.compute

        def ask() -> t.Any:
            with failing(what):
                return compute.request(path, method, microversion=version or self._version(), **self._common(compute), **more)

        return outlast(ask, self._outage if method in _REPEATABLE else 0.0, _passing)

    def _json(self, method: str, path: str, what: str, query: Query | None = None, version: str | None = None) -> Record:
        return _json(self._call(method, path, what, version=version, params=dict(query or {})), what)

    def _pages(self, path: str, key: str, what: str, query: Query | None = None) -> list[Record]:
        found: list[Record] = []
        wanted = dict(query or {})
        while True:
            answer = self._json("GET", path, what, wanted)
            found += answer[key]
            following = _next(answer.get(f"{key}_links"))
            if following is None or not answer[key] or following == wanted:
                return found
            wanted = following

    def _act(self, server: str, body: Record, what: str) -> str | None:
        response = self._call("POST", _path("servers", server, "action"), what, json=body)
        headers = response.headers
        return t.cast("str | None", headers.get("x-openstack-request-id") or headers.get("x-compute-request-id"))


def _passing(exc: ServiceError) -> bool:
    return (exc.status or 0) >= 500 or exc.status == 429 or isinstance(exc.__cause__, RetriableConnectionFailure)


def _next(links: t.Any) -> dict[str, str] | None:
    """The query of the next page. Only the query: the address in the link may be one that we cannot, or must not, call."""
    for link in links or []:
        if link.get("rel") == "next":
            return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(link["href"]).query))
    return None


def _path(*parts: str) -> str:
    return "".join("/" + urllib.parse.quote(part, safe="") for part in parts)


def _json(response: t.Any, what: str) -> Record:
    try:
        answer = response.json()
    except ValueError as exc:
        raise ServiceError(
            f"Failed to {what}: the answer is not JSON: {response.text[:80]!r}", status=response.status_code
        ) from exc
    if not isinstance(answer, dict):
        raise ServiceError(f"Failed to {what}: the answer is not an object", status=response.status_code)
    return answer


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
