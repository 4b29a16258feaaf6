# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attribute filters and selectors of ETSI NFV-SOL013, with the corners that Tacker breaks."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from .web import ApiError

Json = dict[str, Any]

_SELECTORS = ("all_fields", "fields", "exclude_fields", "exclude_default")
_OPERATIONS: dict[str, Callable[[Any, list[Any]], bool]] = {
    "eq": lambda found, wanted: bool(found == wanted[0]),
    "neq": lambda found, wanted: bool(found != wanted[0]),
    "gt": lambda found, wanted: bool(found > wanted[0]),
    "gte": lambda found, wanted: bool(found >= wanted[0]),
    "lt": lambda found, wanted: bool(found < wanted[0]),
    "lte": lambda found, wanted: bool(found <= wanted[0]),
    "in": lambda found, wanted: found in wanted,
    "nin": lambda found, wanted: found not in wanted,
    "cont": lambda found, wanted: any(part in found for part in wanted),
    "ncont": lambda found, wanted: not any(part in found for part in wanted),
}
_SINGLE = frozenset({"eq", "neq", "gt", "gte", "lt", "lte"})
_ESCAPES = (("~1", "/"), ("~a", ","), ("~b", "@"), ("~0", "~"))
_VALUE = r"(?:[^',)]+|(?:'[^']*')+)"
_EXPRESSION = re.compile(rf"\(([a-z]+),([^,]+)((?:,{_VALUE})+)\)")


@dataclass(frozen=True)
class Listed:
    """What is particular to the lists of one kind.

    :ivar hidden: fields that are only shown when they are asked for.
    :ivar known: all fields, or none where an unknown one is simply in no record.
    :ivar model: what Tacker calls the class of the records.
    """

    hidden: tuple[str, ...]
    known: frozenset[str] = frozenset()
    model: str = ""


def query_of(raw_path: str) -> dict[str, str]:
    """Read a query as Tacker's web framework does: a raw semicolon cuts it."""
    query = raw_path.partition("?")[2].partition(";")[0]
    return dict(parse_qsl(query, keep_blank_values=True))


def select(records: list[Json], query: dict[str, str], listed: Listed) -> list[Json]:
    """Filter records of the lifecycle API and cut their attributes."""
    if "filter" in query:
        for operation, path, wanted in _conditions(query["filter"]):
            records = [record for record in records if _holds(record, operation, path, wanted)]
    return cut(records, query, listed)


def cut(records: list[Json], query: dict[str, str], listed: Listed) -> list[Json]:
    """Cut the attributes of records."""
    used = [name for name in _SELECTORS if name in query]
    if ("all_fields" in used and len(used) > 1) or {"fields", "exclude_fields"} <= set(used):
        raise ApiError(400, "Attribute selector expression is invalid.")
    if "all_fields" in used:
        return records
    excluded = list(listed.hidden)
    if "exclude_fields" in used:
        excluded = [name for name in query["exclude_fields"].split(",") if name]
        for name in excluded:
            if listed.known and name.partition("/")[0] not in listed.known:
                # An unknown name is not refused but falls over.
                raise ApiError(500, f"'{name}'")
    if "fields" in used:
        kept = {path.partition("/")[0] for path in query["fields"].split(",") if path}
        for name in sorted(kept - listed.known) if listed.known else ():
            raise ApiError(500, f"type object '{listed.model}' has no attribute '{name}'")
        excluded = [name for name in excluded if name not in kept]
        wanted = [path.split("/") for path in query["fields"].split(",") if "/" in path]
        return [_only(_without(record, excluded), wanted) for record in records]
    return [_without(record, excluded) for record in records]


def page(records: list[Json], request: web.Request, size: int) -> tuple[list[Json], str]:
    """Return one page of records, and path and query of the next one if there is any; without a size there is one page."""
    if not size:
        return records, ""
    marker = request.query.get("nextpage_opaque_marker", "")
    left = sorted((record for record in records if record["id"] > marker), key=lambda record: str(record["id"]))
    if len(left) <= size:
        return left, ""
    base, _, query = request.raw_path.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith("nextpage_opaque_marker=")]
    return left[:size], f"{base}?{'&'.join([*kept, 'nextpage_opaque_marker=' + left[size - 1]['id']])}"


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


def _only(record: Json, paths: list[list[str]]) -> Json:
    """Keep of a field only the parts that are named."""
    shown = {name: value for name, value in record.items() if name not in {path[0] for path in paths}}
    for path in paths:
        found: Any = record
        for step in path:
            found = found.get(step, {}) if isinstance(found, dict) else {}
        place = shown
        for step in path[:-1]:
            place = place.setdefault(step, {})
        place[path[-1]] = found
    return shown


def _conditions(text: str) -> Iterable[tuple[str, list[str], list[str]]]:
    rest = text
    while True:
        match = _EXPRESSION.match(rest)
        if match is None:
            raise ApiError(400, "filter parse error")
        operation, path, listed = match.groups()
        if operation not in _OPERATIONS:
            raise ApiError(400, f"Invalid op {operation}")
        values = [item[1:-1].replace("''", "'") if item.startswith("'") else item for item in re.findall(_VALUE, listed)]
        if operation in _SINGLE and len(values) != 1:
            raise ApiError(400, f"Only one value is allowed for op {operation}")
        yield operation, [_unescaped(step) for step in path.split("/")], values
        rest = rest[match.end() :]
        if not rest:
            return
        if not rest.startswith(";"):
            raise ApiError(400, "filter parse error. semicolon expected.")
        rest = rest[1:]


def _unescaped(text: str) -> str:
    for escape, character in _ESCAPES:
        text = text.replace(escape, character)
    return text


def _holds(record: Json, operation: str, path: list[str], wanted: list[str]) -> bool:
    found: Any = record
    for step in path:
        if not isinstance(found, dict):
            # It does not look into lists.
            raise ApiError(400, f"AttrName {'/'.join(path)} is invalid")
        if step == "@key":
            found = list(found)
        elif step in found:
            found = found[step]
        else:
            return False
    values = found if isinstance(found, list) else [found]
    return any(_OPERATIONS[operation](value, [_like(value, item) for item in wanted]) for value in values)


def _like(value: Any, text: str) -> Any:
    if isinstance(value, bool):
        return {"true": True, "false": False}.get(text, text)
    return int(text) if isinstance(value, int) and text.lstrip("-").isdigit() else text
