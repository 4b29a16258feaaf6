# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source as a process that is killed at random points under load, and started again.

Environment: ``SEED`` replays a run, ``KILLS`` says how often the process is killed.
"""

from __future__ import annotations

import base64
import collections
import concurrent.futures
import contextlib
import http.client
import itertools
import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lab.processes import free_port
from tests.waiting import until

DRIVER = Path(__file__).parent / "journal_driver.py"
KILLS = int(os.environ.get("KILLS", "12"))
SECRET = "a secret of sixteen and more"
AUTHORIZATION = "Basic " + base64.b64encode(f"aodh:{SECRET}".encode()).decode()
VNFS = [f"vnf-{number}" for number in range(40)]
PROJECT = "project-1"
SENDERS = 3
HANDLERS = 6
# Not even that every handler dies may take longer than this to be made up for.
LEASE = 5


def alarm(number):
    vnf = VNFS[number % len(VNFS)]
    fields = {"project_id": PROJECT, "session_id": f"s-{vnf}", "state": "SCALE_IN", "instance_ids": f"['i-{number}']"}
    traits = [[name, 1, value] for name, value in fields.items()]
    event = {"message_id": f"n-{number}", "event_type": "maintenance.scheduled", "traits": traits}
    return vnf, {"current": "alarm", "reason_data": {"type": "event", "event": event}}


class Source:
    """The process, and what it hands on."""

    def __init__(self, folder, **args):
        self.folder, self.port = folder, free_port()
        secrets = dict.fromkeys(VNFS, SECRET)
        self.args = {
            "port": self.port, "secrets": secrets, "journal": str(folder / "journal.sqlite"), "confirm": True,
            "batch_window": 0.02, "max_waiting": 100_000, "rate": 0, "max_batches": 1000, "handling_timeout": 20,
            "max_attempts": 1000, **args,
        }  # fmt: skip
        (folder / "args.json").write_text(json.dumps(self.args))
        self.log = (folder / "log").open("w")
        self.process = None

    def start(self, take):
        """Start it; ``take`` gets every message that it hands on."""
        command = [sys.executable, str(DRIVER), str(self.folder / "args.json")]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL, text=True)
        self.reader = threading.Thread(target=self._read, args=(self.process.stdout, take))
        self.reader.start()

    def _read(self, lines, take):
        for line in lines:
            # The last line of a killed process may be cut: then nobody took it in hand.
            with contextlib.suppress(json.JSONDecodeError):
                for message in json.loads(line)["maintenance"]["messages"]:
                    take(message)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()

    def not_done(self):
        """What the journal says of what is not done."""
        with contextlib.closing(sqlite3.connect(self.folder / "journal.sqlite")) as journal:
            asked = "SELECT status, attempt, failures, due_at, session_id, outcome FROM deliveries WHERE status != 'done'"
            return journal.execute(asked).fetchall()

    def post(self, path, body, authorization):
        """Return the status and the answer; None when there is no answer."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            client.request("POST", path, json.dumps(body), {"Authorization": authorization, "Content-Type": "application/json"})
            answer = client.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            return None, {}
        finally:
            client.close()


class Ledger:
    """What was acknowledged, handed on, acted on and done."""

    def __init__(self, source, seed):
        self.source = source
        self.lock = threading.Lock()
        self.chance = random.Random(seed)  # noqa: S311 - a seed replays it
        self.numbers = itertools.count()
        self.acknowledged = set()
        self.handed_on = collections.defaultdict(set)
        self.done = collections.defaultdict(set)
        self.handed_on_after_done = []
        self.acting = set()
        self.acted_together = []
        self.unexpected = []
        self.tokens = collections.defaultdict(list)
        self.sending = True
        self.handling = True

    def roll(self):
        with self.lock:
            return self.chance.random()

    def send(self):
        """Post as Aodh does, which does not come again, or as a sender that does."""
        while self.sending:
            with self.lock:
                number = next(self.numbers)
            vnf, body = alarm(number)
            for _attempt in range(2 if self.roll() < 0.5 else 1):
                status, _answer = self.source.post(f"/v1.0/vnfs/{vnf}/maintenance/{PROJECT}", body, AUTHORIZATION)
                if status in (200, 409):  # 409: it was accepted before, and the answer got lost
                    with self.lock:
                        self.acknowledged.add(f"n-{number}")
                    break
                if status is not None:
                    self.unexpected.append(status)
            if status is None:
                time.sleep(0.05)  # nobody listens

    def handle(self, message):
        """Be the playbook: hold, act, and report; sometimes die at once instead."""
        delivery, vnf = message["delivery"], message["vnf_id"]
        with self.lock:
            self.handed_on[message["message_id"]].add(delivery["id"])
            if self.done[delivery["id"]]:
                self.handed_on_after_done.append(delivery)
        if delivery["attempt"] == 1 and self.sending and self.roll() < 0.02:
            return
        while (held := self.report(delivery, "held", vnf_ids=[vnf], seconds=LEASE))[0] != 200:
            if (held[0] == 409 and held[1]["reason"] != "busy") or not self.handling:
                return
            time.sleep(0.05)
        with self.lock:
            self.tokens[vnf].append(held[1]["token"])
            if vnf in self.acting:
                self.acted_together.append(delivery)
            self.acting.add(vnf)
        time.sleep(self.roll() * 0.01)
        with self.lock:
            self.acting.discard(vnf)
        while (status := self.report(delivery, "done", outcome="acknowledged")[0]) not in (200, 409) and self.handling:
            time.sleep(0.05)
        if status == 200:
            with self.lock:
                self.done[delivery["id"]].add(delivery["attempt"])

    def report(self, delivery, state, **body):
        path = f"/v1.0/deliveries/{delivery['id']}"
        body = {"attempt": delivery["attempt"], "state": state, **body}
        status, answer = self.source.post(path, body, f"Bearer {delivery['key']}")
        if status not in (200, 409, None):
            self.unexpected.append((state, status, answer))
        return status, answer

    def missing(self):
        """What was acknowledged and is not done."""
        with self.lock:
            done = {name for name, deliveries in self.handed_on.items() if any(self.done[one] for one in deliveries)}
            return self.acknowledged - done


@pytest.mark.timeout(180 + 10 * KILLS)
def test_whenever_it_is_killed_nothing_acknowledged_is_lost_and_nothing_done_twice(tmp_path):
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**9))
    print(f"SEED={seed} KILLS={KILLS}")  # noqa: T201 - pytest shows it when the test fails
    chance = random.Random(seed)  # noqa: S311 - a seed replays it
    source = Source(tmp_path)
    ledger = Ledger(source, seed)
    with concurrent.futures.ThreadPoolExecutor(HANDLERS) as handlers, concurrent.futures.ThreadPoolExecutor(SENDERS) as senders:

        def take(message):
            handlers.submit(ledger.handle, message)

        try:
            sent = [senders.submit(ledger.send) for _number in range(SENDERS)]
            for _kill in range(KILLS):
                source.start(take)
                # Some kills meet it while it starts.
                if chance.random() < 0.8:
                    enough = len(ledger.acknowledged) + chance.randrange(1, 60)
                    until("it is under load", lambda enough=enough: len(ledger.acknowledged) >= enough, every=0.005)
                    time.sleep(chance.uniform(0, 0.02))
                else:
                    time.sleep(chance.uniform(0, 2))
                source.kill()
            ledger.sending = False
            for one in sent:
                one.result(30)
            source.start(take)
            until("all that was acknowledged is done", lambda: not ledger.missing(), limit=120)
        finally:
            ledger.sending = ledger.handling = False
            if source.process is not None:
                source.kill()
            print(source.not_done())  # noqa: T201
            handlers.shutdown(wait=False, cancel_futures=True)
    assert ledger.unexpected == []
    assert {name: ids for name, ids in ledger.handed_on.items() if len(ids) != 1} == {}, "one delivery for each message"
    assert {name: attempts for name, attempts in ledger.done.items() if len(attempts) > 1} == {}, "done once"
    assert ledger.handed_on_after_done == []
    assert ledger.acted_together == [], "one at a time works on a VNF"
    assert all(tokens == sorted(set(tokens)) for tokens in ledger.tokens.values()), "each taking of a lock has a greater token"
    again = sum(len(ids) for ids in ledger.handed_on.values())
    print(f"{len(ledger.acknowledged)} acknowledged, {again} deliveries, {len(ledger.done)} done")  # noqa: T201
