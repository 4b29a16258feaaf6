# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a failed task says, for the last words of a run (private to this collection)."""

from __future__ import annotations

import typing as t

MOST = 5


def maintenance_failure(result: t.Mapping[str, t.Any]) -> str:
    """Why a task failed, in the words of the task.

    :param result: ``ansible_failed_result``. That of a loop says only that something failed; its items know what, and the first
        few different reasons are named.
    """
    items = [one for one in result.get("results") or [] if isinstance(one, t.Mapping) and one.get("failed")]
    reasons = list(dict.fromkeys(_reason(one) for one in items))
    if not reasons:
        return _reason(result)
    more = f"; and {len(reasons) - MOST} more" if len(reasons) > MOST else ""
    return "; ".join(reasons[:MOST]) + more


def _reason(result: t.Mapping[str, t.Any]) -> str:
    return str(result.get("msg") or result.get("reason") or result.get("stderr") or "A task failed without a reason.")
