# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What instances and groups tolerate, kept equal to what is wanted (private to this collection).

The constraint API of later Fenix, after ETSI NFV FEAT03; the session API has a list of all constraints besides.
"""

from __future__ import annotations

import typing as t

from .._ensure import Record, Result
from .proxy import MaintenanceProxy

INSTANCE, GROUP = "instance", "instance_group"
# By kind, the name of the id in the body.
IDS = {INSTANCE: "instance_id", GROUP: "group_id"}

# Which VNF a constraint is for: a field of ours, which the session API keeps as it keeps every other.
VNF = "vnf_instance_id"

# Kind and id.
Key = tuple[str, str]


def registered(proxy: MaintenanceProxy, project_id: str | None = None) -> Record:
    """All constraints, of one project if it is given: ``{"instances": [...], "groups": [...]}``. A Fenix has no list of them."""
    found = proxy.constraints(project_id) if proxy.is_session_api() else {}
    return {"instances": found.get("instances", []), "groups": found.get("instance_groups", [])}


class Constraints:
    """The constraints of one project."""

    def __init__(self, proxy: MaintenanceProxy, project_id: str | None = None) -> None:
        """:param project_id: whose; that of the credentials unless it is given."""
        self._proxy, self._project_id = proxy, project_id or proxy.project_id

    def ensure(self, wanted: t.Mapping[Key, Record], vnf_id: str | None, check_mode: bool) -> Result:
        """Write what differs, and remove what is registered for the VNF but not wanted any more."""
        present = self._present(wanted)
        # A Fenix may refuse what its schema does not know.
        common = {"project_id": self._project_id, **({VNF: vnf_id} if vnf_id and self._proxy.is_session_api() else {})}
        bodies = {key: {**present.get(key, {}), **record, IDS[key[0]]: key[1], **common} for key, record in wanted.items()}
        differing = [key for key, body in bodies.items() if present.get(key) != body]
        gone = [key for key, record in present.items() if key not in wanted and vnf_id and record.get(VNF) == vnf_id]
        if not check_mode:
            # Groups first: an instance names its group.
            for key in sorted(differing, reverse=True):
                self._proxy.put_constraint(*key, bodies[key])
            self._remove(gone)
        return _result(present, bodies, differing, gone)

    def remove(self, keys: t.Iterable[Key], check_mode: bool) -> Result:
        """Remove those that are there."""
        present = self._present(keys)
        gone = [key for key in keys if key in present]
        if not check_mode:
            self._remove(gone)
        return _result(present, {}, [], gone)

    def _remove(self, keys: t.Iterable[Key]) -> None:
        for key in keys:
            self._proxy.delete_constraint(*key)

    def _present(self, keys: t.Iterable[Key]) -> dict[Key, Record]:
        """What is registered: everything of the project, or of a Fenix, which has no list, those asked for."""
        if not self._proxy.is_session_api():
            read = {key: self._proxy.constraint(*key) for key in keys}
            return {key: record for key, record in read.items() if record is not None}
        found = self._proxy.constraints(self._project_id)
        listed = ((INSTANCE, found.get("instances") or []), (GROUP, found.get("instance_groups") or []))
        return {(kind, str(one[IDS[kind]])): one for kind, records in listed for one in records}


def _result(present: t.Mapping[Key, Record], bodies: t.Mapping[Key, Record], differing: list[Key], gone: list[Key]) -> Result:
    touched = [*differing, *gone]
    record = {
        "instances": [body for key, body in bodies.items() if key[0] == INSTANCE],
        "groups": [body for key, body in bodies.items() if key[0] == GROUP],
        "written": [id_ for _kind, id_ in differing],
        "removed": [id_ for _kind, id_ in gone],
    }
    before = {" ".join(key): present[key] for key in touched if key in present}
    after = {" ".join(key): bodies[key] for key in differing}
    return Result(bool(touched), record, before, after)
