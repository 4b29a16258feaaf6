# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What does not fit a JSON Schema, in a sentence for whoever wrote the data (private to this collection)."""

from __future__ import annotations

import typing as t

try:
    import jsonschema
except ImportError as exc:
    IMPORT_ERROR: ImportError | None = exc
else:
    IMPORT_ERROR = None

Schema = t.Mapping[str, t.Any]

_LONGEST = 100
_COUNTED = {"Items": "entries", "Length": "characters"}


class Mismatch(Exception):
    """What does not fit: where, what was found, what is allowed."""


def check(value: t.Any, schema: Schema, whole: str) -> None:
    """Raise :class:`Mismatch` for the part of a value that fits least.

    :param whole: how the value as a whole is called, for example "the policy".
    """
    if IMPORT_ERROR is not None:
        raise Mismatch(f"jsonschema is needed to read it: {IMPORT_ERROR}. Next: pip install jsonschema")
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(value))
    if error is not None:
        raise Mismatch(_sentence(error, whole))


def _sentence(error: t.Any, whole: str) -> str:
    place = error.json_path.removeprefix("$").removeprefix(".")
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        name = next(str(name) for name in error.instance if name not in known)
        where = f"in {place}" if place else "here"
        return f"{f'{place}.' if place else ''}{name} is unknown; allowed {where}: {', '.join(known)}"
    found = repr(error.instance)
    found = found if len(found) <= _LONGEST else f"{found[: _LONGEST - 3]}..."
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"{place or whole} is {found}; {missing} is missing"
    return f"{place or whole} is {found}; allowed is {_allowed(error)}"


def _allowed(error: t.Any) -> str:
    schema, wanted = error.schema, error.validator_value
    match error.validator:
        case "type":
            text = f"a value of type {wanted if isinstance(wanted, str) else ' or '.join(wanted)}"
        case "enum":
            text = f"one of {', '.join(map(str, wanted))}"
        case "pattern":
            text = f"text like {wanted}"
        case "oneOf" | "anyOf":
            names = ", ".join(name for branch in wanted for name in branch.get("required", ()))
            text = f"{'exactly' if error.validator == 'oneOf' else 'at least'} one of {names}"
        case "minimum" | "maximum":
            text = f"{schema.get('minimum', 'no')} to {schema.get('maximum', 'no')}"
        case _:
            text = _count(error)
    return text


def _count(error: t.Any) -> str:
    schema, what = error.schema, error.validator[3:]
    least, most = schema.get(f"min{what}", 0), schema.get(f"max{what}", "any")
    of = _COUNTED.get(what) or f"of {', '.join(schema.get('properties', {})) or 'any name'}"
    return f"exactly {least} {of}" if least == most else f"{least} to {most} {of}"
