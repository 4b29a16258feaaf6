# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The monitoring policy of each VDU, as a VNF descriptor or the owner says it (private to this collection).

Tacker's older descriptors have ``monitoring_policy`` among the properties of a VDU (tacker-specs, "tosca-monitoring";
``tacker_nfv_defs.yaml``), with ``name``, ``parameters`` and ``actions``. Our schema is a policy of type
``tosca.policies.tacker.Monitoring`` with VDUs or groups of them as targets, whose properties are as in ``policy_schema.json``.
"""

from __future__ import annotations

import functools
import json
import pathlib
import re
import typing as t

from ...module_utils import _schema as schema
from ...module_utils._errors import CollectionError
from ...module_utils._nfv.definitions import entries, mapping
from .._decision.policy import PolicyError
from .._decision.vnfd_scaling import Scaling
from .._decision.vnfd_values import boolean, number, seconds

Dict = dict[str, t.Any]

TYPE = "tosca.policies.tacker.Monitoring"
UP, DOWN, DEGRADED, UNKNOWN = "up", "down", "degraded", "unknown"
STATES = (UP, DOWN, DEGRADED, UNKNOWN)
PING, HTTP_PING, TCP = "ping", "http_ping", "tcp"
PROBES = (PING, HTTP_PING, TCP)
RESPAWN, SCALE_OUT, SCALE_IN, LOG, KILL = "respawn", "scale_out", "scale_in", "log", "log_and_kill"
NOTIFY, PLAYBOOK = "notify", "playbook"
ACTIONS = (RESPAWN, SCALE_OUT, SCALE_IN, LOG, KILL, NOTIFY, PLAYBOOK)

SCHEMA_FILE = pathlib.Path(__file__).with_name("policy_schema.json")
_VDU = re.compile(r"tosca\.nodes\.nfv\.VDU(\.Tacker|\.Compute|\.OsContainerDeployableUnit)?", re.IGNORECASE)

# What an old parameter is called here. count and retry become the threshold.
_PARAMETERS: t.Mapping[str, tuple[str, t.Callable[[t.Any, str], t.Any]]] = {
    "monitoring_delay": ("grace", seconds),
    "interval": ("interval", seconds),
    "timeout": ("timeout", seconds),
    "port": ("port", number),
    "ssl": ("tls", boolean),
    "method": ("method", lambda value, _place: str(value).upper()),
    "path": ("path", lambda value, _place: str(value)),
}
_TRIES = ("count", "retry")
# The state that an old descriptor means by a key of its actions.
_TRIGGERS = {"failure": DOWN, "success": UP, **{state: state for state in STATES}}
# Old names of actions; a mark of death without more is a log.
_NAMES = {"vdu_autoheal": RESPAWN, **{name: name for name in (RESPAWN, LOG, KILL)}}


def monitoring_policies(vnfd: t.Mapping[str, t.Any], policy_name: str | None = None) -> Dict:
    """What is to be probed of each VDU, and what is to be done about each state.

    :param vnfd: the descriptor as ``vnfd_info`` returns it, or a TOSCA document with ``topology_template``.
    :param policy_name: only the policy of this name; None for all.
    :returns: ``{"vdus": {vdu: {"policy": name, "probe": "ping"|"http_ping"|"tcp", "parameters": {...}, "actions": {state:
        [{"name": ..., ...}]}}}}``. Parameters, each only where it is said: interval, timeout, grace (seconds), threshold ("3 of
        5"), port, method, path, tls, status (list), body. A VDU without a policy is not there.
    :raises PolicyError: for a value that cannot be used, with its place.
    """
    try:
        template = mapping(vnfd.get("topology_template"), "topology_template")
        nodes = mapping(template.get("node_templates"), "node_templates")
        known = mapping(vnfd.get("vdus"), "vdus")
        vdus = {
            name: mapping(node.get("properties"), f"properties of VDU {name}")
            for name, node in nodes.items()
            if isinstance(node, dict) and (name in known or _VDU.fullmatch(str(node.get("type"))))
        }
        reading = _Reading(template, vdus)
        found = {**reading.of_properties(), **reading.of_policies()}
    except CollectionError as exc:
        raise PolicyError(str(exc)) from exc
    chosen = {vdu: policy for vdu, policy in found.items() if policy_name in (None, policy["policy"])}
    if policy_name is not None and not chosen:
        names = ", ".join(sorted({policy["policy"] for policy in found.values()})) or "none"
        raise PolicyError(f"the descriptor has no monitoring policy {policy_name}; it has: {names}")
    return {"vdus": chosen}


def owner_policy(given: t.Any, place: str) -> Dict:
    """One policy of our schema, checked and completed.

    :param place: what it is called in an error.
    :raises PolicyError: for what does not fit.
    """
    try:
        schema.check(given, policy_schema(), place)
    except schema.Mismatch as exc:
        raise PolicyError(f"{place} cannot be used: {exc}") from exc
    actions = {
        state: [_checked({"name": one} if isinstance(one, str) else dict(one), f"{place}.actions.{state}") for one in listed]
        for state, listed in given.get("actions", {}).items()
    }
    parameters = dict(given.get("parameters", {}))
    lost, of = (int(word) for word in parameters.get("threshold", "1 of 1").split(" of "))
    if lost > of:
        raise PolicyError(f"{place}.parameters.threshold is {parameters['threshold']!r}, which can never be met")
    return {"probe": given["probe"], "parameters": parameters, "actions": actions}


@functools.cache
def policy_schema() -> Dict:
    """The JSON Schema of one policy."""
    return t.cast("Dict", json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


_OF_ACTION: t.Mapping[str, t.Collection[str]] = {
    RESPAWN: {"whole_vnf", "storage"}, SCALE_OUT: {"aspect_id", "steps"}, SCALE_IN: {"aspect_id", "steps"},
    NOTIFY: {"to"}, PLAYBOOK: {"to"}, LOG: (), KILL: (),
}  # fmt: skip


def _checked(action: Dict, place: str) -> Dict:
    strange = sorted(set(action) - {"name", *_OF_ACTION[action["name"]]})
    if strange:
        raise PolicyError(f"{place} has {strange[0]}, which is not for {action['name']}")
    if action["name"] == PLAYBOOK and "to" not in action:
        raise PolicyError(f"{place} has playbook without to, the name that the owner gave it")
    return action


class _Reading:
    """One topology template."""

    def __init__(self, template: Dict, vdus: t.Mapping[str, Dict]) -> None:
        self._template, self._vdus = template, vdus
        self._scaling = Scaling(template)
        self._policies = entries(template.get("policies"), "policies")
        self._groups = dict(entries(template.get("groups"), "groups"))

    def of_properties(self) -> dict[str, Dict]:
        """The old form; its policies are named by their probes."""
        found = {}
        for vdu, properties in self._vdus.items():
            given = properties.get("monitoring_policy")
            if given is None:
                continue
            old = mapping(given, f"monitoring_policy of VDU {vdu}")
            if "name" not in old and len(old) == 1:
                # The form before TOSCA: the name is the key.
                [(name, rest)] = old.items()
                old = {"name": name, **mapping(rest, f"monitoring_policy of VDU {vdu}")}
            if old.get("name") == "noop":
                continue
            found[vdu] = self._old(vdu, old)
        return found

    def of_policies(self) -> dict[str, Dict]:
        """Our schema; of two policies for one VDU the later counts."""
        found = {}
        for name, policy in self._policies:
            if not isinstance(policy, dict) or policy.get("type") != TYPE:
                continue
            properties = mapping(policy.get("properties"), f"properties of policy {name}")
            for vdu in self._targets(name, policy.get("targets")):
                found[vdu] = self._complete(vdu, name, owner_policy(properties, f"policy {name}"))
        return found

    def _targets(self, name: str, targets: t.Any) -> list[str]:
        if targets is None:
            return [*self._vdus]
        found: list[str] = []
        for target in targets if isinstance(targets, list) else [targets]:
            group = self._groups.get(str(target))
            members = group.get("members") if isinstance(group, dict) else None
            found += [str(one) for one in members] if isinstance(members, list) else [str(target)]
        for vdu in found:
            if vdu not in self._vdus:
                known = ", ".join(self._vdus) or "none"
                raise PolicyError(f"policy {name} has the target {vdu}, which is no VDU; VDUs: {known}")
        return found

    def _old(self, vdu: str, old: Dict) -> Dict:
        place = f"monitoring_policy of VDU {vdu}"
        if old.get("name") not in PROBES:
            raise PolicyError(f"{place} has the name {str(old.get('name'))[:100]!r}; known: {', '.join((*PROBES, 'noop'))}")
        given = mapping(old.get("parameters", old.get("monitoring_params")), f"parameters of the {place}")
        parameters: Dict = {}
        for theirs, value in given.items():
            where = f"parameters.{theirs} of the {place}"
            if theirs in _TRIES:
                tries = max(1, number(value, where))
                parameters["threshold"] = f"{tries} of {tries}"
            elif theirs in _PARAMETERS:
                name, read = _PARAMETERS[theirs]
                parameters[name] = read(value, where)
            else:
                raise PolicyError(f"{where} is unknown; known: {', '.join((*_TRIES, *_PARAMETERS))}")
        actions: dict[str, list[t.Any]] = {}
        for trigger, listed in mapping(old.get("actions"), f"actions of the {place}").items():
            if trigger not in _TRIGGERS:
                raise PolicyError(f"actions of the {place} has {str(trigger)[:100]!r}; known: {', '.join(_TRIGGERS)}")
            named = listed if isinstance(listed, list) else [listed]
            actions[_TRIGGERS[trigger]] = [self._named(str(one), place) for one in named]
        whole = owner_policy({"probe": old["name"], "parameters": parameters, "actions": actions}, place)
        return self._complete(vdu, str(old["name"]), whole)

    def _named(self, action: str, place: str) -> Dict:
        """An action of an old descriptor: its own, or the name of a scaling policy, perhaps with ``-out`` or ``-in``."""
        if action in _NAMES:
            return {"name": _NAMES[action]}
        for suffix, name in (("-out", SCALE_OUT), ("-in", SCALE_IN), ("", SCALE_OUT)):
            aspect = action.removesuffix(suffix)
            if action.endswith(suffix) and aspect in self._scaling.aspects:
                return {"name": name, "aspect_id": aspect}
        raise PolicyError(
            f"actions of the {place} has {action[:100]!r}, which is neither an action ({', '.join(_NAMES)}) nor a scaling policy"
        )

    def _complete(self, vdu: str, name: str, policy: Dict) -> Dict:
        """The aspect that scales the VDU, where the policy does not say which."""
        actions = {state: [self._with_aspect(vdu, name, one) for one in listed] for state, listed in policy["actions"].items()}
        return {"policy": name, **policy, "actions": actions}

    def _with_aspect(self, vdu: str, name: str, action: Dict) -> Dict:
        if action["name"] not in (SCALE_OUT, SCALE_IN) or "aspect_id" in action:
            return action
        aspect = self._scaling.aspect_of(vdu)
        if aspect is None:
            raise PolicyError(f"monitoring policy {name} scales VDU {vdu}, which no aspect scales; give aspect_id")
        return {**action, "aspect_id": aspect}
