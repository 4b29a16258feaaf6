# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is moved, and what Nova says about it (private to this collection)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .._ensure import Record
from .._errors import CollectionError

LIVE = "live"
FORCE_COMPLETE = "force_complete"
COLD = "cold"
WAYS = (LIVE, FORCE_COMPLETE, COLD)
# What Nova calls a cold and a live migration in its records.
MIGRATION = "migration"
LIVE_MIGRATION = "live-migration"
# Soft-deleted and shelved servers are on no host that matters here.
_GONE = ("DELETED", "SOFT_DELETED", "SHELVED_OFFLOADED")


@dataclasses.dataclass(frozen=True, slots=True)
class Move:
    """One instance that has to leave a host.

    :ivar target: None lets the scheduler choose.
    :ivar ways: allowed ways in order; none means that the owner moves the instance. ``force_complete`` is no way of its own: it
        follows ``live`` and says what may be done about a live migration that does not converge.
    :ivar group: the group that counts it as impacted while it is moved.
    :ivar not_before: the moment from which on the move may begin, in seconds of the epoch; None means at once.
    :ivar down: members of its group that are down already and are not moved themselves.
    """

    instance: str
    name: str
    source: str
    target: str | None = None
    ways: tuple[str, ...] = WAYS
    group: str | None = None
    not_before: float | None = None
    down: int = 0

    @property
    def label(self) -> str:
        """How people are told about it."""
        return f"{self.name} ({self.instance})" if self.name != self.instance else self.instance

    @property
    def way(self) -> str:
        """From where to where, for people."""
        return f"{self.source} -> {self.target or 'a host of the scheduler'}"

    @classmethod
    def read(cls, record: Record, ways: t.Sequence[str]) -> Move:
        """From a plan.

        :param ways: for a move that does not say.
        """
        try:
            own = record.get("ways")
            move = cls(
                instance=str(record["instance"]),
                name=str(record.get("name") or record["instance"]),
                source=str(record["from"]),
                target=record.get("to") or None,
                ways=tuple(ways if own is None else own),
                group=record.get("group") or None,
                not_before=_epoch(record.get("not_before")),
                down=int(record.get("down") or 0),
            )
        except KeyError as exc:
            raise CollectionError(f"A move has no {exc.args[0]}: {record}. Next: pass the moves of a plan as they are") from exc
        except ValueError as exc:
            raise CollectionError(
                f"Move of {record.get('name') or record['instance']} is not to begin before {record['not_before']!r}, which is "
                "no time. Next: give it as ISO 8601 in UTC (2031-04-02T01:30:00Z)"
            ) from exc
        wrong = sorted(set(move.ways) - set(WAYS))
        if wrong:
            raise CollectionError(f"Move of {move.label} has the way {', '.join(wrong)}; a way is one of {', '.join(WAYS)}")
        check_order(move.ways, f"Move of {move.label}")
        return move


def check_order(ways: t.Sequence[str], who: str) -> None:
    """Where ``force_complete`` is, it comes right after ``live``."""
    if any(way == FORCE_COMPLETE and (number == 0 or ways[number - 1] != LIVE) for number, way in enumerate(ways)):
        raise CollectionError(
            f"{who} has the ways {', '.join(ways)}: {FORCE_COMPLETE} only says what may be done about a live migration that does "
            f"not converge. Next: put it right after {LIVE}"
        )


def _epoch(moment: t.Any) -> float | None:
    if not moment:
        return None
    found = dt.datetime.fromisoformat(str(moment))
    return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).timestamp()


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """A server as a list call showed it."""

    id: str
    name: str
    host: str | None
    status: str
    task_state: str | None = None
    updated: str = ""

    @property
    def idle(self) -> bool:
        """Whether Nova has nothing under way for it."""
        return self.task_state is None

    @property
    def gone(self) -> bool:
        """Whether it was deleted."""
        return self.status in _GONE

    @property
    def state(self) -> str:
        """For people."""
        return self.status if self.idle else f"{self.status} ({self.task_state})"

    @classmethod
    def read(cls, record: Record) -> Server:
        """From Nova."""
        return cls(
            id=record["id"],
            name=record.get("name") or record["id"],
            host=record.get("OS-EXT-SRV-ATTR:host"),
            status=str(record.get("status") or "UNKNOWN").upper(),
            task_state=record.get("OS-EXT-STS:task_state"),
            updated=str(record.get("updated") or ""),
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """What the records of Nova say about an operation that seems to be over.

    :ivar outcome: ``failed``, ``completed``, ``running``, or ``unknown`` when there is no record.
    :ivar words: what Nova says went wrong.
    :ivar kind: ``migration``, ``live-migration``, ``resize`` or ``evacuation``.
    """

    outcome: str
    words: str = ""
    kind: str | None = None
    source: str | None = None


_FAILED = ("error", "failed", "cancelled", "reverted")
_COMPLETED = ("completed", "done", "finished", "confirmed")


def assess(action: Record | None, migrations: t.Sequence[Record]) -> Finding:
    """Judge the instance action of our request and the newest migration record together.

    A migration record that is older than the action belongs to something else: where no host fits, there may be none of ours.
    """
    newest = migrations[0] if migrations else None
    if action is not None and newest is not None and _second(newest.get("created_at")) < _second(action.get("start_time")):
        newest = None
    status = str((newest or {}).get("status") or "")
    events = (action or {}).get("events") or []
    wrong = [event for event in events if str(event.get("result") or "").startswith("Error")]
    if status in _FAILED or wrong or (action or {}).get("message"):
        outcome = "failed"
    elif status in _COMPLETED:
        outcome = "completed"
    elif newest is not None or any(event.get("finish_time") is None for event in events):
        outcome = "running"
    else:
        outcome = "unknown"
    return Finding(
        outcome,
        _words(wrong, action, status) if outcome == "failed" else "",
        (newest or {}).get("migration_type"),
        (newest or {}).get("source_compute"),
    )


def _second(stamp: t.Any) -> str:
    """Databases differ in whether they keep fractions."""
    return str(stamp or "")[:19]


def _words(wrong: list[Record], action: Record | None, status: str) -> str:
    for event in wrong:
        if event.get("details"):
            return f"{event.get('event')}: {str(event['details']).strip()}"
    for event in wrong:
        return f"{event.get('event')} ended with an error"
    message = (action or {}).get("message")
    return f"the action ended with: {message}" if message else f"its migration ended in state {status}"
