# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of arguments and parameters; ArgumentError says which one is wrong."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 4096


def number(given: Mapping[str, Any], name: str, default: float, least: float, most: float, *, whole: bool = False) -> float:
    """Return a number within bounds, or the default."""
    value = given.get(name, default)
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not least <= number <= most or (whole and number != int(number)):
        raise ArgumentError(f"{name} must be {'a whole number' if whole else 'a number'} from {least:g} to {most:g}")
    return number


def flag(given: Mapping[str, Any], name: str, default: bool) -> bool:
    """Return true or false, or the default."""
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise ArgumentError(f"{name} must be true or false")
    return value


def text(given: Mapping[str, Any], name: str, default: str) -> str:
    """Return a short text, or the default."""
    value = given.get(name, default)
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ArgumentError(f"{name} must be text")
    return value
