# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Marks that the servers themselves carry: a tag, a piece of metadata, an answer to a probe (private to this collection)."""

from __future__ import annotations

import abc
import dataclasses
import typing as t
import urllib.parse

from .._errors import CollectionError, failing
from .._sdk import Connection
from .marks import Holding, Target, only_one
from .members import Members, address
from .probe import Probe

# The microversion that brought tags of servers.
_TAGS = "2.26"


class ServerMark(abc.ABC):
    """A mark at the server; the service behind it follows by itself."""

    next_step = "openstack server show <id>"

    def __init__(self, cloud: Connection, members: Members, server_ids: t.Sequence[str]) -> None:
        """Look at these servers only."""
        self._cloud, self._members, self._server_ids = cloud, members, server_ids

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """As a sentence names it."""

    @abc.abstractmethod
    def _has(self, server: t.Any) -> bool:
        """Whether a server carries it."""

    @abc.abstractmethod
    def _move(self, source: str | None, target: str) -> None:
        """Take it from the one, and give it to the other."""

    def find(self) -> Holding | None:
        """The member that carries it."""
        servers = {server_id: self._members.server(server_id) for server_id in self._server_ids}
        holders = [server_id for server_id, server in servers.items() if server is not None and self._has(server)]
        return Holding(only_one(self, holders), {"mark": self.name})

    def target(self, holding: Holding, server_id: str) -> Target:
        """Any server will do."""
        return Target(server_id)

    def foreseen(self, holding: Holding, target: Target) -> Holding:
        """The target."""
        return dataclasses.replace(holding, server_id=target.server_id)

    def give(self, holding: Holding, target: Target) -> None:
        """Never do two have it."""
        self._move(holding.server_id, target.server_id)


class Tag(ServerMark):
    """A tag of the server."""

    def __init__(self, cloud: Connection, members: Members, server_ids: t.Sequence[str], tag: str) -> None:
        """:param tag: the tag of the active member."""
        super().__init__(cloud, members, server_ids)
        self._tag = tag

    @property
    def name(self) -> str:
        """As a sentence names it."""
        return f"tag {self._tag}"

    def _has(self, server: t.Any) -> bool:
        return self._tag in (server.tags or ())

    def _move(self, source: str | None, target: str) -> None:
        if source is not None:
            with failing(f"remove {self.name} from server {source}"):
                self._cloud.compute.delete(self._path(source), microversion=_TAGS, raise_exc=True)
        with failing(f"add {self.name} to server {target}"):
            self._cloud.compute.put(self._path(target), microversion=_TAGS, raise_exc=True)

    def _path(self, server_id: str) -> str:
        return f"/servers/{server_id}/tags/{urllib.parse.quote(self._tag, safe='')}"


class Metadata(ServerMark):
    """A key in the server's metadata, with one value at the active member and another at the others."""

    def __init__(self, cloud: Connection, members: Members, server_ids: t.Sequence[str], values: t.Mapping[str, str]) -> None:
        """:param values: ``key``, ``active`` and ``standby``."""
        super().__init__(cloud, members, server_ids)
        self._key, self._active, self._standby = values["key"], values["active"], values["standby"]

    @property
    def name(self) -> str:
        """As a sentence names it."""
        return f"metadata {self._key}={self._active}"

    def _has(self, server: t.Any) -> bool:
        return bool((server.metadata or {}).get(self._key) == self._active)

    def _move(self, source: str | None, target: str) -> None:
        for server_id, value in ((source, self._standby), (target, self._active)):
            if server_id is not None:
                with failing(f"set metadata {self._key}={value} of server {server_id}"):
                    self._cloud.compute.set_server_metadata(server_id, **{self._key: value})


class Answer(ServerMark):
    """The answer to a probe: it shows who is active, but cannot be given away."""

    def __init__(self, cloud: Connection, members: Members, server_ids: t.Sequence[str], probe: Probe) -> None:
        """:param probe: which only the active member answers as expected."""
        super().__init__(cloud, members, server_ids)
        self._probe = probe
        if not probe.wants_address:
            raise CollectionError(f"A probe that shows which member is active has {{address}} in its URL; {probe.url} has not")

    @property
    def name(self) -> str:
        """As a sentence names it."""
        return f"answer {self._probe.status} to {self._probe.url}"

    def _has(self, server: t.Any) -> bool:
        return not self._probe.complaint(address(server))

    def _move(self, source: str | None, target: str) -> None:
        raise CollectionError(f"The {self.name} cannot be moved from {source or 'nobody'} to {target}; use tasks of your own")
