# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A VNF, what is found of it, and a clock that is set by hand."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring import claims, decisions, findings, incidents, truth
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring.ledger import Ledger
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring.limits import Limits
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring.muting import Muting

VNF = "4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f"
BEGINNING = 1_800_000_000.0
RESPAWN = {"name": "respawn"}


def iso(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat()


@dataclasses.dataclass
class World:
    """Where tests say how things are; it stands in for the VNF manager, Nova and the maintenance service.

    :ivar servers: those of the VNF; None when there is no such VNF.
    """

    ledger: Ledger
    now: float = BEGINNING
    servers: list[str] | None = dataclasses.field(default_factory=lambda: ["a", "b", "c"])
    level: int = 1
    away: bool = False
    operating: bool = False
    muted: str = ""
    draining: tuple[str, ...] = ()
    moved: dict[str, float] = dataclasses.field(default_factory=dict)
    busy: dict[str, str] = dataclasses.field(default_factory=dict)
    limits: Limits = dataclasses.field(default_factory=lambda: Limits(bundle=0))
    allowed: tuple[str, ...] = findings.ACTIONS

    def event(self, server: str | None = "a", to: str = "down", actions: t.Any = (RESPAWN,), **more: t.Any) -> dict[str, t.Any]:
        return {
            "kind": "state_change", "vnf": {"id": VNF, "name": "web", "project_id": "p"},
            "vnfc": {"id": f"VDU1-{server}", "vdu": "VDU1", "server_id": server} if server else None,
            "target": {"name": f"web/{server}", "address": "192.0.2.1", "port": None, "probe": "ping"},
            "from": "up", "to": to, "since": iso(self.now), "at": iso(self.now), "generation": 0,
            "actions": None if actions is None else list(actions), "evidence": {"sent": 5, "lost": 3, "threshold": "3 of 5"},
            "worker": "one", **more,
        }  # fmt: skip

    # --- what is asked for

    def vnf(self, vnf_id: str) -> truth.Vnf | None:
        if self.away:
            raise CollectionError("nobody there")
        if self.servers is None:
            return None
        servers = tuple({"id": one, "vnfc_info_id": f"VDU1-{one}", "vdu_id": "VDU1", "index": 0} for one in self.servers)
        return truth.Vnf(vnf_id, True, servers, {"web": (self.level, 3)})

    def at_it(self, vnf_id: str) -> bool:
        return self.operating

    def muting(self) -> Muting:
        instances = [{"id": one, "host": "compute-1", "state": "WAITING"} for one in self.draining]
        instances += [{"id": one, "state": "MOVED", "updated_at": iso(at)} for one, at in self.moved.items()]
        hosts = [{"name": "compute-1", "state": "DRAINING", "updated_at": iso(self.now)}]
        return Muting([({"id": "s", "instances": instances, "hosts": hosts}, [])], self.now, 60, 3600, self.muted)

    # --- what is done

    def begin(self, *events: dict[str, t.Any]) -> list[dict[str, t.Any]]:
        """As :func:`acting.begin`, without a cloud."""
        noted = []
        with self.ledger.transaction() as db:
            for event in events:
                noted += incidents.note(db, findings.Finding.read(event), self.now)[1]
        world = decisions.World(
            t.cast("truth.Truth", self), self.muting,
            lambda server_ids: {one: self.busy[one] for one in server_ids if one in self.busy},
        )  # fmt: skip
        each = {one.id: one for one in noted}
        if not each:
            return []
        decided = claims.Claims(self.ledger, world, self.limits, self.allowed, self.now).decide(VNF, [*each.values()])
        return [one.record for one in decided]

    def end(self, decision: dict[str, t.Any], *, succeeded: bool = True, reason: str = "") -> bool:
        return claims.finish(self.ledger, decision["claim"], succeeded=succeeded, reason=reason, now=self.now)

    def incidents(self, only_open: bool = False) -> list[dict[str, t.Any]]:
        with self.ledger.transaction() as db:
            return incidents.listed(db, None, only_open, 100)


@pytest.fixture
def world(tmp_path):
    ledger = Ledger(str(tmp_path / "incidents.sqlite"))
    yield World(ledger)
    ledger.close()
