# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Between two waves: what people want, whether there is time, whether enough goes well (private to this collection)."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import math
import shlex
import time
import typing as t

from .._ensure import Record
from .._errors import CollectionError
from . import messages
from .budget import failure_budget
from .control import by_whom, refuse_aborted, wanted_of
from .proxy import MaintenanceProxy
from .runner import keep_lease
from .times import utc_now

NEVER = "never"
EACH_WAVE = "each_wave"

# Why a run ends here.
NOT_RESUMED = "not_resumed"
NOT_APPROVED = "not_approved"
WINDOW_END = "window_end"
FAILURES = "failures"
# Not an end: the time has only not come yet.
_NOT_BEFORE = "not_before"

_SAME_COMMAND = "run the same command again; hosts that are done stay done"
_POLL = 2.0
_NAMED = 8


class Ended(CollectionError):
    """The run ends here; nothing of the next wave has been begun."""

    def __init__(self, why: str, message: str, **details: t.Any) -> None:
        """Say why in one of the words above, and in a sentence."""
        super().__init__(message, ended=why, **details)


@dataclasses.dataclass(frozen=True)
class Conditions:
    """Under which a wave may begin.

    :ivar wave: its number in this run, from 1.
    :ivar hosts: what is worked on in it.
    :ivar seconds: how long it will take, as predicted.
    :ivar record: whether the session shall know that it begins.
    :ivar approve: NEVER or EACH_WAVE.
    :ivar window_end: no wave begins that would end later; None for no such time.
    :ivar max_failures: as :func:`budget.allowed_failures` reads it.
    :ivar not_before: when the work was announced to begin; None for at once.
    """

    wave: int
    hosts: tuple[str, ...]
    seconds: float
    approve: str
    approve_timeout: float
    pause_timeout: float
    window_end: datetime.datetime | None
    max_failures: str
    record: bool = False
    not_before: datetime.datetime | None = None


@dataclasses.dataclass(frozen=True)
class Wait:
    """What keeps the wave from beginning.

    :ivar kind: the word of :class:`Ended` should it last too long.
    :ivar limit: seconds that it may last.
    """

    kind: str
    what: str
    next_step: str
    limit: float


def verdict(
    session: Record, wanted: Record, conditions: Conditions, now: datetime.datetime, cloud: str | None = None
) -> Wait | None:
    """Whether the wave may begin now; None when it may. Pure.

    :param session: the session as it was when the checkpoint was reached.
    :param wanted: what people want now.
    :param cloud: the entry of ``clouds.yaml`` for the commands that people are to type.
    :raises CollectionError: when no wave may begin in this run any more.
    """
    _refuse_end(session, wanted, conditions)
    hosts = _left(conditions, wanted)
    start = max(now, conditions.not_before or now)
    if conditions.hosts and not hosts and start == now:
        return None
    _refuse_late(dataclasses.replace(conditions, hosts=hosts), start)
    given = {"cloud": cloud, "name": session.get("name")}
    which = " ".join("-e " + shlex.quote(f"rolling_host_maintenance_{key}={value}") for key, value in given.items() if value)
    command = f"ansible-playbook nfv.maintenance.control_maintenance {which}"
    if start > now:
        step = f"nothing is to be done; to give it up, ansible-playbook nfv.maintenance.abort_maintenance {which}"
        return Wait(_NOT_BEFORE, f"the announced start at {written(start)}", step, math.inf)
    if wanted["state"] == messages.PAUSED:
        step = f"{command} -e control_maintenance_action=resume"
        return Wait(NOT_RESUMED, f"somebody to resume it: it is paused{by_whom(wanted)}", step, conditions.pause_timeout)
    if conditions.approve == EACH_WAVE and wanted["approved_waves"] < conditions.wave:
        step = f"{command} -e control_maintenance_action=approve -e control_maintenance_wave={conditions.wave}"
        what = f"somebody to approve wave {conditions.wave} ({_named(hosts)})"
        return Wait(NOT_APPROVED, what, step, conditions.approve_timeout)
    return None


def _left(conditions: Conditions, wanted: Record) -> tuple[str, ...]:
    """The hosts of the wave that nobody has skipped."""
    return tuple(host for host in conditions.hosts if host not in wanted["skipped_hosts"])


def _refuse_end(session: Record, wanted: Record, conditions: Conditions) -> None:
    refuse_aborted(wanted)
    budget = failure_budget(session, conditions.max_failures)
    if budget.spent:
        raise Ended(
            FAILURES,
            f"The failure budget is spent: {budget.text}. Next: repair them, then {_SAME_COMMAND}",
            failed_hosts=list(budget.failed),
        )


def _refuse_late(conditions: Conditions, now: datetime.datetime) -> None:
    end = conditions.window_end
    if end is not None and now + datetime.timedelta(seconds=conditions.seconds) > end:
        raise Ended(
            WINDOW_END,
            f"The maintenance window ends at {written(end)}, and wave {conditions.wave} ({_named(conditions.hosts)}) is "
            f"predicted to take {conditions.seconds / 60:.1f} min, so it is not begun. Next: in the next window, {_SAME_COMMAND}",
            window_end=written(end),
        )


class Checkpoint:
    """One stop of a runner."""

    def __init__(
        self,
        proxy: MaintenanceProxy,
        session: Record,
        lease_token: int,
        lease_ttl: int,
        *,
        progress: t.Callable[[str], None] | None = None,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
        now: t.Callable[[], datetime.datetime] = utc_now,
    ) -> None:
        """Stop the run of this session.

        :raises CollectionError: when somebody else is its runner.
        """
        self._proxy, self._session, self._token, self._ttl = proxy, session, lease_token, lease_ttl
        self._progress = progress or (lambda _line: None)
        self._clock, self._sleep, self._now = clock, sleep, now
        lease = session.get("lease") or {}
        if lease.get("token") != lease_token:
            raise CollectionError(
                f"Session {session['session_id']} is run by {lease.get('holder') or 'nobody'} (lease token {lease.get('token')}) "
                f"and not by this run any more (lease token {lease_token}), which begins nothing more. "
                "Next: let the other run end; it does what is left",
                session_id=session["session_id"],
            )
        self._holder = str(lease["holder"])
        self._said: str | None = None

    def look(self, conditions: Conditions) -> Record:
        """What people want now, without a wait and without keeping the lease.

        :raises CollectionError: as :meth:`stop`, when no wave may begin any more.
        """
        wanted = self._wanted()
        verdict(self._session, wanted, conditions, self._now())
        return wanted

    def stop(self, conditions: Conditions) -> Record:
        """Wait until the wave may begin; returns what people want then. The lease is kept meanwhile.

        :raises CollectionError: when no wave may begin any more; its ``ended`` says why.
        """
        wanted = self._wanted()
        said: Wait | None = None
        since = renewed = self._clock()
        self._keep()
        try:
            while True:
                wait = verdict(self._session, wanted, conditions, self._now(), self._proxy.cloud_name)
                if wait is None:
                    if conditions.record:
                        self._record(conditions, wanted)
                    return wanted
                if wait != said:
                    since = since if said is not None and said.kind == wait.kind else self._clock()
                    self._progress(f"waiting for {wait.what}: {wait.next_step}")
                    said = wait
                    self._say(wait)
                if self._clock() - since >= wait.limit:
                    text = f"Waited {wait.limit:g} s for {wait.what}. Next: start the run again, then {wait.next_step}"
                    raise Ended(wait.kind, text)
                self._sleep(min(_POLL, max(wait.limit - (self._clock() - since), 0.1), _seconds_until(conditions, self._now())))
                if self._clock() - renewed >= self._ttl / 3:
                    renewed = self._clock()
                    self._keep()
                wanted = self._wanted()
        finally:
            # What has happened meanwhile is more important than that this stays in the session.
            with contextlib.suppress(CollectionError):
                self._say(None)

    def _wanted(self) -> Record:
        return wanted_of(self._proxy.control(self._session["session_id"]))

    def _keep(self) -> None:
        keep_lease(self._proxy, self._session["session_id"], self._token, self._holder, self._ttl)

    def _record(self, conditions: Conditions, wanted: Record) -> None:
        hosts = _left(conditions, wanted)
        if hosts:
            wave = {"number": conditions.wave, "hosts": [*hosts], "minutes": conditions.seconds / 60 or None}
            self._proxy.begin_wave(self._session["session_id"], self._token, self._session["state"], wave)

    def _say(self, wait: Wait | None) -> None:
        """Write into the session what is waited for; that it is paused, it knows."""
        waiting = f"{wait.what}: {wait.next_step}" if wait is not None and wait.kind != NOT_RESUMED else None
        if waiting != self._said:
            self._proxy.set_waiting(self._session["session_id"], self._token, self._session["state"], waiting)
            self._said = waiting


def _seconds_until(conditions: Conditions, now: datetime.datetime) -> float:
    """To the announced start; for ever when it is over, because then something else is waited for."""
    rest = (conditions.not_before - now).total_seconds() if conditions.not_before else 0.0
    return rest if rest > 0 else math.inf


def written(end: datetime.datetime) -> str:
    """A time of the options as results have it."""
    return f"{end:%Y-%m-%dT%H:%M:%SZ}"


def _named(hosts: t.Sequence[str]) -> str:
    if not hosts:
        return "of hosts that are not known yet"
    return ", ".join(hosts) if len(hosts) <= _NAMED else f"{', '.join(hosts[:_NAMED])} and {len(hosts) - _NAMED} more"
