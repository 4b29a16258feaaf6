# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions of hypervisors, as Nova counts them and as people write them; pure (private to this collection)."""

from __future__ import annotations

import re
import typing as t

from .._errors import CollectionError

_WEIGHTS = (1_000_000, 1_000, 1)


def version_number(text: str) -> int:
    """A hypervisor's version as Nova counts it: 8.1.0 is 8001000.

    :raises CollectionError: when it is neither a number nor numbers with dots.
    """
    parts = text.strip().split(".")
    if len(parts) > len(_WEIGHTS) or not all(re.fullmatch(r"[0-9]{1,9}", part) for part in parts):
        raise CollectionError(f"The hypervisor version {text!r} is neither a number nor of the form 8.1.0")
    if len(parts) == 1 and int(parts[0]) >= _WEIGHTS[0]:
        return int(parts[0])
    return sum(int(part) * weight for part, weight in zip(parts, _WEIGHTS, strict=False))


def version_text(number: t.Any) -> str | None:
    """Nova's number of a version in digits: 8002000 is 8.2.0; None where there is none."""
    if not number:
        return None
    thousands, patch = divmod(int(number), 1000)
    major, minor = divmod(thousands, 1000)
    return f"{major}.{minor}.{patch}"
