# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one place of a VNF descriptor wishes for maintenance, in the words of a policy (private to this collection).

Two forms are known: ``NfviMaintenanceInfo`` of ETSI NFV-SOL001 (IFA 011), and the keys that Tacker's Fenix plug-in took from the
configuration of a VNF.
"""

from __future__ import annotations

import math
import re
import typing as t

from ...module_utils._maintenance import messages as m
from ...module_utils._nfv.definitions import mapping
from .policy import PolicyError

Dict = dict[str, t.Any]
Read = t.Callable[[t.Any, str], t.Any]

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
# Tacker's documented sample has a comma behind each number, which makes text of it.
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) *([a-z]*) *,?", re.IGNORECASE)
_NUMBER = re.compile(r"([0-9]{1,9}) *,?")
# Of SOL001, of IFA 011, of Fenix, and Doctor's first spelling; YAML 1.1 reads a bare NO as false.
_ACTIONS = {
    "no_migration": m.OWN_ACTION, "no": m.OWN_ACTION, "false": m.OWN_ACTION,
    "offline_migration": m.MIGRATE, "offline": m.MIGRATE, "migration": m.MIGRATE,
    "live_migration": m.LIVE_MIGRATE, "live": m.LIVE_MIGRATE,
    **{action.lower(): action for action in m.ACTIONS},
}  # fmt: skip
# Constraints of several VDUs together: what all of them can live with.
_STRICTEST: dict[str, t.Callable[[t.Any, t.Any], t.Any]] = {
    "lead_time": max, "recovery_time": max, "max_interruption_time": min, "max_impacted_members": min,
}  # fmt: skip


def of_info(value: t.Any, place: str, size: int | None) -> Dict:
    """What ``nfvi_maintenance_info`` of a VDU's profile says.

    :param size: members that the group has, None when unknown; then the strictest of the lists by group size counts.
    :returns: of a group's keys ``constraints`` and, where they are said, ``actions`` and ``at_least``.
    :raises PolicyError: for a value that cannot be used, with its place.
    """
    info = mapping(value, place)
    constraints = _read(info, place, {
        "impact_notification_lead_time": ("lead_time", _at_least),
        "min_recovery_time_between_impacts": ("recovery_time", _at_least),
        "max_undetectable_interruption_time": ("max_interruption_time", _at_most),
        "is_impact_mitigation_requested": ("resource_mitigation", boolean),
    })  # fmt: skip
    impacted = _by_size(info, "max_number_of_impacted_instances", place, size, min)
    if impacted is not None:
        constraints["max_impacted_members"] = max(1, impacted)
    wish: Dict = {"constraints": constraints}
    preserved = _by_size(info, "min_number_of_preserved_instances", place, size, max)
    if preserved is not None:
        wish["at_least"] = preserved
    if info.get("supported_migration_type"):
        wish["actions"] = _actions(info["supported_migration_type"], f"{place}.supported_migration_type")
    return wish


def of_properties(value: t.Any, place: str) -> Dict:
    """What the properties of a policy ``tosca.policies.tacker.Maintenance`` say, in the same form."""
    properties = mapping(value, place)
    wish = _read(properties, place, {"at_least": ("at_least", number), "when_unhealthy": ("when_unhealthy", _as_it_is)})
    for name in ("migration_type", "actions"):
        if name in properties:
            wish["actions"] = _actions(properties[name], f"{place}.{name}")
    wish["constraints"] = _read(properties, place, {
        "mitigation_type": ("resource_mitigation", boolean),
        "resource_mitigation": ("resource_mitigation", boolean),
        "anti_affinity_group": ("anti_affinity_group", boolean),
        "lead_time": ("lead_time", _at_least),
        "recovery_time": ("recovery_time", _at_least),
        "max_interruption_time": ("max_interruption_time", _at_most),
        "max_impacted_members": ("max_impacted_members", number),
        "max_instances_per_host": ("max_instances_per_host", number),
    })  # fmt: skip
    return wish


def together(wishes: t.Sequence[Dict]) -> Dict:
    """The wishes of several VDUs that make one group."""
    constraints: Dict = {}
    for wish in wishes:
        for name, value in wish["constraints"].items():
            choose = _STRICTEST.get(name)
            constraints[name] = choose(constraints[name], value) if choose and name in constraints else value
    result: Dict = {"constraints": constraints}
    counted = [wish["at_least"] for wish in wishes if "at_least" in wish]
    if counted:
        result["at_least"] = sum(counted)
    listed = [wish["actions"] for wish in wishes if "actions" in wish]
    if listed:
        result["actions"] = [action for action in listed[0] if all(action in one for one in listed)]
    return result


def over(below: Dict, above: Dict) -> Dict:
    """One wish laid over another one that is less particular."""
    return {**below, **above, "constraints": {**below["constraints"], **above["constraints"]}}


def number(value: t.Any, place: str) -> int:
    """A whole number, also one that is written as text."""
    found = _NUMBER.fullmatch(str(value).strip())
    if found is None or isinstance(value, bool):
        raise PolicyError(f"{place} is {str(value)[:100]!r}, which is not a whole number")
    return int(found[1])


def boolean(value: t.Any, place: str) -> bool:
    """True or false, also written as text."""
    text = str(value).strip().rstrip(",").lower()
    if text not in ("true", "false"):
        raise PolicyError(f"{place} is {str(value)[:100]!r}, which is neither true nor false")
    return text == "true"


def seconds(value: t.Any, place: str) -> float:
    """A TOSCA scalar-unit.time, or a number of seconds."""
    found = _DURATION.fullmatch(str(value).strip())
    if found is None or isinstance(value, bool) or found[2].lower() not in _SECONDS:
        raise PolicyError(f"{place} is {str(value)[:100]!r}, which is not a time such as 120 s")
    return float(found[1]) * _SECONDS[found[2].lower()]


def _at_least(value: t.Any, place: str) -> int:
    return math.ceil(seconds(value, place))


def _at_most(value: t.Any, place: str) -> int:
    return math.floor(seconds(value, place))


def _as_it_is(value: t.Any, place: str) -> t.Any:
    return value


def _actions(value: t.Any, place: str) -> list[str]:
    found: list[str] = []
    for one in value if isinstance(value, list) else [value]:
        action = _ACTIONS.get(str(one).strip().lower())
        if action is None:
            raise PolicyError(f"{place} has {str(one)[:100]!r}; known: {', '.join(sorted(_ACTIONS))}")
        if action not in found:
            found.append(action)
    return found


def _read(given: Dict, place: str, known: t.Mapping[str, tuple[str, Read]]) -> Dict:
    return {
        name: read(given[theirs], f"{place}.{theirs}")
        for theirs, (name, read) in known.items()
        if given.get(theirs) is not None
    }


def _by_size(info: Dict, key: str, place: str, size: int | None, strictest: t.Callable[[list[int]], int]) -> int | None:
    """The number for a group of this size: that of the largest size up to it; an entry without size is for any."""
    listed = info.get(key)
    if not listed:
        return None
    found: list[tuple[int, int]] = []
    for index, entry in enumerate(listed if isinstance(listed, list) else [listed]):
        where = f"{place}.{key}[{index}]"
        one = mapping(entry, where)
        found.append((number(one.get("group_size", 0), f"{where}.group_size"), number(one.get(key), f"{where}.{key}")))
    if size is None:
        return strictest([count for _size, count in found])
    fitting = [one for one in found if one[0] <= size]
    return max(fitting)[1] if fitting else None
