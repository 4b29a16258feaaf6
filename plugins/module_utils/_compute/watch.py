# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of all servers of a drain, read with one list call a poll (private to this collection)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .._ensure import Record
from .moves import LIVE_MIGRATION, Move, Server

# Services of one cloud may differ that much in their clocks; what is read twice does no harm.
_SKEW = dt.timedelta(seconds=60)
# A server whose action was accepted is in the list of what changed. When it is not, it is looked for by itself.
_ABSENT_POLLS = 3
_FINISHED = "finished"
# A server is at rest on its new host before the old one is through with it: what it had there is removed, its room in Placement
# given back. A nova-compute that is stopped meanwhile leaves the room taken and the migration in error.
_RUNNING = "running"


def _moment(stamp: str) -> dt.datetime:
    """A time as Nova writes it; without a zone in records that are not servers."""
    found = dt.datetime.fromisoformat(stamp)
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


class Compute(t.Protocol):
    """What a drain needs of Nova; :class:`.nova.Nova` is it."""

    def services(self) -> list[Record]:
        """All nova-compute services."""

    def servers(self, what: str = ..., **query: str) -> list[Record]:
        """Servers of all projects."""

    def server(self, server: str) -> Record | None:
        """One server, None when it is gone."""

    def groups(self) -> list[Record]:
        """Server groups of all projects."""

    def migrations(self, what: str, **query: str) -> list[Record]:
        """Migration records, newest first."""

    def instance_action(self, server: str, request_id: str) -> Record | None:
        """What became of an accepted action."""

    def live_migrations(self, server: str) -> list[Record]:
        """Live migrations that go on."""

    def live_migrate(self, server: str, host: str | None) -> str | None:
        """Returns the request id."""

    def migrate(self, server: str, host: str | None) -> str | None:
        """Returns the request id."""

    def confirm(self, server: str) -> None:
        """Confirm a cold migration."""

    def force_complete(self, server: str, migration: int) -> None:
        """End a live migration."""

    def abort(self, server: str, migration: int) -> None:
        """Give a live migration up."""


@dataclasses.dataclass(frozen=True, slots=True)
class Leaving:
    """A server that a live migration takes, or has taken, away from a host, which is not through with it.

    :ivar migration: its UUID, by which Placement knows what it holds.
    :ivar touched: when Nova last wrote something about the migration, as it says it.
    """

    server: Server
    host: str
    migration: str
    touched: str

    def abandoned(self, newest: str, patience: float) -> bool:
        """Whether nobody works at it any more: the server is at rest on its new host, and nothing was written for long.

        :param newest: the latest time that Nova has written anywhere.
        :param patience: seconds.
        """
        at_rest = self.server.idle and self.server.host not in (None, self.host)
        return at_rest and (_moment(newest) - _moment(self.touched)).total_seconds() >= patience


class Watch:
    """What is known of the servers, by id.

    The first look is one call a host; from then on Nova is asked what changed since. Its own time stamps are used for that, so
    our clock plays no part; deleted servers are in that list too.
    """

    def __init__(self, compute: Compute) -> None:
        """Nothing is known yet."""
        self._compute = compute
        self._known: dict[str, Server | None] = {}
        self._absent: dict[str, int] = {}
        self._since: str | None = None

    def __getitem__(self, instance: str) -> Server | None:
        """The server as it was seen last, None when it is gone."""
        return self._known[instance]

    def state(self, instance: str) -> str:
        """For people."""
        server = self._known[instance]
        return "gone" if server is None else server.state

    def on_host(self, host: str) -> list[Server]:
        """The servers on a host now (one call)."""
        records = self._compute.servers(f"list the servers on host {host}", host=host)
        found = [server for server in map(Server.read, records) if server.host == host and not server.gone]
        self._known.update({server.id: server for server in found})
        return sorted(found, key=lambda server: server.id)

    def left_behind(self, host: str, kind: str | None = None) -> list[Server]:
        """Servers whose cold migration or resize away from the host is not confirmed: their old disk is still on it.

        :param kind: only those of this type, ``migration`` or ``resize``.
        """
        records = self._compute.migrations(
            f"list the unfinished migrations from host {host}", source_compute=host, status=_FINISHED
        )
        found = []
        records = [record for record in records if record.get("source_compute") == host]
        for instance in sorted({one["instance_uuid"] for one in records if kind in (None, one.get("migration_type"))}):
            server = self.look(instance)
            if server is not None and server.status == "VERIFY_RESIZE":
                found.append(server)
        return found

    def leaving(self, hosts: t.Sequence[str]) -> list[Leaving]:
        """What is under way from the hosts, as Nova's records have it (one call)."""
        only = {"source_compute": hosts[0]} if len(hosts) == 1 else {}
        what = f"list the live migrations from {'host' if only else 'hosts'} {', '.join(hosts)}"
        records = self._compute.migrations(what, status=_RUNNING, migration_type=LIVE_MIGRATION, **only)
        records = [record for record in records if record.get("source_compute") in hosts]
        found = []
        # The newest first: an older one of the same server was given up by Nova without a word.
        for instance, record in {one["instance_uuid"]: one for one in reversed(records)}.items():
            server = self._known.get(instance) or self.look(instance)
            if server is not None:
                touched = str(record.get("updated_at") or record.get("created_at"))
                found.append(Leaving(server, str(record["source_compute"]), str(record.get("uuid")), touched))
        return found

    def look(self, instance: str) -> Server | None:
        """One server (one call)."""
        record = self._compute.server(instance)
        server = None if record is None else Server.read(record)
        self._known[instance] = None if server is None or server.gone else server
        return self._known[instance]

    def begin(self, moves: t.Iterable[Move]) -> None:
        """Know every server that is to be moved, and from when on changes matter."""
        for move in moves:
            if move.instance not in self._known:
                self.look(move.instance)
        stamps = self._stamps(self._known)
        if stamps:
            self._ask_from(max(stamps))

    def poll(self, active: t.Iterable[str]) -> None:
        """See what changed (one call).

        Once all that are on their way have changed, what changed long before them is not asked for any more: in a large cloud
        that would be most of its servers, in every poll.
        """
        active = [*active]
        stamps = self._stamps(active)
        if stamps:
            self._ask_from(min(stamps))
        query = {"changes-since": self._since} if self._since else {}
        seen = {record["id"]: Server.read(record) for record in self._compute.servers("read the state of the servers", **query)}
        self._known.update({key: seen[key] for key in self._known if key in seen})
        for instance in active:
            self._absent[instance] = 0 if instance in seen else self._absent.get(instance, 0) + 1
            if self._absent[instance] >= _ABSENT_POLLS:
                self._absent[instance] = 0
                self.look(instance)

    def _stamps(self, instances: t.Iterable[str]) -> list[str]:
        found = [self._known[instance] for instance in instances]
        return [server.updated for server in found if server is not None and server.updated]

    def _ask_from(self, stamp: str) -> None:
        """From a little before this moment, but never from earlier than before: that has been seen."""
        since = (dt.datetime.fromisoformat(stamp) - _SKEW).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._since = max(self._since or since, since)
