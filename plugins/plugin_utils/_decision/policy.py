# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy of a VNF: checked, and with its defaults (private to this collection)."""

from __future__ import annotations

import dataclasses
import functools
import json
import pathlib
import typing as t

from ...module_utils import _schema as schema
from ...module_utils._maintenance import messages as m

Dict = dict[str, t.Any]

DEFAULT_ACTIONS = (m.MIGRATE,)
REFUSE, WAIT = "refuse", "wait"
# What OWN_ACTION can mean, and what is decided about an operation of the VNF manager that fails in it.
TASKS, HEAL, CHANGE = "tasks", "heal", "change_vnfpkg"
DEFAULT_ON_FAILURE = {HEAL: ("retry",), CHANGE: ("retry", "rollback")}
# In the URL of a probe, the address of the member that is asked.
ADDRESS = "{address}"
SCHEMA_FILE = pathlib.Path(__file__).with_name("policy_schema.json")


class PolicyError(ValueError):
    """Why a policy cannot be used: the VNF, the place, what was found and what is allowed."""


@dataclasses.dataclass(frozen=True)
class Group:
    """Members that stand in for each other.

    :ivar at_least: None leaves it to :meth:`needed`.
    :ivar active: how the active member is seen, in the policy's own form; None when no member is.
    :ivar actions_when: pairs of metadata and actions.
    """

    name: str
    vdu_ids: tuple[str, ...]
    aspect_id: str | None
    at_least: int | None
    when_unhealthy: str
    health: Dict | None
    active: Dict | None
    switch_over: Dict | None
    check: Dict | None
    actions: tuple[str, ...]
    actions_when: tuple[tuple[Dict, tuple[str, ...]], ...]
    own_action: Dict | None
    constraints: Dict

    def needed(self, members: int) -> int:
        """How many of so many members have to stay in service."""
        if self.at_least is not None:
            return self.at_least
        return 1 if self.active and members > 1 else 0

    def wishes(self, metadata: t.Mapping[str, t.Any]) -> tuple[str, ...]:
        """The actions in order of preference, for a message with this metadata."""
        return next((actions for wanted, actions in self.actions_when if fits(wanted, metadata)), self.actions)


@dataclasses.dataclass(frozen=True)
class Aspect:
    """What may be given of one scaling aspect.

    :ivar instances_per_step: None where the policy does not say.
    :ivar seconds: how long a change of size usually takes, 0 where the policy does not say.
    """

    aspect_id: str
    steps: int
    minimum: int
    instances_per_step: int | None
    on_failure: tuple[str, ...]
    seconds: int = 0


@dataclasses.dataclass(frozen=True)
class Policy:
    """All that the owner of one VNF has decided beforehand.

    :ivar constraints: None when none are to be registered.
    """

    groups: tuple[Group, ...] = ()
    actions: tuple[str, ...] = DEFAULT_ACTIONS
    scale: tuple[Aspect, ...] = ()
    constraints: Dict | None = None

    def group_of(self, vdu_id: str) -> Group | None:
        """The group that the servers of a VDU belong to."""
        return next((group for group in self.groups if vdu_id in group.vdu_ids), None)

    def aspect(self, aspect_id: str) -> Aspect | None:
        """What the policy says of a scaling aspect."""
        return next((one for one in self.scale if one.aspect_id == aspect_id), None)

    @classmethod
    def read(cls, vnf_id: str, given: t.Any) -> Policy:
        """Check and complete a policy.

        :raises PolicyError: naming the VNF.
        """
        try:
            schema.check(given, policy_schema(), "the policy")
            policy = cls(
                groups=tuple(_group(one) for one in given.get("groups", [])),
                actions=tuple(given.get("actions", DEFAULT_ACTIONS)),
                scale=tuple(_aspect(one) for one in given.get("scale", [])),
                constraints=given.get("constraints"),
            )
            _agree(policy)
        except schema.Mismatch as exc:
            raise PolicyError(f"the policy of VNF {vnf_id} cannot be used: {exc}") from exc
        return policy


@functools.cache
def policy_schema() -> Dict:
    """The JSON Schema of a policy."""
    return t.cast("Dict", json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


def _group(given: Dict) -> Group:
    return Group(
        name=given.get("name", "+".join(given["vdu_ids"])),
        vdu_ids=tuple(given["vdu_ids"]),
        aspect_id=given.get("aspect_id"),
        at_least=given.get("at_least"),
        when_unhealthy=given.get("when_unhealthy", REFUSE),
        health=given.get("health"),
        active=given.get("active"),
        switch_over=given.get("switch_over"),
        check=given.get("check"),
        actions=tuple(given.get("actions", DEFAULT_ACTIONS)),
        actions_when=tuple((one["metadata"], tuple(one["actions"])) for one in given.get("actions_when", [])),
        own_action=given.get("own_action"),
        constraints=given.get("constraints", {}),
    )


def _aspect(given: Dict) -> Aspect:
    return Aspect(
        aspect_id=given["aspect_id"],
        steps=given.get("steps", 1),
        minimum=given.get("minimum", 0),
        instances_per_step=given.get("instances_per_step"),
        on_failure=tuple(given.get("on_failure", ("retry", "rollback"))),
        seconds=given.get("seconds", 0),
    )


def _agree(policy: Policy) -> None:
    """What the parts of a policy have to do with each other, which a schema cannot say."""
    seen: dict[str, int] = {}
    for number, group in enumerate(policy.groups):
        place = f"groups[{number}]"
        for vdu_id in group.vdu_ids:
            if seen.setdefault(vdu_id, number) != number:
                raise schema.Mismatch(f"{place}.vdu_ids has {vdu_id}, which is in groups[{seen[vdu_id]}] already")
        wished = [action for actions in (group.actions, *(one for _when, one in group.actions_when)) for action in actions]
        if m.OWN_ACTION in wished and group.own_action is None:
            raise schema.Mismatch(f"{place}.own_action is missing; it says what OWN_ACTION means")
        if group.switch_over is None and set(group.active or ()) & {"probe", "tasks"}:
            raise schema.Mismatch(f"{place}.switch_over is missing; what {', '.join(group.active or ())} shows cannot be moved")
        if group.active is None and (group.switch_over or group.check):
            raise schema.Mismatch(f"{place}.active is missing; without it nothing is switched over")
        _agree_on_own_action(f"{place}.own_action", group)
        _agree_on_probes(place, group)
        _agree_on_aspect(policy, place, group)
    aspects = [one.aspect_id for one in policy.scale]
    for number, aspect_id in enumerate(aspects):
        first = aspects.index(aspect_id)
        if first != number:
            raise schema.Mismatch(f"scale[{number}].aspect_id is {aspect_id!r}, which scale[{first}] has already")


def _agree_on_own_action(place: str, group: Group) -> None:
    own = group.own_action
    if own is None:
        return
    has = {TASKS: {"tasks"}, HEAL: {"on_failure"}, CHANGE: {"capabilities", "on_failure"}}[own["kind"]]
    for name in [name for name in own if name not in {"kind", *has}]:
        raise schema.Mismatch(f"{place}.{name} is not for kind {own['kind']}, which has {', '.join(sorted(has))}")
    for name in sorted(has - {"on_failure", *own}):
        raise schema.Mismatch(f"{place}.{name} is missing; kind {own['kind']} needs it")
    if own["kind"] == HEAL and "rollback" in own.get("on_failure", ()):
        raise schema.Mismatch(f"{place}.on_failure has rollback; a heal can only be retried or given up (fail)")
    for number, capability in enumerate(own.get("capabilities", ())):
        halves = [name for name in ("product_name", "software_version") if name in capability]
        if len(halves) == 1:
            raise schema.Mismatch(f"{place}.capabilities[{number}] has {halves[0]} alone; name a package by both, or by vnfd_id")
        for vdu_id in [vdu_id for vdu_id in capability.get("flavors", ()) if vdu_id not in group.vdu_ids]:
            names = ", ".join(group.vdu_ids)
            raise schema.Mismatch(f"{place}.capabilities[{number}].flavors has {vdu_id}; the VDUs of the group are {names}")


def _agree_on_probes(place: str, group: Group) -> None:
    seen, check = (group.active or {}).get("probe"), group.check
    if seen is not None and ADDRESS not in seen["url"]:
        raise schema.Mismatch(f"{place}.active.probe.url has no {ADDRESS}; without it all members answer the same")
    if check is not None and ADDRESS in check["url"]:
        raise schema.Mismatch(f"{place}.check.url has {ADDRESS}; it is about the service of the whole group")


def _agree_on_aspect(policy: Policy, place: str, group: Group) -> None:
    if group.aspect_id is None:
        return
    aspect = policy.aspect(group.aspect_id)
    if aspect is None:
        known = ", ".join(one.aspect_id for one in policy.scale) or "nothing"
        raise schema.Mismatch(f"{place}.aspect_id is {group.aspect_id!r}; scale has {known}")
    if aspect.instances_per_step is None:
        which = f"scale[{policy.scale.index(aspect)}].instances_per_step"
        raise schema.Mismatch(f"{which} is missing; without it nobody knows how far {place} may shrink")


def fits(wanted: t.Mapping[str, t.Any], metadata: t.Mapping[str, t.Any]) -> bool:
    """Whether metadata has all the keys with their values; Aodh makes text of everything, so text is compared."""
    return all(key in metadata and (value is None or _text(metadata[key]) == _text(value)) for key, value in wanted.items())


def _text(value: t.Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
