# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source as processes that are killed at random points under load, and started again.

Everybody else is played here: Aodh, which posts; handlers, which hold, act, reply and report as the playbook does; and the
maintenance service, which knows what was replied to.
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
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from lab.processes import free_port
from tests.waiting import until

DRIVER = Path(__file__).parent / "journal_driver.py"
SECRET = "a secret of sixteen and more"
AUTHORIZATION = "Basic " + base64.b64encode(f"aodh:{SECRET}".encode()).decode()
VNFS = [f"vnf-{number}" for number in range(40)]
PROJECT = "project-1"
SENDERS = 3
HANDLERS = 6
# Not even that every handler dies may take longer than this to be made up for.
LEASE = 5
BACKLOG = 50


def alarm(number):
    vnf = VNFS[number % len(VNFS)]
    fields = {"project_id": PROJECT, "session_id": f"s-{vnf}", "state": "SCALE_IN", "instance_ids": f"['i-{number}']"}
    traits = [[name, 1, value] for name, value in fields.items()]
    event = {"message_id": f"n-{number}", "event_type": "maintenance.scheduled", "traits": traits}
    return vnf, {"current": "alarm", "reason_data": {"type": "event", "event": event}}


class Nursery:
    """Starts sources."""

    def __init__(self):
        self._ours, theirs = socket.socketpair()
        command = [sys.executable, str(DRIVER), str(theirs.fileno())]
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()

    def start(self, args, out, log):
        """A source, whose process id is returned."""
        socket.send_fds(self._ours, [str(args).encode()], [out, log])
        return int(self._ours.recv(32))

    def close(self):
        self._ours.close()
        self._process.wait(30)


class Source:
    """One listener, whose process comes and goes, and what it hands on."""

    def __init__(self, nursery, folder, **args):
        self._nursery, self.folder, self.port = nursery, folder, free_port()
        folder.mkdir(parents=True, exist_ok=True)
        args = {
            "port": self.port, "secrets": dict.fromkeys(VNFS, SECRET), "journal": str(folder / "journal.sqlite"),
            "confirm": True, "batch_window": 0.02, "max_waiting": 100_000, "rate": 0, "max_batches": 1000,
            "handling_timeout": 20, "max_attempts": 1000, **args,
        }  # fmt: skip
        (folder / "args.json").write_text(json.dumps(args))
        self.pid = None

    def start(self, take):
        """Start it; ``take`` gets every message that it hands on."""
        reading, writing = os.pipe()
        with (self.folder / "log").open("a") as log:
            self.pid = self._nursery.start(self.folder / "args.json", writing, log.fileno())
        os.close(writing)
        self._reader = threading.Thread(target=self._read, args=(os.fdopen(reading), take))
        self._reader.start()

    def _read(self, lines, take):
        with lines:
            for line in lines:
                # The last line of a killed process may be cut: then nobody took it in hand.
                with contextlib.suppress(json.JSONDecodeError):
                    for message in json.loads(line)["maintenance"]["messages"]:
                        take(message)

    def kill(self):
        """Kill it, if it runs; returns when it is gone."""
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, 9)
            self._reader.join()
            until("it is gone", lambda: not Path(f"/proc/{self.pid}").exists(), every=0.001)
            self.pid = None

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
    """What was acknowledged, handed on, acted on, replied to and done."""

    def __init__(self, sources, seed):
        self.sources = {source.port: source for source in sources}
        self.lock = threading.Lock()
        self.chance = random.Random(seed)  # noqa: S311 - a seed replays it
        self.numbers = itertools.count()
        self.acknowledged = set()
        self.handed_on = collections.defaultdict(set)
        self.done = collections.defaultdict(set)
        self.handed_on_after_done = []
        self.acting = set()
        self.acted_together = []
        self.actions = collections.Counter()
        self.replies = collections.Counter()
        self.unexpected = []
        self.tokens = collections.defaultdict(list)
        self.sending = True
        self.handling = True

    def roll(self):
        with self.lock:
            return self.chance.random()

    def send(self):
        """Post as Aodh does, which does not come again, or as a sender that does; to any of those behind one address."""
        while self.sending:
            if len(self.acknowledged) - len(self.done) > BACKLOG:
                time.sleep(0.02)  # after each restart all of it comes again
                continue
            with self.lock:
                number = next(self.numbers)
                source = self.chance.choice([*self.sources.values()])
            vnf, body = alarm(number)
            path = f"/v1.0/vnfs/{vnf}/maintenance/{PROJECT}"
            for _attempt in range(2 if self.roll() < 0.5 else 1):
                status, _answer = source.post(path, body, AUTHORIZATION)
                if status in (200, 409):  # 409: it was accepted before, and the answer got lost
                    with self.lock:
                        self.acknowledged.add(f"n-{number}")
                        again = self.chance.choice([*self.sources.values()])
                    if self.roll() < 0.1 and (repeated := again.post(path, body, AUTHORIZATION)[0]) not in (409, None):
                        self.unexpected.append(("repeated", repeated))
                    break
                if status is not None:
                    self.unexpected.append(status)
            if status is None:
                time.sleep(0.05)  # nobody listens

    def handle(self, message):
        """Be the playbook: hold, look, act, reply and report; sometimes die at once, or before the report."""
        delivery, vnf, name = message["delivery"], message["vnf_id"], message["message_id"]
        with self.lock:
            self.handed_on[name].add(delivery["id"])
            if delivery["id"] in self.done:
                self.handed_on_after_done.append(delivery)
        fate = self.roll() if delivery["attempt"] == 1 and self.sending else 1
        if fate < 0.02:
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
            is_pending = not self.replies[name]
        if is_pending:
            self.act(name)
        with self.lock:
            self.acting.discard(vnf)
        if fate < 0.04:
            return
        while (status := self.report(delivery, "done", outcome="acknowledged")[0]) not in (200, 409) and self.handling:
            time.sleep(0.05)
        if status == 200:
            with self.lock:
                self.done[delivery["id"]].add(delivery["attempt"])

    def act(self, name):
        with self.lock:
            self.actions[name] += 1
        time.sleep(self.roll() * 0.01)
        with self.lock:
            self.replies[name] += 1

    def report(self, delivery, state, **body):
        path = f"/v1.0/deliveries/{delivery['id']}"
        body = {"attempt": delivery["attempt"], "state": state, **body}
        source = self.sources[int(delivery["url"].split(":")[2].split("/")[0])]
        status, answer = source.post(path, body, f"Bearer {delivery['key']}")
        if status not in (200, 409, None):
            self.unexpected.append((state, status, answer))
        return status, answer

    def missing(self):
        """What was acknowledged and is not done."""
        with self.lock:
            done = {name for name, deliveries in self.handed_on.items() if not self.done.keys().isdisjoint(deliveries)}
            return self.acknowledged - done


def kill_again_and_again(folder, kills, seed, listeners=1, **args):
    """Kill one of the listeners, so many times; everything that was promised is looked at in the end."""
    print(f"SEED={seed} KILLS={kills}")  # noqa: T201 - pytest shows it when the test fails
    chance = random.Random(seed)  # noqa: S311 - a seed replays it
    nursery = Nursery()
    sources = [Source(nursery, folder / f"listener-{number}", **args, listener=f"{number}") for number in range(listeners)]
    ledger = Ledger(sources, seed)
    with concurrent.futures.ThreadPoolExecutor(HANDLERS) as handlers, concurrent.futures.ThreadPoolExecutor(SENDERS) as senders:

        def take(message):
            handlers.submit(ledger.handle, message)

        def start():
            for source in sources:
                if source.pid is None:
                    source.start(take)

        try:
            sent = [senders.submit(ledger.send) for _number in range(SENDERS)]
            for _kill in range(kills):
                start()
                # Some kills meet it while it starts.
                if chance.random() < 0.8:
                    enough = len(ledger.acknowledged) + chance.randrange(1, 25)
                    until("it is under load", lambda enough=enough: len(ledger.acknowledged) >= enough, 120, every=0.005)
                    time.sleep(chance.uniform(0, 0.02))
                else:
                    time.sleep(chance.uniform(0, 0.3))
                chance.choice(sources).kill()
            ledger.sending = False
            for one in sent:
                one.result(30)
            start()
            until("all that was acknowledged is done", lambda: not ledger.missing(), limit=120)
        finally:
            ledger.sending = ledger.handling = False
            for source in sources:
                source.kill()
            nursery.close()
            handlers.shutdown(wait=False, cancel_futures=True)
    assert ledger.unexpected == []
    assert {name: ids for name, ids in ledger.handed_on.items() if len(ids) != 1} == {}, "one delivery for each message"
    assert {name: attempts for name, attempts in ledger.done.items() if len(attempts) > 1} == {}, "done once"
    assert ledger.handed_on_after_done == []
    assert ledger.acted_together == [], "one at a time works on a VNF"
    assert max(ledger.actions.values()) == 1, "an action was done twice"
    assert max(ledger.replies.values()) == 1, "a reply was sent twice"
    assert ledger.acknowledged <= set(ledger.replies), "what was acknowledged is lost"
    assert all(tokens == sorted(set(tokens)) for tokens in ledger.tokens.values()), "each taking of a lock has a greater token"
    replied = sum(ledger.replies.values())
    print(f"{kills} kills, {len(ledger.acknowledged)} acknowledged, {replied} replied, {len(ledger.done)} done")  # noqa: T201
