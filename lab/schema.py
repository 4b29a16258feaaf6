# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of JSON Schema that Nova checks its requests with, and the sentences in which it complains."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Any

from .web import ApiError

Schema = dict[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "null": (type(None),),
    "boolean": (bool,),
}
TRUE = (True, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes")
FALSE = (False, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no")
BOOLEAN: Schema = {"enum": [*TRUE, *FALSE]}
ANY: Schema = {}


def one(name: str, *types: str, **more: Any) -> Schema:
    """Return the schema of an object with this one field."""
    part = {**({"type": list(types)} if types else {}), **more}
    return {"type": ["object"], "required": [name], "properties": {name: part}, "closed": True}


def check(value: Any, schema: Schema, where: str = "field/attribute", name: str = "") -> None:
    """Refuse a value that does not fit, the outermost fault first."""
    why = _fault(value, schema)
    if why:
        raise ApiError(400, f"Invalid input for {where} {name}. Value: {value}. {why}" if name else why)
    if isinstance(value, dict):
        for key, part in schema.get("properties", {}).items():
            if key in value:
                check(value[key], part, where, key)
    if isinstance(value, list) and "items" in schema:
        for place, item in enumerate(value):
            check(item, schema["items"], where, str(place))


def _fault(value: Any, schema: Schema) -> str | None:
    types = schema.get("type")
    if types and not any(_is(value, kind) for kind in types):
        return f"{value!r} is not of type {', '.join(map(repr, types))}"
    if "enum" in schema and not any(value == item and type(value) is type(item) for item in schema["enum"]):
        return f"{value!r} is not one of {schema['enum']!r}"
    if isinstance(value, dict):
        return _of_object(value, schema)
    return _of_text(value, schema) if isinstance(value, str) else _of_number(value, schema)


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _of_object(value: dict[str, Any], schema: Schema) -> str | None:
    for key in schema.get("required", ()):
        if key not in value:
            return f"{key!r} is a required property"
    unknown = [key for key in value if key not in schema.get("properties", {})]
    if schema.get("closed") and unknown:
        return unexpected(unknown)
    return None


def unexpected(names: Iterable[str]) -> str:
    """Name the fields that nobody asked for."""
    listed = list(names)
    were = "was" if len(listed) == 1 else "were"
    return f"Additional properties are not allowed ({', '.join(map(repr, listed))} {were} unexpected)"


def _of_text(value: str, schema: Schema) -> str | None:
    if len(value) < schema.get("shortest", 0):
        return f"{value!r} is too short"
    if len(value) > schema.get("longest", len(value)):
        return f"{value!r} is too long"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return f"{value!r} does not match {schema['pattern']!r}"
    if schema.get("format") == "uuid" and not is_uuid(value):
        return f"{value!r} is not a 'uuid'"
    return None


def _of_number(value: Any, schema: Schema) -> str | None:
    if isinstance(value, int) and value < schema.get("least", value):
        return f"{value} is less than the minimum of {schema['least']}"
    return None


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def is_true(value: Any) -> bool:
    """Read what BOOLEAN allows."""
    return value in TRUE
