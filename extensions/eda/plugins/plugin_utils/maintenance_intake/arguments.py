# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of the source, checked before it listens."""

from __future__ import annotations

import math
import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .credentials import check_secrets
from .errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PORT = 12348
POSTGRESQL = ("postgresql://", "postgresql+psycopg://")


class Arguments(NamedTuple):
    """The checked arguments; what each means stands in the documentation of the source."""

    host: str
    port: int
    secrets: dict[str, tuple[str, ...]]
    secrets_file: Path | None
    journal: str
    listener: str
    callback_url: str | None
    cloud: str | None
    region_name: str | None
    policies: dict[str, Any]
    policy_file: str | None
    answer: bool
    reconcile: bool
    confirm: bool
    handling_timeout: float
    max_attempts: int
    max_batches: int
    batch_window: float
    batch_window_first: float
    max_batch: int
    max_waiting: int
    retention: float
    retention_rows: int
    rate: float
    burst: int
    metrics: bool
    max_body: int
    read_timeout: float
    max_connections: int
    certfile: str | None
    keyfile: str | None
    cafile: str | None


def check_arguments(args: Mapping[str, Any]) -> Arguments:
    """Return the arguments with their defaults; ArgumentError says which one is wrong."""
    # ansible-rulebook adds a queue of its own; what a rulebook leaves empty counts as not given.
    given = {key: value for key, value in args.items() if key != "eda_feedback_queue" and value is not None and value != ""}
    unknown = sorted(set(given) - set(Arguments._fields))
    if unknown:
        raise ArgumentError(f"unknown argument {unknown[0]!r}; known are {', '.join(Arguments._fields)}")
    secrets_file = _text(given, "secrets_file", None)
    port = int(_number(given, "port", DEFAULT_PORT, least=0, most=65535, whole=True))
    window = _number(given, "batch_window", 0.2, least=0, most=60)
    checked = Arguments(
        host=_text(given, "host", "127.0.0.1") or "",
        port=port,
        secrets=check_secrets(given.get("secrets", {}), "secrets"),
        secrets_file=Path(secrets_file).expanduser() if secrets_file else None,
        journal=_journal(given, port),
        listener=_text(given, "listener", None) or f"{os.uname().nodename}:{port}",
        callback_url=_url(given, "callback_url"),
        cloud=_text(given, "cloud", None),
        region_name=_text(given, "region_name", None),
        policies=_map(given, "policies"),
        policy_file=_text(given, "policy_file", None),
        answer=_flag(given, "answer", True),
        reconcile=_flag(given, "reconcile", True),
        confirm=_flag(given, "confirm", True),
        handling_timeout=_number(given, "handling_timeout", 30, least=0.1, most=3600),
        max_attempts=int(_number(given, "max_attempts", 5, least=1, most=1000, whole=True)),
        max_batches=int(_number(given, "max_batches", 8, least=1, most=1000, whole=True)),
        batch_window=window,
        batch_window_first=min(window, _number(given, "batch_window_first", 0.03, least=0, most=60)),
        max_batch=int(_number(given, "max_batch", 200, least=1, most=10_000, whole=True)),
        max_waiting=int(_number(given, "max_waiting", 10_000, least=1, most=1_000_000, whole=True)),
        retention=_number(given, "retention", 604_800, least=0, most=366 * 86_400),
        retention_rows=int(_number(given, "retention_rows", 100_000, least=0, most=10_000_000, whole=True)),
        rate=_number(given, "rate", 200, least=0, most=1_000_000),
        burst=int(_number(given, "burst", 1000, least=1, most=1_000_000, whole=True)),
        metrics=_flag(given, "metrics", False),
        max_body=int(_number(given, "max_body", 1024 * 1024, least=1024, most=64 * 1024 * 1024, whole=True)),
        read_timeout=_number(given, "read_timeout", 10, least=0.1, most=300),
        max_connections=int(_number(given, "max_connections", 1000, least=1, most=100_000, whole=True)),
        certfile=_text(given, "certfile", None),
        keyfile=_text(given, "keyfile", None),
        cafile=_text(given, "cafile", None),
    )
    if not checked.secrets and not checked.secrets_file:
        raise ArgumentError("neither secrets nor secrets_file is given; without a secret nobody could be believed")
    if (checked.keyfile or checked.cafile) and not checked.certfile:
        raise ArgumentError("keyfile and cafile need certfile")
    return checked


def _text(args: Mapping[str, Any], name: str, default: str | None) -> str | None:
    value = args.get(name, default)
    if value is not None and not isinstance(value, str):
        raise ArgumentError(f"{name} must be text, not {type(value).__name__}")
    return value


def _flag(args: Mapping[str, Any], name: str, default: bool) -> bool:
    value = args.get(name, default)
    known = {"true": True, "yes": True, "false": False, "no": False}
    found = value if isinstance(value, bool) else known.get(str(value).lower())
    if found is None:
        raise ArgumentError(f"{name} must be true or false")
    return found


def _number(args: Mapping[str, Any], name: str, default: float, *, least: float, most: float, whole: bool = False) -> float:
    value = args.get(name, default)
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        raise ArgumentError(f"{name} must be a number") from None
    if not least <= number <= most or (whole and number != int(number)):
        raise ArgumentError(f"{name} must be {'a whole number' if whole else 'a number'} from {least} to {most}")
    return number


def _map(args: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = args.get(name, {})
    if not isinstance(value, dict):
        raise ArgumentError(f"{name} must be a map, not {type(value).__name__}")
    return value


def _url(args: Mapping[str, Any], name: str) -> str | None:
    value = _text(args, name, None)
    if value is not None and not value.startswith(("http://", "https://")):
        raise ArgumentError(f"{name} must begin with http:// or https://")
    return value.rstrip("/") if value else None


def _journal(args: Mapping[str, Any], port: int) -> str:
    """Return the path or URL of the journal; listeners at different ports of one machine have different ones."""
    value = _text(args, "journal", None)
    if value is None:
        state = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state")
        value = str(state / "nfv.maintenance" / ("journal.sqlite" if port == DEFAULT_PORT else f"journal-{port}.sqlite"))
    if value.startswith(POSTGRESQL):
        return value
    if "://" in value:
        raise ArgumentError("journal must be the path of a file or a postgresql:// URL")
    return str(Path(value).expanduser().absolute())


def tls_context(args: Arguments) -> ssl.SSLContext | None:
    """Return the TLS context of the arguments, None for plain HTTP."""
    if args.certfile is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(args.certfile, args.keyfile)
        if args.cafile is not None:
            context.load_verify_locations(args.cafile)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as exc:
        raise ArgumentError(f"certfile, keyfile or cafile cannot be used: {exc}") from exc
    return context
