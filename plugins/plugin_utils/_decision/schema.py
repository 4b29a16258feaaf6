# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks plain data against a JSON Schema, as far as the collection's own schemas go (private to this collection).

The library jsonschema takes a third of a second to be imported, half of what a whole reply may take. What is understood is in
:data:`KEYWORDS`; that this gives the same verdicts as the library is tested.
"""

from __future__ import annotations

import re
import typing as t

Schema = t.Mapping[str, t.Any]

KEYWORDS = frozenset({
    "$schema", "$defs", "$ref", "title", "description", "type", "enum", "properties", "required", "additionalProperties",
    "minProperties", "maxProperties", "items", "minItems", "maxItems", "minLength", "maxLength", "pattern", "minimum", "maximum",
})  # fmt: skip
_TYPES: dict[str, t.Callable[[t.Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
_LONGEST = 100


class Mismatch(Exception):
    """What does not fit: where, what was found, what is allowed."""


def check(value: t.Any, schema: Schema) -> None:
    """Raise :class:`Mismatch` for the first part of a value that does not fit."""
    _check(value, schema, schema, "")


def _check(value: t.Any, schema: Schema, root: Schema, path: str) -> None:
    if "$ref" in schema:
        schema = {**root["$defs"][schema["$ref"].removeprefix("#/$defs/")], **schema}
    kinds = schema.get("type")
    if kinds is not None:
        wanted = [kinds] if isinstance(kinds, str) else kinds
        if not any(_TYPES[kind](value) for kind in wanted):
            _fail(path, value, f"a value of type {' or '.join(wanted)}")
    # True equals 1, but is not the same in JSON.
    if "enum" in schema and not any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in schema["enum"]):
        _fail(path, value, f"one of {', '.join(map(str, schema['enum']))}")
    if isinstance(value, dict):
        _check_object(value, schema, root, path)
    elif isinstance(value, list):
        _check_array(value, schema, root, path)
    elif isinstance(value, str):
        _bounds(path, value, schema, "Length", "characters")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            _fail(path, value, f"text like {schema['pattern']}")
    elif isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        _fail(path, value, f"{schema.get('minimum', 'no')} to {schema.get('maximum', 'no')}")


def _check_object(value: dict[str, t.Any], schema: Schema, root: Schema, path: str) -> None:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    _bounds(path, value, schema, "Properties", f"of {', '.join(properties) or 'any name'}")
    for name in schema.get("required", []):
        if name not in value:
            _fail(path, value, f"{name} as well")
    for name, one in value.items():
        place = f"{path}.{name}" if path else str(name)
        if name in properties:
            _check(one, properties[name], root, place)
        elif others is False:
            raise Mismatch(f"{place} is unknown; allowed {f'in {path}' if path else 'here'}: {', '.join(properties)}")
        elif others is not True:
            _check(one, others, root, place)


def _check_array(value: list[t.Any], schema: Schema, root: Schema, path: str) -> None:
    _bounds(path, value, schema, "Items", "entries")
    for number, one in enumerate(value):
        _check(one, schema.get("items", {}), root, f"{path}[{number}]")


def _bounds(path: str, value: t.Sized, schema: Schema, what: str, of: str) -> None:
    size = len(value)
    least, most = schema.get(f"min{what}", 0), schema.get(f"max{what}", size)
    if not least <= size <= most:
        _fail(path, value, f"exactly {least} {of}" if least == most else f"{least} to {schema.get(f'max{what}', 'any')} {of}")


def _fail(path: str, value: t.Any, allowed: str) -> t.NoReturn:
    found = repr(value)
    found = found if len(found) <= _LONGEST else f"{found[: _LONGEST - 3]}..."
    raise Mismatch(f"{path or 'the policy'} is {found}; allowed is {allowed}")
