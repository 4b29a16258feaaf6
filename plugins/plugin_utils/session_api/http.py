# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests taken apart and answers put together."""

from __future__ import annotations

import json
import typing as t

from . import schemas, times
from .config import TRAIT_LENGTH
from .errors import BadRequest
from .libraries import flask, werkzeug

MAX_BODY = 1024 * 1024
MAX_DEPTH = 16

Json = dict[str, t.Any]


def answer(body: t.Any, status: int = 200) -> flask.Response:
    """Write an answer; the keys keep their order."""
    return flask.Response(json.dumps(body) + "\n", status, mimetype="application/json")


def body(schema: str, *, empty: bool = False) -> Json:
    """Read the request's body and check it; ``empty`` takes a missing body as ``{}``."""
    if (flask.request.content_length or 0) > MAX_BODY:
        raise werkzeug.exceptions.RequestEntityTooLarge
    raw = flask.request.get_data(cache=False)
    if not raw.strip() and empty:
        raw = b"{}"
    parsed = _parse(raw)
    schemas.check(schema, parsed)
    return t.cast("Json", parsed)


def _parse(raw: bytes) -> t.Any:
    try:
        parsed = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except RecursionError:
        raise BadRequest("body", f"the body is nested deeper than {MAX_DEPTH} levels") from None
    except ValueError as exc:
        raise BadRequest("body", f"the body is not JSON: {exc}") from None
    _walk(parsed)
    return parsed


def _refuse_constant(text: str) -> t.NoReturn:
    raise ValueError(f"{text} is not JSON")


def _walk(parsed: t.Any) -> None:
    """Refuse what a database or a bus would choke on: deep nesting, and text that is no text."""
    level: list[t.Any] = [parsed]
    for _depth in range(MAX_DEPTH + 1):
        deeper: list[t.Any] = []
        for value in level:
            if isinstance(value, dict):
                deeper.extend(value)
                deeper.extend(value.values())
            elif isinstance(value, list):
                deeper.extend(value)
            elif isinstance(value, str):
                _check_text(value)
        if not deeper:
            return
        level = deeper
    raise BadRequest("body", f"the body is nested deeper than {MAX_DEPTH} levels")


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise BadRequest("body", "the body holds a text with a NUL character")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadRequest("body", "the body holds a text with half a surrogate pair") from None


def time_field(parsed: Json, name: str, where: str = "") -> t.Any:
    """Read a time of a body."""
    text = parsed.get(name)
    if text is None:
        return None
    try:
        return times.parse(text)
    except (ValueError, OverflowError):
        name = where + name
        raise BadRequest(name, f"{name} must be a time like 2026-11-21 01:02:03 (UTC), not {text!r}") from None


def metadata_field(parsed: Json, where: str = "") -> Json | None:
    """Read ``metadata``, which must survive Ceilometer."""
    value: Json | None = parsed.get("metadata")
    if value is not None and len(repr(value)) > TRAIT_LENGTH:
        raise BadRequest(
            where + "metadata",
            f"{where}metadata is {len(repr(value))} characters long as text; Ceilometer cuts at {TRAIT_LENGTH}, and what is left"
            " no VNF manager can read",
        )
    return value


def integer_argument(name: str, default: int) -> int:
    """Read a number of the query string."""
    text = flask.request.args.get(name)
    if text is None:
        return default
    try:
        value = int(text)
    except ValueError:
        raise BadRequest(name, f"{name} must be an integer") from None
    return max(-(2**62), min(value, 2**62))


def bounded_argument(name: str, default: int, most: int) -> int:
    """Read a number of the query string that lies between 1 and ``most``."""
    value = integer_argument(name, default)
    if not 1 <= value <= most:
        raise BadRequest(name, f"{name} must be between 1 and {most}")
    return value


def choice_arguments(name: str, known: t.Collection[str]) -> list[str]:
    """Read a word of the query string that may be given more than once."""
    values = flask.request.args.getlist(name)
    for value in values:
        if value not in known:
            raise BadRequest(name, f"{name} must be one of {', '.join(known)}")
    return values


def flag_argument(name: str) -> bool:
    """Read a yes or no of the query string."""
    text = flask.request.args.get(name, "false").lower()
    if text not in ("true", "false", "1", "0"):
        raise BadRequest(name, f"{name} must be true or false")
    return text in ("true", "1")
