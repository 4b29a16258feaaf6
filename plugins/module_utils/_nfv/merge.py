# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON Merge Patch (RFC 7396), by which Tacker changes free-form fields of a VNF instance (private to this collection)."""

from __future__ import annotations

import json
import typing as t


def merge_patch(present: t.Any, patch: t.Any) -> t.Any:
    """What a patch makes of a value; neither argument is changed.

    Objects are merged key by key, null removes the key, anything else replaces, lists too.
    """
    if not isinstance(patch, dict):
        return patch
    merged = dict(present) if isinstance(present, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def effective(present: t.Mapping[str, t.Any] | None, patch: t.Mapping[str, t.Any]) -> list[str]:
    """The top keys of ``patch`` that change something in ``present``, sorted; an empty list when there is nothing to do."""
    now = dict(present or {})
    merged = merge_patch(now, dict(patch))
    return sorted(key for key in patch if (key in now) != (key in merged) or not same(now.get(key), merged.get(key)))


def same(one: t.Any, other: t.Any) -> bool:
    """Whether two values are the same JSON; to Python 1 and true are equal."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def managed(present: t.Mapping[str, t.Any] | None, patch: t.Mapping[str, t.Any]) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """The keys that ``patch`` names, before and after it, for a diff."""
    now = dict(present or {})
    merged = merge_patch(now, dict(patch))
    before, after = ({key: value[key] for key in sorted(patch) if key in value} for value in (now, merged))
    return before, after
