# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of sessions of any size, as the session API would give them; always the same for the same arguments."""

from __future__ import annotations

import dataclasses
import datetime
import random
import typing as t

from ansible_collections.nfv.maintenance.plugins.plugin_utils._report import spans
from ansible_collections.nfv.maintenance.plugins.plugin_utils._report.model import Seen, build

Dict = dict[str, t.Any]

BEGIN = datetime.datetime(2026, 11, 21, 1, 0, 0)


@dataclasses.dataclass
class Sample:
    """A run that is played for its record.

    :param hosts: how many there are.
    :param together: hosts in a wave.
    :param failing: name of a host whose work fails.
    :param until: how many hosts are done when the record is read; all where it is not given.
    """

    hosts: int
    together: int = 1
    failing: str = ""
    until: int | None = None

    def __post_init__(self) -> None:
        self.random = random.Random(self.hosts)  # noqa: S311
        self.at = BEGIN
        self.events: list[Dict] = []
        self.messages: list[Dict] = []
        self.seen = Seen()
        self.versions: dict[str, str] = {}
        self.names = [f"compute-{number}" for number in range(1, self.hosts + 1)]
        self.states = dict.fromkeys(self.names, "WAITING")
        self.projects = {
            f"{number:032x}": name for number, name in enumerate(("operator-a", "operator-b", "operator-c"), start=0x3F07249D)
        }
        self.instances = [
            {
                "id": f"{number:08x}-ee6b-47f5-9a0f-1476dcdf7add",
                "name": f"vnf-{number % 7}-worker-{number}",
                "project_id": list(self.projects)[number % 3],
                "host": self.names[number % len(self.names)],
                "state": None,
                "how": None,
                "from_host": None,
                "seconds": None,
                "reason": None,
            }
            for number in range(self.hosts * 3)
        ]
        self._play()

    def report(self) -> Dict:
        """The report of it."""
        done = sum(state == "MAINTENANCE_COMPLETE" for state in self.states.values())
        left = self.hosts - done
        session = {
            "id": "6f028d22-e4e8-11f1-a118-02fc00000001",
            "name": "kernel-2026-11",
            "state": "MAINTENANCE_DONE" if self.until is None else "PLANNED_MAINTENANCE",
            "round": 1,
            "reason": None,
            "workflow": "default",
            "created_at": stamp(BEGIN),
            "updated_at": stamp(self.at),
            "lease": None if self.until is None else {"holder": "ops-k3x9"},
            "instances": self.instances,
            "hosts": [
                {
                    "name": name,
                    "type": "compute",
                    "state": state,
                    "disabled": state == "FAILED",
                    "reason": "nova-compute did not come back" if state == "FAILED" else None,
                    "verifying": False,
                    "version_before": "8.1.0" if name in self.versions else None,
                    "version": self.versions.get(name),
                }
                for name, state in self.states.items()
            ],
            "progress": {
                "control": "running",
                "percent_done": 100 * done // self.hosts,
                "hosts": self.hosts,
                "hosts_done": done,
                "hosts_failed": int(bool(self.failing)),
                "servers": 3 * self.hosts,
                "servers_done": 3 * done,
                "seconds_left": 240 * left if self.until is not None else None,
                "done_at": None,
                "waiting_for": [],
            },
            "waiting_for": [
                {"project_id": one["project_id"], "state": one["state"], "message_id": one["id"], "reply_at": one["reply_at"]}
                for one in self.messages
                if one["status"] == "pending"
            ],
        }
        return build(session, self.messages, self.events, stamp(self.at), self.seen)

    def tick(self, least: float, most: float) -> None:
        self.at += datetime.timedelta(seconds=self.random.uniform(least, most))

    def say(self, kind: str, text: str, **about: t.Any) -> None:
        self.events.append({"number": len(self.events) + 1, "at": stamp(self.at), "kind": kind, "text": text, **about})

    def tell(
        self, state: str, project_id: str, ids: list[str], key: str = "", *, pending: bool = False, refuse: bool = False
    ) -> None:
        sent = self.at
        waits = self.random.uniform(0.4, 9)
        message = {
            "id": f"{len(self.messages):08x}-1f7f-4c8a-9a55-0d6cf1d7a3ab",
            "project_id": project_id,
            "state": state,
            "status": "pending",
            "round": 1,
            "key": key,
            "reason": None,
            "created_at": stamp(sent),
            "sent_at": stamp(sent),
            "reply_at": stamp(sent + datetime.timedelta(seconds=60)),
            "replied_at": None,
            "instance_ids": ids,
            "allowed_actions": ["MIGRATE", "LIVE_MIGRATE"],
            "extended": 0,
            "reply": None,
        }
        if not pending:
            verb = "NACK" if refuse else "ACK"
            message.update(
                status="refused" if refuse else "acknowledged",
                replied_at=stamp(sent + datetime.timedelta(seconds=waits)),
                reason="the database is being backed up" if refuse else None,
                reply={"state": f"{verb}_{state}", "instance_actions": {} if refuse else dict.fromkeys(ids, "LIVE_MIGRATE")},
            )
            if refuse:
                self.say(
                    "message.refused",
                    f"{state}: refused by project {project_id}: the database is being backed up",
                    project_id=project_id,
                    message_id=message["id"],
                )
        self.messages.append(message)

    def _play(self) -> None:
        self.seen.projects = dict(self.projects)
        for project_id in self.projects:
            self.tell("MAINTENANCE", project_id, [])
        self.tick(10, 12)
        waves = [self.names[first : first + self.together] for first in range(0, self.hosts, self.together)]
        for number, wave in enumerate(waves, start=1):
            if self.until is not None and sum(state == "MAINTENANCE_COMPLETE" for state in self.states.values()) >= self.until:
                self._begin_wave(number, wave, pending=True)
                break
            self._wave(number, wave)
        self._end(len(waves))

    def _begin_wave(self, number: int, wave: list[str], *, pending: bool) -> None:
        self.seen.waves.append({"number": number, "hosts": wave, "at": stamp(self.at), "minutes": 12.0})
        for host in wave:
            self._host(host, "DRAINING")
        for project_id in self.projects:
            ids = [one["id"] for one in self.instances if one["host"] in wave and one["project_id"] == project_id]
            if ids:
                self.tell("PLANNED_MAINTENANCE", project_id, ids, " ".join(wave), pending=pending, refuse=number == 2)
        self.tick(5, 10)

    def _wave(self, number: int, wave: list[str]) -> None:
        self._begin_wave(number, wave, pending=False)
        elsewhere = [name for name in self.names if name not in wave]
        for one in [one for one in self.instances if one["host"] in wave]:
            about = {"instance_id": one["id"], "project_id": one["project_id"]}
            self.say("instance.state", f"{one['name']}: MOVING", host=one["host"], **about)
            self.tick(3, 25)
            lasted = self.random.uniform(3, 25)
            source, one["host"] = one["host"], self.random.choice(elsewhere)
            one.update(
                state="MOVED", from_host=source, how="live" if self.random.random() < 0.9 else "cold", seconds=round(lasted, 1)
            )
            self.say(
                "instance.state",
                f"{one['name']}: MOVED to {one['host']} ({one['how']}, {lasted:.1f} s)",
                host=one["host"],
                **about,
            )
        for host in wave:
            self._host(host, "IN_MAINTENANCE")
        self.tick(150, 260)
        for host in wave:
            self.say(spans.KIND, spans.written(host), host=host)
            self.tick(12, 30)
            self._host(host, "FAILED" if host == self.failing else "MAINTENANCE_COMPLETE")
            self.versions[host] = "8.1.0" if host == self.failing else "9.0.2"
        self.tick(2, 6)

    def _host(self, host: str, state: str) -> None:
        self.states[host] = state
        self.say("host.state", f"{host}: {state}" + (": nova-compute did not come back" if state == "FAILED" else ""), host=host)

    def _end(self, waves: int) -> None:
        self.seen.plan = {
            "hosts": self.hosts,
            "waves": waves,
            "moves": 3 * self.hosts,
            "moves_lower_bound": 3 * self.hosts,
            "waves_lower_bound": waves,
            "minutes": 12.0 * waves,
        }
        self.seen.blockers = [
            {
                "host": self.names[-1],
                "instance": None,
                "reason": "instance vnf-a-db-1 is locked",
                "remedy": "ask its owner to unlock it",
                "choice": "skip_host",
            }
        ]
        self.say("control.pause", "paused by ops: disk alarms")
        gap = {
            "from": stamp(BEGIN + datetime.timedelta(seconds=70)),
            "to": stamp(BEGIN + datetime.timedelta(seconds=71)),
            "seconds": 0.31,
        }
        self.seen.measured = {
            "since": stamp(BEGIN),
            "until": stamp(self.at),
            "violations": [],
            "vnfs": [
                {
                    "id": "v1",
                    "name": "vnf-core",
                    "availability": 0.9997,
                    "down_seconds": 0.31,
                    "longest_gap_seconds": 0.31,
                    "gaps": [gap],
                },
                {"id": "v2", "name": "vnf-edge", "availability": 1.0, "down_seconds": 0, "longest_gap_seconds": 0, "gaps": []},
            ],
        }
        if self.failing:
            self.seen.failures = [
                {
                    "at": stamp(self.at),
                    "host": self.failing,
                    "task": "Wait until the host is ready",
                    "text": "nova-compute did not come back in 600 s. Next: look at its log",
                }
            ]
        if self.until is None:
            self.say("session.state", "MAINTENANCE_COMPLETE -> MAINTENANCE_DONE")


def stamp(at: datetime.datetime) -> str:
    """As the session API writes times."""
    return at.isoformat(timespec="microseconds") + "Z"
