# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Tacker records of an operation, and how an operation changes what it records of a VNF."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .clock import now
from .nfv_change import release_of
from .state import Flavor, Server, Vnf

Json = dict[str, Any]

_MAPS = {"metadata": "metadata", "extensions": "extensions", "vnfConfigurableProperties": "configurable"}
_MODIFIABLE = {"vnfInstanceName": "name", "vnfInstanceDescription": "description", "vnfdId": "vnfd_id", **_MAPS}


@dataclass(slots=True, eq=False)
class OpOcc:
    """An operation occurrence."""

    id: str
    vnf_id: str
    operation: str
    params: Json
    state: str = "STARTING"
    entered: datetime = field(default_factory=now)
    started: datetime = field(default_factory=now)
    grant_id: str | None = None
    error: Json | None = None
    affected: list[Json] = field(default_factory=list)
    ports: list[Json] = field(default_factory=list)
    # What it changed of the record: a modification, and a change of the package.
    changed_info: Json | None = None
    triggered: Json | None = None
    # Servers that a scale out made but that are not yet members; rollback removes them.
    unfinished: list[Server] = field(default_factory=list)
    # Flavors that a change of the package has replaced, by server; rollback puts them back.
    replaced: dict[str, Flavor] = field(default_factory=dict)

    def enter(self, state: str) -> None:
        """Take a state over."""
        self.state = state
        self.entered = now()

    def stop(self, why: str) -> None:
        """Wait for a decision."""
        self.error = {"title": "Stack update failed", "status": 422, "detail": why}
        self.enter("FAILED_TEMP")


def modify(vnf: Vnf, body: Json) -> Json:
    """Change the record of a VNF, and return what became different."""
    changed: Json = {}
    before = _versions(vnf)
    for name, attribute in _MODIFIABLE.items():
        if name not in body:
            continue
        old = getattr(vnf, attribute)
        new = merged(old, body[name])
        if new != old:
            setattr(vnf, attribute, new)
            changed[name] = new
    return {**changed, **{name: value for name, value in _versions(vnf).items() if value != before[name]}}


def change_package(vnf: Vnf, body: Json, vnfd_id: str) -> Json:
    """Record that a VNF has another package, and return what Tacker says that it triggered."""
    before = _versions(vnf)
    vnf.vnfd_id = vnfd_id
    triggered: Json = {"vnfdId": vnfd_id}
    for name in ("extensions", "vnfConfigurableProperties"):
        if name in body:
            triggered[name] = merged(getattr(vnf, _MAPS[name]), body[name])
            setattr(vnf, _MAPS[name], triggered[name])
    return {**triggered, **{name: value for name, value in _versions(vnf).items() if value != before[name]}}


def _versions(vnf: Vnf) -> Json:
    release = release_of(vnf, vnf.vnfd_id)
    version = release.version if release else "1.0"
    return {"vnfSoftwareVersion": version, "vnfdVersion": version}


def merged(target: Any, patch: Any) -> Any:
    """Apply a merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result
