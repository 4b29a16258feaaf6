# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Constraints: what instances and groups tolerate, each project's in a drawer of its own."""

from __future__ import annotations

import typing as t

from .errors import NotFound
from .libraries import sa
from .models import ConstraintRow
from .unit import Unit

GROUP = "instance_group"
INSTANCE = "instance"


def put(unit: Unit, kind: str, constraint_id: str, body: dict[str, t.Any]) -> dict[str, t.Any]:
    """Store a constraint under the project that its body names."""
    key = (kind, constraint_id, body["project_id"])
    row = unit.db.get(ConstraintRow, key)
    if row is None:
        row = ConstraintRow(kind=kind, id=constraint_id, project_id=body["project_id"])
        unit.db.add(row)
    row.body = body
    row.updated_at = unit.now
    return body


def get(unit: Unit, kind: str, constraint_id: str, project_id: str | None) -> dict[str, t.Any]:
    """Return a constraint; without a project the one written last, whoever wrote it."""
    rows = _rows(unit, kind, project_id, constraint_id)
    if not rows:
        raise NotFound(f"there is no constraint for {kind} {constraint_id}")
    return max(rows, key=lambda row: row.updated_at).body


def delete(unit: Unit, kind: str, constraint_id: str, project_id: str | None) -> None:
    """Remove a constraint; without a project, whoever wrote it."""
    rows = _rows(unit, kind, project_id, constraint_id)
    if not rows:
        raise NotFound(f"there is no constraint for {kind} {constraint_id}")
    for row in rows:
        unit.db.delete(row)


def listed(unit: Unit, project_id: str | None) -> dict[str, list[dict[str, t.Any]]]:
    """Return all constraints, or those of one project."""
    return {
        "instances": [row.body for row in _rows(unit, INSTANCE, project_id)],
        "instance_groups": [row.body for row in _rows(unit, GROUP, project_id)],
    }


def _rows(unit: Unit, kind: str, project_id: str | None, constraint_id: str | None = None) -> list[ConstraintRow]:
    query = sa.select(ConstraintRow).where(ConstraintRow.kind == kind).order_by(ConstraintRow.project_id, ConstraintRow.id)
    if project_id is not None:
        query = query.where(ConstraintRow.project_id == project_id)
    if constraint_id is not None:
        query = query.where(ConstraintRow.id == constraint_id)
    return list(unit.db.scalars(query))
