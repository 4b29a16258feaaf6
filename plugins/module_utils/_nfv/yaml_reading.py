# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML that somebody else wrote, read without harm (private to this collection)."""

from __future__ import annotations

import datetime
import typing as t

from .._errors import CollectionError

try:
    import yaml

    IMPORT_ERROR: Exception | None = None
except ImportError as exc:
    IMPORT_ERROR = exc

# The node types of SOL001 in one file are 130 kB, 6,000 nodes and 12 levels.
MOST_BYTES = 5_000_000
MOST_NODES = 200_000
MOST_LEVELS = 100
# A longer plain scalar that begins like a number would be computed with a cost that grows with its square.
MOST_DIGITS = 500


def read_yaml(data: bytes, place: str) -> t.Any:
    """The data of one document as plain values: mappings with text keys, lists, text, numbers, booleans, null.

    Dates become text. Aliases are resolved.

    :param place: where it stands, for the error.
    :raises CollectionError: when it is not YAML, has tags, or would become too large or too deep.
    """
    if IMPORT_ERROR is not None:
        raise CollectionError("The library PyYAML is needed on the host. Next: install python3-yaml there") from IMPORT_ERROR
    if len(data) > MOST_BYTES:
        raise CollectionError(f"{place} has {len(data)} bytes; at most {MOST_BYTES} are read")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _measure(yaml.parse(data, Loader=loader), place)
        return _plain(yaml.load(data, Loader=loader), place)  # noqa: S506 (both loaders are safe ones)
    except yaml.YAMLError as exc:
        raise CollectionError(f"{place} is not valid YAML: {_problem(exc)}") from exc
    except ValueError as exc:
        raise CollectionError(f"{place} has a value that cannot be read: {exc}") from exc


def _measure(events: t.Iterable[t.Any], place: str) -> None:
    """Refuse what would overwhelm the loader, which is recursive and copies what aliases name when they are merged."""
    sizes: dict[str, int] = {}
    # Nodes so far and the anchor of each collection that is open; the first is the document.
    open_: list[tuple[int, str | None]] = [(0, None)]
    for event in events:
        nodes = 0
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise CollectionError(f"{place}, line {_line(event)}: alias {event.anchor} contains itself")
            nodes = sizes[event.anchor]
        elif isinstance(event, yaml.ScalarEvent):
            nodes = 1
            if event.implicit[0] and len(event.value) > MOST_DIGITS and event.value[0] in "+-.0123456789":
                raise CollectionError(f"{place}, line {_line(event)}: a number of {len(event.value)} characters")
            if event.anchor:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionStartEvent):
            open_.append((1, event.anchor))
        elif isinstance(event, yaml.CollectionEndEvent):
            nodes, anchor = open_.pop()
            if anchor:
                sizes[anchor] = nodes
        open_[-1] = (open_[-1][0] + nodes, open_[-1][1])
        if open_[-1][0] > MOST_NODES:
            raise CollectionError(f"{place} has more than {MOST_NODES} values, aliases resolved")
        if len(open_) > MOST_LEVELS:
            raise CollectionError(f"{place}, line {_line(event)}: more than {MOST_LEVELS} levels")


def _plain(value: t.Any, place: str) -> t.Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner, place) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, place) for inner in value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise CollectionError(f"{place} has a value of an unexpected kind ({type(value).__name__})")


def _line(event: t.Any) -> int:
    return int(event.start_mark.line) + 1


def _problem(exc: Exception) -> str:
    mark = getattr(exc, "problem_mark", None)
    words = str(getattr(exc, "problem", None) or exc).splitlines()[0]
    return f"{words} (line {mark.line + 1})" if mark else words
