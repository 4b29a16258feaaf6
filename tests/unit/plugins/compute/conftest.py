# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Nova in memory whose time is the test's, for the drain."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.drain import Settings
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.host_drain import HostDrain, Task
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.limits import Limits
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.window import GroupLimit
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError, ServiceError

Record = dict[str, t.Any]
# What the wall says when the clock of a test says 0.
MIDNIGHT = 1_795_219_200.0
FAILURES = {"fail": "it broke", "error": "it broke for good", "novalid": "No valid host was found.", "bus": "MessagingTimeout"}
LIMITS = Limits(live=40, cold=60, busy=20, settle=10, outage=30, again=2, scheduler=30, down=10, silent=25)


@dataclasses.dataclass
class Fate:
    """What becomes of one migration: ok, fail, lie, stuck, error (of the server), or what is in FAILURES."""

    end: str = "ok"
    seconds: float = 3.0
    abortable: bool = True
    cleaning: float = 0.0


class FakeNova:
    """Moves servers as time passes. ``fates[server]`` is used up, one for each migration; then all go well."""

    def __init__(self) -> None:
        self.now = 0.0
        self.records: dict[str, Record] = {}
        self.fates: dict[str, list[Fate]] = collections.defaultdict(list)
        self.refusals: dict[str, list[ServiceError]] = collections.defaultdict(list)
        self.calls: list[str] = []
        self.later: list[tuple[float, t.Callable[[], None]]] = []
        self.actions: dict[str, Record] = {}
        self.history: list[Record] = []
        self.down_until = 0.0
        self.under_way: dict[str, str] = {}
        self.most: collections.Counter[str] = collections.Counter()
        self.starts: list[tuple[float, str]] = []
        self.reads_changes = True
        self.scheduler = "anywhere"
        self.server_groups: list[Record] = []
        self.hosts: dict[str, Record] = {
            name: {"host": name, "status": "enabled", "state": "up", "forced_down": False, "updated_at": "2026-11-21T01:02:03"}
            for name in (*"abcdefz", "anywhere", "elsewhere")
        }

    # --- time

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        end = self.now + seconds
        while self.later and min(self.later, key=lambda entry: entry[0])[0] <= end:
            entry = min(self.later, key=lambda one: one[0])
            self.later.remove(entry)
            self.now = max(self.now, entry[0])
            entry[1]()
        self.now = end

    def after(self, seconds: float, what: t.Callable[[], None]) -> None:
        self.later.append((self.now + seconds, what))

    def stamp(self) -> str:
        return f"2026-11-21T{int(self.now) // 3600:02}:{int(self.now) % 3600 // 60:02}:{int(self.now) % 60:02}Z"

    # --- set-up

    def add(self, name: str, host: str, status: str = "ACTIVE", **more: t.Any) -> None:
        self.records[name] = {
            "id": name,
            "name": f"n-{name}",
            "status": status,
            "OS-EXT-SRV-ATTR:host": host,
            "OS-EXT-STS:task_state": None,
            "updated": self.stamp(),
            **more,
        }

    def host(self, name: str) -> str:
        return self.records[name]["OS-EXT-SRV-ATTR:host"]

    def change(self, name: str, **values: t.Any) -> None:
        for key, value in values.items():
            real = {"host": "OS-EXT-SRV-ATTR:host", "task_state": "OS-EXT-STS:task_state"}.get(key, key)
            self.records[name][real] = value
        self.records[name]["updated"] = self.stamp()

    # --- reading

    def _called(self, text: str) -> None:
        self.calls.append(text)
        if self.now < self.down_until:
            raise ServiceError(f"Failed to {text}: HTTP 503: try later", status=503)

    def services(self) -> list[Record]:
        self._called("services")
        reports = {True: {"updated_at": self.stamp().removesuffix("Z")}, False: {}}
        return [{**one, **reports[one["state"] == "up"]} for one in self.hosts.values()]

    def servers(self, what: str = "", **query: str) -> list[Record]:
        self._called("list " + "".join(sorted(query)))
        found = [dict(one) for one in self.records.values()]
        if "host" in query:
            found = [one for one in found if one["OS-EXT-SRV-ATTR:host"] == query["host"] and one["status"] != "DELETED"]
        if self.reads_changes and "changes-since" in query:
            found = [one for one in found if one["updated"] >= query["changes-since"]]
        return found

    def server(self, server: str) -> Record | None:
        self._called(f"get {server}")
        found = self.records.get(server)
        return None if found is None or found["status"] == "DELETED" else dict(found)

    def migrations(self, what: str, **query: str) -> list[Record]:
        self._called("migrations")
        return [dict(one) for one in reversed(self.history) if all(one[key] == value for key, value in query.items())]

    def groups(self) -> list[Record]:
        self._called("groups")
        return self.server_groups

    def instance_action(self, server: str, request_id: str) -> Record | None:
        self._called("action")
        return self.actions.get(request_id)

    def live_migrations(self, server: str) -> list[Record]:
        self._called("live migrations")
        return [one for one in self.history if one["instance_uuid"] == server and one["status"] == "running"]

    # --- acting

    def _refuse(self, server: str) -> None:
        if self.refusals[server]:
            raise self.refusals[server].pop(0)

    def live_migrate(self, server: str, host: str | None) -> str:
        self._called(f"live {server} {host}")
        self._refuse(server)
        return self._start(server, host, "live-migration")

    def migrate(self, server: str, host: str | None) -> str:
        self._called(f"cold {server} {host}")
        self._refuse(server)
        return self._start(server, host, "migration")

    def _start(self, server: str, host: str | None, kind: str) -> str:
        fate = self.fates[server].pop(0) if self.fates[server] else Fate()
        source, status = self.host(server), self.records[server]["status"]
        request = f"req-{len(self.actions)}"
        event = {"event": kind, "result": None, "finish_time": None, "details": None}
        self.actions[request] = {"start_time": self.stamp(), "message": None, "events": [event]}
        record = {
            "id": len(self.history),
            "uuid": f"migration-{len(self.history)}",
            "instance_uuid": server,
            "migration_type": kind,
            "source_compute": source,
            "status": "running",
            "created_at": self.stamp(),
            "updated_at": None,
        }
        if fate.end != "novalid":
            self.history.append(record)
        self.starts.append((self.now, server))
        self.under_way[server] = source
        for place in (source, "all"):
            count = len([one for one in self.under_way.values() if place in (one, "all")])
            self.most[place] = max(self.most[place], count)
        live = kind == "live-migration"
        self.change(server, task_state="migrating" if live else "resize_prep", status="MIGRATING" if live else "RESIZE")

        def end() -> None:
            if record["status"] not in ("running",):
                return
            self.under_way.pop(server, None)
            failed = fate.end in FAILURES
            event.update(result="Error" if failed else "Success", finish_time=self.stamp())
            if failed:
                event["details"] = FAILURES[fate.end]
                record["status"] = "error"
                self.change(server, task_state=None, status="ERROR" if fate.end == "error" else status)
                return
            if fate.end == "ok":
                self.change(server, host=host or self.scheduler)
            record["updated_at"] = self.stamp().removesuffix("Z")
            if live and fate.cleaning:
                self.after(fate.cleaning, lambda: record.update(status="completed"))
            else:
                record["status"] = "completed" if live else "finished"
            self.change(server, task_state=None, status=status if live else "VERIFY_RESIZE", before=status)

        record["end"] = end
        record["fate"] = fate
        if fate.end != "stuck":
            self.after(fate.seconds, end)
        return request

    def confirm(self, server: str) -> None:
        self._called(f"confirm {server}")
        self._refuse(f"confirm {server}")

        def end() -> None:
            self.change(server, status=self.records[server].get("before", "ACTIVE"))
            for one in self.history:
                if one["instance_uuid"] == server and one["status"] == "finished":
                    one["status"] = "confirmed"

        self.after(1, end)

    def force_complete(self, server: str, migration: int) -> None:
        self._called(f"force {server}")
        self.after(1, self.history[migration]["end"])

    def abort(self, server: str, migration: int) -> None:
        self._called(f"abort {server}")
        record = self.history[migration]
        if record["fate"].abortable:
            record["status"] = "cancelled"
            self.under_way.pop(server, None)
            self.after(1, lambda: self.change(server, task_state=None, status="ACTIVE"))


class Told:
    """The session API, as far as a drain talks to it."""

    def __init__(self) -> None:
        self.states: list[tuple[str, str]] = []
        self.fields: list[Record] = []
        self.errors: list[ServiceError] = []

    def put(self, instance: str, *, state: str, **fields: t.Any) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.states.append((instance, state))
        self.fields.append(fields)


class Run:
    """One drain on a fake Nova, and what it showed."""

    def __init__(self) -> None:
        self.nova = FakeNova()
        self.told = Told()
        self.lines: list[str] = []

    def drain(
        self,
        *,
        moves: list[Record] | None = None,
        hosts: list[str] | None = None,
        ways: tuple[str, ...] = ("live", "force_complete", "cold"),
        ride_through: tuple[str, ...] = (),
        only_confirm: bool = False,
        groups: Record | None = None,
        check_mode: bool = False,
        tell: bool = False,
        targets: tuple[str, ...] | None = None,
        room: t.Callable[[], t.Mapping[str, int]] = dict,
        control: t.Callable[[], Record | None] | None = None,
        **options: t.Any,
    ) -> t.Any:
        settings = Settings(**{"limits": LIMITS, "groups": GroupLimit.read(groups or {}), **options})
        others = None if targets is None else frozenset(targets)
        task = Task(moves, hosts, ways, frozenset(ride_through), only_confirm, others)
        nova = self.nova
        drain = HostDrain(
            nova,
            task,
            settings,
            put=self.told.put if tell else None,
            control=control,
            room=room,
            wall=lambda: MIDNIGHT + nova.now,
            progress=self.lines.append,
            clock=nova.clock,
            sleep=nova.sleep,
        )
        return drain.run(check_mode)

    def fail(self, **options: t.Any) -> CollectionError:
        with pytest.raises(CollectionError) as caught:
            self.drain(**options)
        return caught.value

    @staticmethod
    def move(instance: str, source: str, target: str | None = None, **more: t.Any) -> Record:
        return {
            "instance": instance,
            "name": f"n-{instance}",
            "project_id": "p",
            "from": source,
            "to": target,
            "group": None,
            "ways": ["live", "force_complete", "cold"],
            **more,
        }


@pytest.fixture
def run() -> Run:
    """A fake Nova to drain."""
    return Run()


@pytest.fixture
def fate() -> type[Fate]:
    """What may become of a migration."""
    return Fate


@pytest.fixture
def limits() -> t.Callable[..., Limits]:
    """The limits of these tests, with some others."""
    return lambda **more: dataclasses.replace(LIMITS, **more)
