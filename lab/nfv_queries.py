# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attribute filters and selectors of ETSI NFV-SOL013, with the corners that Tacker breaks."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from .web import ApiError

Json = dict[str, Any]

_SELECTORS = ("all_fields", "fields", "exclude_fields", "exclude_default")
_OPERATIONS: dict[str, Callable[[list[Any], list[str]], bool]] = {
    "eq": lambda found, wanted: any(_text(item) == wanted[0] for item in found),
    "neq": lambda found, wanted: all(_text(item) != wanted[0] for item in found),
    "gt": lambda found, wanted: any(_text(item) > wanted[0] for item in found),
    "gte": lambda found, wanted: any(_text(item) >= wanted[0] for item in found),
    "lt": lambda found, wanted: any(_text(item) < wanted[0] for item in found),
    "lte": lambda found, wanted: any(_text(item) <= wanted[0] for item in found),
    "in": lambda found, wanted: any(_text(item) in wanted for item in found),
    "nin": lambda found, wanted: all(_text(item) not in wanted for item in found),
    "cont": lambda found, wanted: any(part in _text(item) for item in found for part in wanted),
    "ncont": lambda found, wanted: all(part not in _text(item) for item in found for part in wanted),
}
_SINGLE = frozenset({"eq", "neq", "gt", "gte", "lt", "lte"})
_ESCAPES = (("~1", "/"), ("~a", ","), ("~b", "@"), ("~0", "~"))


def query_of(raw_path: str) -> dict[str, str]:
    """Read a query as Tacker's web framework does: a raw semicolon cuts it."""
    query = raw_path.partition("?")[2].partition(";")[0]
    return dict(parse_qsl(query, keep_blank_values=True))


def select(records: list[Json], query: dict[str, str], hidden: Iterable[str]) -> list[Json]:
    """Filter records and cut their attributes."""
    for condition in _conditions(query.get("filter", "")):
        records = [record for record in records if _holds(record, *condition)]
    used = [name for name in _SELECTORS if name in query]
    if "all_fields" in used and len(used) > 1:
        raise ApiError(400, "all_fields cannot be used with other selectors")
    if "fields" in used and "exclude_fields" in used:
        raise ApiError(400, "fields and exclude_fields cannot be used together")
    if "all_fields" in used:
        return records
    excluded = list(hidden)
    if "exclude_fields" in used:
        excluded = _names(records, query["exclude_fields"])
    if "fields" in used:
        kept = {path.partition("/")[0] for path in _names(records, query["fields"])}
        excluded = [name for name in excluded if name not in kept]
    return [_without(record, excluded) for record in records]


def _names(records: list[Json], listed: str) -> list[str]:
    names = [name for name in listed.split(",") if name]
    for name in names:
        for record in records:
            if name.partition("/")[0] not in record:
                # Seen with Tacker: an unknown name is not refused but falls over.
                raise ApiError(500, f"'{name}'")
    return names


def _without(record: Json, excluded: list[str]) -> Json:
    shown = copy.copy(record)
    for path in excluded:
        first, _, rest = path.partition("/")
        if first not in shown:
            continue
        if not rest:
            del shown[first]
        elif isinstance(shown[first], dict):
            shown[first] = _without(shown[first], [rest])
    return shown


def _conditions(text: str) -> list[tuple[str, list[str], list[str]]]:
    found: list[tuple[str, list[str], list[str]]] = []
    for part in filter(None, text.split(";")):
        match = re.fullmatch(r"\((\w+),([^,]+),(.+)\)", part)
        if not match or match[1] not in _OPERATIONS:
            raise ApiError(400, f"Attribute filter expression {part} is invalid.")
        values = [
            quoted.replace("''", "'") if quoted else plain
            for quoted, plain in re.findall(r"'((?:[^']|'')*)'|([^,]+)", match[3])
        ]
        if match[1] in _SINGLE and len(values) != 1:
            raise ApiError(400, f"Attribute filter expression {part} is invalid.")
        found.append((match[1], [_unescaped(step) for step in match[2].split("/")], values))
    return found


def _unescaped(text: str) -> str:
    for escape, character in _ESCAPES:
        text = text.replace(escape, character)
    return text


def _holds(record: Json, operation: str, path: list[str], wanted: list[str]) -> bool:
    found = list(_values(record, path))
    return bool(found) and _OPERATIONS[operation](found, wanted)


def _values(value: Any, path: list[str]) -> Iterable[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _values(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        if path[0] == "@key":
            yield from value
        elif path[0] in value:
            yield from _values(value[path[0]], path[1:])


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
