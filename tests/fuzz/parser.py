# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One body of a webhook through everything that reads it, and what must be true of that."""

from __future__ import annotations

import contextlib
import importlib
import json
import re
import runpy
import sys
import threading
import time
import typing as t
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "extensions" / "eda" / "plugins" / "event_source" / "aodh_alarm.py"
VNF, PROJECT = "v", "p"
# Processor time for one body; the longest take a hundredth of it.
MOST_SECONDS = 0.5
# What reading has no business with: ``sys.audit`` tells of it wherever it comes from.
ACTIONS = ("open", "os.", "subprocess.", "socket.", "import", "exec", "shutil.", "ctypes.", "pickle.", "urllib.", "pty.")
STATES = {
    "MAINTENANCE", "SCALE_IN", "PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE", "INSTANCE_ACTION_DONE", "MAINTENANCE_COMPLETE",
}  # fmt: skip
TEXTS = ("vnf_id", "project_id", "session_id", "state", "event_type", "message_id", "dialect", "raw_state")
MAYBE = ("instance_ids_url", "reply_url", "actions_at", "reply_at")
LISTS = ("instance_ids", "allowed_actions", "truncated")
WORDS = re.compile(r"'.*'|project \S+")
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,254}")


class Found(Exception):
    """Something that must not be."""


class Watch:
    """Notes what code does while it is told to."""

    def __init__(self) -> None:
        """Begin to listen; an audit hook stays for the life of the process."""
        self._thread: int | None = None
        self.seen: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[t.Any, ...]) -> None:
        if self._thread == threading.get_ident() and event.startswith(ACTIONS):
            # literal_eval compiles what it reads and executes nothing of it.
            self.seen.append(f"{event} {arguments!r:.80}")

    @contextlib.contextmanager
    def watching(self) -> t.Iterator[None]:
        """Note what this thread does."""
        self.seen = []
        self._thread = threading.get_ident()
        try:
            yield
        finally:
            self._thread = None


class Parser:
    """What the source does with a body: JSON within bounds, then the message, then what the journal keeps of it."""

    def __init__(self) -> None:
        """Load it as ansible-rulebook does."""
        runpy.run_path(str(SOURCE))
        importlib.import_module("nfv_maintenance_intake.source")
        self._bodies = importlib.import_module("nfv_maintenance_intake.bodies")
        self._messages = importlib.import_module("nfv_maintenance_intake.messages")
        self._filter = sys.modules["nfv_maintenance_event"]
        self._watch = Watch()

    def examine(self, body: bytes) -> str:
        """Return in a few words what became of a body.

        :raises Found: when it made something happen that must not.
        """
        began = time.process_time()
        with self._watch.watching():
            outcome = self._read(body)
        seconds = time.process_time() - began
        if self._watch.seen:
            raise Found(f"it did something: {self._watch.seen[:3]}")
        if seconds > MOST_SECONDS:
            raise Found(f"it took {seconds:.2f} s")
        return outcome

    def _read(self, body: bytes) -> str:
        try:
            try:
                parsed = self._bodies.parse_body(body)
            except ValueError as exc:
                return f"no body: {str(exc).partition(':')[0]}"
            try:
                incoming = self._messages.read(self._filter, VNF, PROJECT, parsed)
            except self._filter.Unusable as exc:
                self._filter.notification_id({"body": parsed})
                return f"no message: {WORDS.sub('', str(exc))}"
        except Exception as exc:
            raise Found(f"{type(exc).__name__}: {exc}") from exc
        return _checked(json.loads(incoming.message), incoming)


def _checked(message: dict[str, t.Any], incoming: t.Any) -> str:
    """The message is of one shape, and safe."""
    wrong = [name for name in TEXTS if not isinstance(message[name], str)]
    wrong += [name for name in MAYBE if not isinstance(message[name], (str, type(None)))]
    wrong += [name for name in LISTS if not isinstance(message[name], list)]
    wrong += [] if isinstance(message["metadata"], dict) else ["metadata"]
    wrong += [] if message["state"] in STATES and message["dialect"] in ("host", "instance") else ["state"]
    wrong += [name for name in ("session_id", "project_id") if not IDENTIFIER.fullmatch(message[name])]
    wrong += [name for name in ("instance_ids",) if not all(IDENTIFIER.fullmatch(one) for one in message[name])]
    if wrong:
        raise Found(f"a message with a wrong {', '.join(wrong)}")
    if any(mark in incoming.message for mark in ("{%", "{#")) or any("{{" in text for text in _texts(message)):
        raise Found("a message with a template")
    if incoming.deadline is not None and not abs(incoming.deadline) < 1e12:
        raise Found(f"a deadline {incoming.deadline}")
    json.dumps(message, allow_nan=False, ensure_ascii=False).encode()
    about = (message["dialect"], len(message["truncated"]), len(incoming.marks), incoming.deadline is not None)
    return f"message {about}"


def _texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for one in value:
            yield from _texts(one)
        if isinstance(value, dict):
            yield from _texts([*value.values()])
