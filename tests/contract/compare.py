# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares two recordings field by field."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

ABSENT = "<absent>"
Recording = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Difference:
    """One field that is not the same."""

    call: str
    path: str
    real: Any
    lab: Any

    def __str__(self) -> str:
        return f"{self.call}: {self.path}\n    real {self.real!r}\n    lab  {self.lab!r}"


@dataclass(frozen=True)
class Accepted:
    """Differences that are known and stay; call and path are shell patterns."""

    call: str
    path: str
    reason: str

    def covers(self, difference: Difference) -> bool:
        """Whether this entry speaks of a difference."""
        return fnmatch.fnmatchcase(difference.call, self.call) and fnmatch.fnmatchcase(difference.path, self.path)


def differences(real: Recording, lab: Recording) -> list[Difference]:
    """Return every field in which two recordings of the same calls differ."""
    found: list[Difference] = []
    for call in [*real, *(name for name in lab if name not in real)]:
        for path, first, second in _fields(real.get(call, ABSENT), lab.get(call, ABSENT), ""):
            found.append(Difference(call, path or "the call", first, second))
    return found


def unaccepted(found: Iterable[Difference], table: Iterable[Accepted]) -> list[Difference]:
    """Return the differences that no entry of the table covers."""
    entries = list(table)
    return [item for item in found if not any(entry.covers(item) for entry in entries)]


def unneeded(found: Iterable[Difference], table: Iterable[Accepted]) -> list[Accepted]:
    """Return the entries of the table that cover nothing any more."""
    items = list(found)
    return [entry for entry in table if not any(entry.covers(item) for item in items)]


def _fields(real: Any, lab: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(real, dict) and isinstance(lab, dict):
        for key in [*real, *(name for name in lab if name not in real)]:
            yield from _fields(real.get(key, ABSENT), lab.get(key, ABSENT), f"{path}.{key}".lstrip("."))
    elif isinstance(real, list) and isinstance(lab, list) and len(real) == len(lab):
        for place, (first, second) in enumerate(zip(real, lab, strict=True)):
            yield from _fields(first, second, f"{path}.{place}".lstrip("."))
    elif real != lab or type(real) is not type(lab):
        yield path, real, lab
