# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers what wants no action, and says of the rest that it is work for the playbook."""

from __future__ import annotations

import concurrent.futures
import functools
import logging
import threading
import time
import typing as t

from ...module_utils._errors import CollectionError, ServiceError
from ...module_utils._maintenance import replies
from ...module_utils._maintenance.readback import ReadBack
from .._decision.decide import maintenance_decisions
from . import lines
from .cloud import Cloud, Clouds
from .picture import TooLate
from .policies import Policies, Unusable

LOG = logging.getLogger("nfv.maintenance.answering")

Record = dict[str, t.Any]

SESSIONS_AT_A_TIME = 8
SENDERS = 8
REPLIES_AT_A_TIME = 16
# Seconds for one reply, its repetitions included, before the playbook is asked to see to it.
REPLY_SECONDS = 3.0
TOO_LATE = "it took too long to decide"


class Asked(t.NamedTuple):
    """One delivery, and until when it has to be decided (``time.monotonic``)."""

    delivery: str
    hint: Record
    until: float


class Desk:
    """Where deliveries are answered.

    Each session has a lane: what comes while it is being looked at is looked at together, next. Lanes do not wait for each other,
    nor anybody for the replies of others. Whatever a lane is waiting for, its deliveries are left to the playbook when their time
    is over: the source takes silence for a process that hangs.
    """

    def __init__(self, clouds: Clouds, policies: Policies, tell: lines.Tell) -> None:
        """Outcomes go to ``tell``."""
        self._clouds = clouds
        self._policies = policies
        self._tell = tell
        self._lock = threading.Lock()
        self._lanes: dict[str, list[Asked]] = {}
        self._undecided: dict[str, float] = {}
        self._clock: threading.Timer | None = None
        self._lookers = concurrent.futures.ThreadPoolExecutor(SESSIONS_AT_A_TIME, "look")
        self._senders = concurrent.futures.ThreadPoolExecutor(SENDERS, "send")

    def take(self, asked: t.Iterable[Asked]) -> None:
        """Have these answered; each gets its outcome later."""
        with self._lock:
            for one in asked:
                self._undecided[one.delivery] = one.until
                session_id = str(one.hint.get("session_id"))
                if session_id in self._lanes:
                    self._lanes[session_id].append(one)
                else:
                    self._lanes[session_id] = [one]
                    self._lookers.submit(self._run, session_id)
            self._wind()

    def _wind(self) -> None:
        """Have a clock ring when the next delivery's time is over; the lock is held."""
        if self._undecided and self._clock is None:
            self._clock = threading.Timer(max(0.0, min(self._undecided.values()) - time.monotonic()), self._ring)
            self._clock.daemon = True
            self._clock.start()

    def _ring(self) -> None:
        with self._lock:
            now = time.monotonic()
            late = [delivery for delivery, until in self._undecided.items() if until <= now]
            for delivery in late:
                del self._undecided[delivery]
            self._clock = None
            self._wind()
        self._settle([lines.outcome(delivery, lines.WORK, TOO_LATE) for delivery in late])

    def _decided(self, deliveries: t.Iterable[str]) -> set[str]:
        """Take those out of the clock's hands whose time is not over; nothing may be said about the others any more."""
        with self._lock:
            return {one for one in deliveries if self._undecided.pop(one, None) is not None}

    def _run(self, session_id: str) -> None:
        while True:
            with self._lock:
                asked = self._lanes[session_id]
                if not asked:
                    del self._lanes[session_id]
                    return
                self._lanes[session_id] = []
            cloud = self._clouds.present
            self._guarded(cloud, functools.partial(self._look, cloud, asked), functools.partial(self._decided, _ids(asked)))

    def _guarded(self, cloud: Cloud | None, work: t.Callable[[], None], left: t.Callable[[], t.Iterable[str]]) -> None:
        """Do something; whatever goes wrong leaves the deliveries that ``left`` gives then to the playbook."""
        why = ""
        try:
            work()
        except (CollectionError, TooLate, Unusable) as exc:
            why = str(exc)
            if isinstance(exc, ServiceError) and exc.status is None:
                self._clouds.lost(cloud)
        except Exception as exc:
            LOG.exception("A message cannot be answered here")
            why = f"failed here ({type(exc).__name__})"
        if why:
            self._settle([lines.outcome(delivery, lines.WORK, why) for delivery in left()])

    def _settle(self, outcomes: list[Record]) -> None:
        if outcomes:
            self._tell({"outcomes": outcomes})

    def _look(self, cloud: Cloud | None, asked: list[Asked]) -> None:
        if cloud is None:
            raise CollectionError("there is no connection to the cloud")
        until = min(one.until for one in asked)
        hints = [{**one.hint, "delivery": {"id": one.delivery}} for one in asked]
        found, dropped = ReadBack(cloud.maintenance, by_id=True).hints(hints)
        decisions: dict[str, Record] = {}
        if found:
            # The journal asks about MAINTENANCE_COMPLETE when all else of its session is over.
            decided = maintenance_decisions(found, cloud.picture.vnfs(until), self._policies.read(), alone=True)
            decisions = {str(one["message"]["id"]): one for one in decided}
        in_time = self._decided(_ids(asked))
        about: dict[str, list[Record]] = {}
        for message in found:
            for delivery in in_time.intersection(message["deliveries"]):
                about.setdefault(delivery, []).extend([decisions[message["id"]]] if message["id"] in decisions else [])
        reasons = [(id_, one["reason"]) for one in dropped for id_ in in_time.intersection(one["deliveries"])]
        now = [lines.outcome(id_, lines.DROPPED, reason) for id_, reason in reasons]
        now += [_outcome(id_, made, {}) for id_, made in about.items() if not any(one["quick"] for one in made)]
        self._settle(now)
        later = {id_: made for id_, made in about.items() if any(one["quick"] for one in made)}
        if later:
            self._senders.submit(self._guarded, cloud, lambda: self._send(cloud, later), lambda: later)

    def _send(self, cloud: Cloud, decided: dict[str, list[Record]]) -> None:
        quick = {one["message"]["id"]: one["reply"] for made in decided.values() for one in made if one["quick"]}
        bodies = [{key: value for key, value in reply.items() if value is not None} for reply in quick.values()]
        sender = replies.Replies(cloud.maintenance, REPLY_SECONDS)
        sender.check(bodies)
        # They were read back a moment ago, as pending.
        records = sender.send(bodies, REPLIES_AT_A_TIME, look_back=False)
        for record in records:
            LOG.info("%s", replies.in_words(record))
        said = dict(zip(quick, records, strict=True))
        self._settle([_outcome(delivery, made, said) for delivery, made in decided.items()])


def _ids(asked: t.Iterable[Asked]) -> list[str]:
    return [one.delivery for one in asked]


def _outcome(delivery: str, decided: list[Record], said: t.Mapping[str, Record]) -> Record:
    """What became of a delivery, of whose messages some were replied to."""
    records = [said[one["message"]["id"]] for one in decided if one["message"]["id"] in said]
    text = "; ".join(f"{one['state']} {one['status']}{': ' + one['reason'] if one.get('reason') else ''}" for one in records)
    if len(records) < len(decided):
        return lines.outcome(delivery, lines.WORK, "wants an action")
    if all(one["status"] in replies.TAKEN for one in records):
        return lines.outcome(delivery, lines.DONE, text or "only informs")
    return lines.outcome(delivery, lines.DROPPED if all(one["status"] == replies.LATE for one in records) else lines.WORK, text)
