# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place that compares, decides and simulates (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

Record = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Result:
    """What a module's ``run`` returns.

    :ivar changed: whether something was changed, or would be in check mode.
    :ivar record: the object as it is now (or would be), None when it is absent.
    :ivar before: the managed keys before, for the diff.
    :ivar after: the managed keys after, for the diff.
    :ivar extra: further return values of the module by name.
    """

    changed: bool
    record: t.Any
    before: t.Any = None
    after: t.Any = None
    extra: Record = dataclasses.field(default_factory=dict)

    @property
    def diff(self) -> dict[str, t.Any]:
        """The form Ansible's ``--diff`` shows."""
        return {"before": self.before or {}, "after": self.after or {}}


class Manager(t.Protocol):
    """What :func:`ensure` needs to know about one kind of object."""

    def find(self) -> Record | None:
        """The present object, or None."""

    def create(self, desired: Record) -> Record:
        """Make it; returns the new object."""

    def update(self, current: Record, desired: Record) -> Record:
        """Change it; ``desired`` holds only the keys that differ. Returns the object afterwards."""

    def delete(self, current: Record) -> None:
        """Remove it."""


def ensure(manager: Manager, present: bool, desired: Record, check_mode: bool) -> Result:
    """Bring one object to the desired state.

    Only keys that the user set (not None) are compared. In check mode nothing is written and the record is the present one
    overlaid with the desired one.
    """
    wanted = {key: value for key, value in desired.items() if value is not None}
    current = manager.find()
    if not present:
        if current is None:
            return Result(False, None)
        if not check_mode:
            manager.delete(current)
        return Result(True, None, before=_only(current, wanted), after={})
    if current is None:
        record = dict(wanted) if check_mode else manager.create(wanted)
        return Result(True, record, before={}, after=wanted)
    differing = {key: value for key, value in wanted.items() if current.get(key) != value}
    before = _only(current, wanted)
    if not differing:
        return Result(False, current, before=before, after=before)
    record = {**current, **differing} if check_mode else manager.update(current, differing)
    return Result(True, record, before=before, after={**before, **differing})


def _only(record: Record, keys: t.Iterable[str]) -> Record:
    return {key: record.get(key) for key in keys}
