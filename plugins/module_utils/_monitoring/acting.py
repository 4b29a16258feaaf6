# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From findings to claimed actions, and from what came of them to the ledger (private to this collection)."""

from __future__ import annotations

import functools
import time
import typing as t

from .._errors import CollectionError
from .._nfv.proxy import nfv
from .._sdk import Connection
from . import incidents as book
from .claims import Claims, finish
from .decisions import World
from .findings import LIFECYCLE, MOST_EVENTS, Finding, Raw, Unusable
from .incidents import Incident
from .ledger import Ledger, now
from .limits import Limits
from .muting import busy_servers, read_muting
from .truth import Truth

LONGEST_BUNDLE = 10.0
# Seconds for which the ledger remembers what is over.
KEPT = 30 * 86400.0
CHANGES = ("act", "closed", "put_off", "refused", "obsolete")

_STALE = "it was found before the target was last up"


def begin(cloud: Connection, place: str, events: t.Sequence[t.Any], allowed: t.Collection[str], limits: Limits) -> list[Raw]:
    """Note findings and claim what is to be done about them; see the module ``vnf_policy_action`` for what is returned."""
    if len(events) > MOST_EVENTS:
        raise CollectionError(f"{len(events)} events at once; at most {MOST_EVENTS} are taken")
    ledger = Ledger(place)
    try:
        noted, decided = _note(ledger, events)
        _wait_for_more(noted, limits)
        world = World(
            Truth(nfv(cloud)),
            functools.cache(lambda: read_muting(cloud, now(), limits.settle, limits.muted_longest)),
            lambda server_ids: busy_servers(cloud, server_ids),
        )
        by_vnf: dict[str, list[Incident]] = {}
        for incident in {(one.id, one.state): one for one in noted}.values():
            by_vnf.setdefault(incident.vnf_id, []).append(incident)
        for vnf_id, incidents in by_vnf.items():
            claims = Claims(ledger, world, limits, allowed, now())
            try:
                decided += [decision.record for decision in claims.decide(vnf_id, incidents)]
            except CollectionError as exc:
                # One VNF holds up no other one.
                decided.append({**_said("put_off", str(exc)), "vnf_id": vnf_id, "vnf_name": incidents[0].vnf_name})
        return decided
    finally:
        ledger.close()


def end(place: str, claim: str, succeeded: bool, reason: str) -> bool:
    """Write down how a claimed action ended; False when the claim is not this run's any more."""
    ledger = Ledger(place)
    try:
        return finish(ledger, claim, succeeded=succeeded, reason=reason, now=now())
    finally:
        ledger.close()


def listed(place: str, vnf_id: str | None, only_open: bool, limit: int) -> list[Raw]:
    """The newest incidents with what was decided about them; see the module ``vnf_policy_action_info``."""
    ledger = Ledger(place)
    try:
        with ledger.transaction() as db:
            return book.listed(db, vnf_id, only_open, limit)
    finally:
        ledger.close()


def _note(ledger: Ledger, events: t.Sequence[t.Any]) -> tuple[list[Incident], list[Raw]]:
    """Write the findings down: the incidents that they are about, and what is said of findings that are about none."""
    noted: list[Incident] = []
    said: list[Raw] = []
    findings: list[Finding] = []
    for event in events:
        try:
            findings.append(Finding.read(event))
        except Unusable as exc:
            said.append(_said("rejected", str(exc)))
    with ledger.transaction() as db:
        book.forget(db, now() - KEPT)
        for finding in findings:
            outcome, incidents = book.note(db, finding, now())
            noted += incidents
            if outcome == book.STALE:
                said.append(_said("stale", _STALE, finding))
            elif outcome == book.OVER:
                said.append(_said("obsolete", book.GONE, finding))
            elif outcome == book.CHANGED:
                said.append(_said("obsolete", "the targets of the VNF have changed since", finding))
            elif outcome == book.CLOSED:
                said.append(_said("closed", "it is up", finding))
            elif not any(one.wanted for one in incidents):
                said.append(_said("noted", "the monitoring policy wants nothing for it", finding))
    return noted, said


def _said(decision: str, reason: str, finding: Finding | None = None) -> Raw:
    about: Raw = {"vnf_id": None, "vnf_name": None, "project_id": None, "vnfcs": []}
    if finding is not None:
        vnfc = {"id": finding.vnfc_id, "vdu": finding.vdu, "server_id": finding.server_id, "state": finding.state}
        about = {"vnf_id": finding.vnf_id, "vnf_name": finding.vnf_name, "project_id": finding.project_id, "vnfcs": [vnfc]}
    return {
        "decision": decision,
        "action": None,
        "to": None,
        "reason": reason,
        "claim": None,
        "order": {},
        "action_ids": [],
        **about,
    }


def _wait_for_more(noted: t.Sequence[Incident], limits: Limits) -> None:
    """What fails together seldom is found in the same moment."""
    fresh = [one.opened_at for one in noted if any(action["name"] in LIFECYCLE for action in one.wanted)]
    left = max(fresh, default=0.0) + limits.bundle - now()
    if left > 0:
        time.sleep(min(left, LONGEST_BUNDLE))
