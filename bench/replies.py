# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a webhook's POST to the reply: answered by the source itself, by the playbook, and by what ansible-rulebook brings."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import tempfile
import time
import typing as t
from pathlib import Path

import yaml

from lab.stack import Stack
from tests.integration.eda.conftest import Conversation, Owner
from tests.waiting import until

from .alarms import SECRET, alarm, aodh, request, send
from .baseline import Baseline
from .figures import Entry, entry, percentile

TOPOLOGY = Path(__file__).parents[1] / "tests" / "integration" / "eda" / "two_vnfs.yaml"
SINGLES = 20
# As many as may be open at a time.
SESSIONS = 10
BURSTS = (50, 200)
RATE, STEADY_SECONDS = 50, 20
HOW = "MAINTENANCE to our rulebook, with the lab and the session API on this machine, until the API took the reply"


class Owned(Stack):
    """A lab whose owner listens; webhooks come from here, not from Aodh."""

    answer = True

    @property
    def vnf_owner_variables(self) -> dict[str, t.Any]:
        """Only alarms are handled, so that what is measured began with one."""
        more = {"maintenance_answer": self.answer, "maintenance_reconcile": False, "maintenance_rate": 0}
        return {**super().vnf_owner_variables, **more}

    def listen(self, *, answer: bool) -> None:
        """Start the rulebook anew."""
        self.processes.stop("vnf-owner-rulebook")
        self.answer = answer
        self.secrets_file.write_text(yaml.safe_dump({self.vnf_id: SECRET}))
        self.secrets_file.chmod(0o600)
        log = self.processes.log_dir / "vnf-owner-rulebook.log"
        log.unlink(missing_ok=True)
        self.start_rulebook()
        if answer:
            until("the source answers", lambda: "Messages are answered through" in log.read_text(), 60)


class Conversed:
    """Messages of some sessions, and how long each reply took."""

    def __init__(self, stack: Owned) -> None:
        """Begin the sessions."""
        self._stack = stack
        self._owner = Owner(stack)
        self._sessions = [Conversation(stack, self._owner.project_id) for _number in range(SESSIONS)]
        self._asked = 0

    def end(self) -> None:
        """End the sessions."""
        for session in self._sessions:
            session.end()

    def seconds(self, number: int, rate: float | None = None) -> list[float]:
        """Ask so many messages, post all their webhooks, and wait for the replies; seconds from POST to reply of each."""
        messages = [
            one for first in range(min(number, SESSIONS)) for one in self._ask(first, len(range(first, number, SESSIONS)))
        ]
        random.Random(number).shuffle(messages)
        project = self._owner.project_id
        path = f"/v1.0/vnfs/{self._stack.vnf_id}/maintenance/{project}"
        bodies = [
            alarm(one["id"], project_id=project, session_id=one["session_id"], instance_ids=one["reply_url"]) for one in messages
        ]
        began = asyncio.run(send(self._stack.listener_port, [request(body, path, aodh()) for body in bodies], rate=rate))
        ids = [one["id"] for one in messages]
        found = until("all replies", lambda: self._replied(ids), 300, every=0.5)
        return [found[id_] - at for id_, at in zip(ids, began, strict=True)]

    def _ask(self, session: int, number: int) -> list[dict[str, t.Any]]:
        """Messages of one session."""
        asked = []
        for _number in range(number):
            self._asked += 1
            about = {"project_id": self._owner.project_id, "state": "MAINTENANCE", "instance_ids": self._owner.servers("one")}
            asked.append({**about, "window": 600, "key": str(self._asked)})
        found = self._sessions[session].call("POST", f"sessions/{self._sessions[session].id}/messages", {"messages": asked})
        return t.cast("list[dict[str, t.Any]]", found["messages"])

    def _replied(self, ids: list[str]) -> dict[str, float] | None:
        """When each was replied to, once all are."""
        known: dict[str, dict[str, t.Any]] = {}
        for session in self._sessions[: len(ids)]:
            known |= {one["id"]: one for one in session.call("GET", f"sessions/{session.id}/messages")["messages"]}
            if any(one["status"] == "pending" for one in known.values()):
                return None
        wrong = [known[id_]["status"] for id_ in ids if known[id_]["status"] != "acknowledged"]
        if wrong:
            raise RuntimeError(f"{len(wrong)} of {len(ids)} were not acknowledged")
        return {id_: dt.datetime.fromisoformat(known[id_]["replied_at"]).timestamp() for id_ in ids}


def bench_replies() -> dict[str, Entry]:
    """One at a time, in bursts, and steadily."""
    results: dict[str, Entry] = {}
    with tempfile.TemporaryDirectory() as folder:
        theirs = Baseline(Path(folder) / "baseline")
        try:
            single = percentile(theirs.singles(SINGLES), 95)
            burst = max(theirs.seconds(BURSTS[0]))
        finally:
            theirs.stop()
        stack = Owned(Path(folder) / "ours", topology=TOPOLOGY)
        try:
            stack.start_lab()
            stack.start_session_api()
            for answer in (True, False):
                stack.listen(answer=answer)
                results |= _replies(stack, single, burst, "" if answer else "_playbook")
        finally:
            stack.stop()
    return results


def _replies(stack: Owned, single: float, burst: float, suffix: str) -> dict[str, Entry]:
    by = "answered by the playbook" if suffix else "answered by the source itself"
    how = f"{HOW}; {by}"
    conversed = Conversed(stack)
    results: dict[str, Entry] = {}
    try:
        conversed.seconds(1)
        took = []
        for _number in range(SINGLES):
            took += conversed.seconds(1)
            # The next one finds nobody at work.
            time.sleep(1)
        baseline = "baseline: eda.builtin.webhook, run_playbook and uri"
        results[f"reply_single_p95{suffix}"] = entry(
            percentile(took, 95), "s", single, f"{SINGLES} one by one; {how}; {baseline}"
        )
        for number in BURSTS:
            beside = burst if number == BURSTS[0] else None
            about = f"the last of {number} posted at once; {how}" + (f"; {baseline}" if beside else "")
            results[f"reply_burst_{number}{suffix}"] = entry(max(conversed.seconds(number)), "s", beside, about)
        if not suffix:
            steady = conversed.seconds(RATE * STEADY_SECONDS, RATE)
            about = f"{RATE} a second for {STEADY_SECONDS} s; {how}"
            results["reply_steady_50_p99"] = entry(percentile(steady, 99), "s", None, about)
            results["reply_steady_50_p50"] = entry(percentile(steady, 50), "s", None, about)
    finally:
        conversed.end()
    return results
