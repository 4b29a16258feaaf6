# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bodies that are nearly webhooks: what is known, changed in its structure, in its texts and in its bytes."""

from __future__ import annotations

import copy
import json
import random
import typing as t

TEXTS = (
    "", "MAINTENANCE", "SCALE_IN", "IN_SCALE", "DOWN_SCALE", "PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE", "PLANNED_MAINTANANCE",
    "INSTANCE_ACTION_DONE", "ADMIN_ACTION_DONE", "MAINTENANCE_COMPLETE", "EXTRA_MAINTENANCE", "p", "s", "..", "a/b", "i" * 255,
    "i" * 256, "['i']", "['i', 'j']", "[u'i']", "['" + "i" * 252, "[" * 300, "[" * 9 + "]" * 9, "{'a': 'b'}", '{"a": [1, 2.5]}',
    "{'a': {'b': {'c': [None, True]}}}", "{'a': '{{ lookup(\"pipe\", \"id\") }}'}", "{{ 7 * 7 }}", "{% if x %}", "{'a': 1e999}",
    "{'a': -1e999}", "{1: 2}", "{'a': b'x'}", "{'a': {1, 2}}", "{'a': 1j}", "{'a': " + "9" * 5000 + "}",
    "{'a': -" + "-" * 300 + "1}",
    "__import__('os').system('id')", "[__import__('os')]", "!!python/object/apply:os.system [id]", "http://h/v1/maintenance/s/p",
    "https://u:p@h:1/x", "file:///etc/passwd", "http://h/{{ x }}", "2031-04-02T01:30:11", "2031-04-02 01:30:11.000001+14:00",
    "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2031-W14-3", "MIGRATE", "['MIGRATE', 'LIVE_MIGRATE']",
    "maintenance.scheduled", "maintenance.planned", "maintenance.host", "maintenance.", "\u0000", "\ud800", "\ufeff", "\u2028",
    "ß", "'",
    '"', "\\", "\\ud800", "nan", "Infinity", "\r\n", "\x1b[2J",
)  # fmt: skip
VALUES: tuple[t.Any, ...] = (
    None, True, False, 0, -1, 2**31, 2**63, -(2**63), 10**99, 0.5, -0.0, 1e308, [], {}, [[]], {"": ""}, [None], ["i", "i"],
    ["i", 1], {"a": {"b": ["c"]}}, [["state", 1, "SCALE_IN"]], [["state", 1]], [[1, 2, 3]],
)  # fmt: skip
NAMES = (
    "state", "project_id", "session_id", "instance_ids", "reply_url", "reply_at", "actions_at", "allowed_actions", "metadata",
    "message_id", "event_type", "traits", "payload", "reason_data", "event", "generated", "timestamp", "data", "type",
)  # fmt: skip
TOKENS = (b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\\u", b"\\ud83d", b"null", b"NaN", b"-Infinity", b"1e400", b"\xff",
          b"\xc0\x80", b"\x00", b"\xef\xbb\xbf", b"9" * 101, b"[" * 33, b'{"a":' * 33, b"true", b"'", b"{{",
          b" " * 64)  # fmt: skip
MOST_SIZE = 200_000


class Mutations:
    """A stream of bodies that a seed repeats."""

    def __init__(self, seed: int, bodies: t.Iterable[bytes]) -> None:
        """Begin with bodies that are known."""
        self._chance = random.Random(seed)  # noqa: S311
        self.bodies = [*bodies]

    def keep(self, body: bytes) -> None:
        """One that was of interest is changed further."""
        self.bodies.append(body)

    def next(self) -> bytes:
        """Another body."""
        chance = self._chance
        body = chance.choice(self.bodies)
        if chance.random() < 0.75:
            body = self._in_structure(body)
        if chance.random() < 0.4:
            for _number in range(chance.choice((1, 1, 2, 4, 16))):
                body = self._in_bytes(body)
        return body[:MOST_SIZE]

    def _in_structure(self, body: bytes) -> bytes:
        try:
            tree = json.loads(body)
        except (ValueError, RecursionError):
            return body
        tree = copy.deepcopy(tree)
        for _number in range(self._chance.choice((1, 1, 1, 2, 3, 8))):
            tree = self._changed(tree)
        try:
            return json.dumps(tree, ensure_ascii=self._chance.random() < 0.5).encode("utf-8", "surrogatepass")
        except (ValueError, RecursionError):
            return body

    def _changed(self, tree: t.Any) -> t.Any:
        """The tree with one place changed."""
        chance = self._chance
        places = [*_places(tree)]
        if not places:
            return self._value(tree)
        parent, key = chance.choice(places)
        what = chance.randrange(8)
        if what == 0:
            del parent[key]
        elif what == 1 and isinstance(parent, dict):
            parent[chance.choice(NAMES)] = self._value(parent[key])
        elif what == 1:
            parent.insert(chance.randrange(len(parent) + 1), copy.deepcopy(parent[key]))
        elif what == 2:
            other, place = chance.choice(places)
            parent[key] = copy.deepcopy(other[place]) if place in other or isinstance(other, list) else None
        elif what == 3:
            for _level in range(chance.choice((1, 2, 8, 40))):
                parent[key] = [parent[key]] if chance.random() < 0.5 else {"a": parent[key]}
        else:
            parent[key] = self._value(parent[key])
        return tree

    def _value(self, value: t.Any) -> t.Any:
        chance = self._chance
        if isinstance(value, str) and value and chance.random() < 0.5:
            at, to = sorted((chance.randrange(len(value) + 1), chance.randrange(len(value) + 1)))
            several = value[at:to] * chance.choice((2, 10))
            middle = chance.choice(("", several, chance.choice(TEXTS), chr(chance.randrange(0x3000))))
            return (value[:at] + middle + value[to:])[:70_000]
        return chance.choice(TEXTS) if chance.random() < 0.6 else copy.deepcopy(chance.choice(VALUES))

    def _in_bytes(self, body: bytes) -> bytes:
        chance = self._chance
        at, to = sorted((chance.randrange(len(body) + 1), chance.randrange(len(body) + 1)))
        what = chance.randrange(6)
        if what == 0:
            return body[:at] + body[to:]
        if what == 1:
            return body[:at] + chance.choice(TOKENS) + body[at:]
        if what == 2:
            return body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :]
        if what == 3:
            return body[:to] + body[at:to] * chance.choice((1, 3)) + body[to:]
        if what == 4:
            other = chance.choice(self.bodies)
            return body[:at] + other[chance.randrange(len(other) + 1) :]
        return body[:at] + chance.choice(TOKENS) * chance.choice((1, 50)) + body[to:]


def _places(tree: t.Any) -> t.Iterator[tuple[t.Any, t.Any]]:
    """Everywhere in a tree, as the container and the key."""
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        keys = [*one] if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            yield one, key
            waiting.append(one[key])
