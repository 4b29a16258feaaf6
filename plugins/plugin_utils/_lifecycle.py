# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which operations lead from a VNF instance as it is to the one described, in which order (private to this collection).

The operations are those of ETSI NFV-SOL003 5.4.2 to 5.4.11 as Tacker has them. Each step names the module that performs it; the
module compares once more by itself, so that a step never does a second time what somebody else has done meanwhile.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ..module_utils._nfv import links, vim
from ..module_utils._nfv.change_vdus import Vdus
from ..module_utils._nfv.instances import public, raw_instance
from ..module_utils._nfv.merge import effective, managed, same
from ..module_utils._nfv.op_occs import raw_operation
from ._decision.vnf import RECORD_PREFIX

Dict = dict[str, t.Any]

RUNS = "INSTANTIATED"
# Merge patches, by their names in a description and in the record.
_PATCHES = {
    "metadata": "metadata", "extensions": "extensions", "vnf_configurable_properties": "vnfConfigurableProperties",
}  # fmt: skip
# Of the record, what other operations bring along.
_CARRIED: dict[str, tuple[str, ...]] = {
    "CHANGE_VNFPKG": ("extensions", "vnf_configurable_properties", "vim_connection_info"),
    "CHANGE_EXT_CONN": ("vim_connection_info",),
}
_STARTED = (
    "vnfd_id", "description", *_PATCHES, "vim_connection_info", "flavour_id", "instantiation_level_id", "ext_virtual_links",
    "ext_managed_virtual_links",
)  # fmt: skip


@dataclasses.dataclass
class Step:
    """One operation.

    :ivar module: what performs it; empty when nothing is done, and ``text`` says why.
    :ivar before: what it changes, as it is.
    :ivar after: the same as it shall be. Empty when only the module can see whether there is anything to do.
    :ivar options: of the module.
    :ivar needs_vnf: whether check mode can look at it only while the VNF runs.
    :ivar reason: what is said where ``after`` is empty.
    """

    operation: str
    module: str
    options: Dict = dataclasses.field(default_factory=dict)
    before: Dict = dataclasses.field(default_factory=dict)
    after: Dict = dataclasses.field(default_factory=dict)
    needs_vnf: bool = False
    reason: str = ""

    def add(self, name: str, before: t.Any, after: t.Any) -> None:
        """One value that it changes."""
        if not same(before, after):
            self.before[name], self.after[name] = before, after

    @property
    def text(self) -> str:
        """In one line."""
        changes = [f"{name} {_told(self.before.get(name))} -> {_told(value)}" for name, value in self.after.items()]
        return f"{self.operation}: {'; '.join(changes) or self.reason}"

    def record(self) -> Dict:
        """As the role takes it."""
        # Not asdict, which would copy what is inside; Ansible's own containers refuse that.
        return {**vars(self), "text": self.text}


def vnf_lifecycle_steps(wanted: Dict, instance: Dict | None = None, operations: t.Sequence[Dict] = ()) -> list[Dict]:
    """The steps in their order; an empty list when the VNF instance is as described.

    :param wanted: the description, as the role ``vnf_lifecycle`` has it, without its prefix and without secrets. What is empty
        is not managed.
    :param instance: what ``vnf_instance_info`` returned, None when there is none.
    :param operations: what ``vnf_lcm_op_occ_info`` returned of its INSTANTIATE, CHANGE_VNFPKG and SCALE, the oldest first; the
        managed links are known only from there, since Tacker does not keep their record up to date.
    :returns: steps with ``operation``, ``module``, ``options``, ``before``, ``after``, ``needs_vnf``, ``text``.
    """
    given = {name: value for name, value in wanted.items() if value not in (None, "", [], {})}
    raw = raw_instance(instance) if instance else None
    if raw is None or raw.get("instantiationState") != RUNS:
        return [step.record() for step in _Start(given, raw).steps()]
    networks = links.managed_of(raw, [raw_operation(one) for one in operations])
    return [step.record() for step in _Change(given, raw, networks).steps()]


class _Start:
    """A VNF that does not run."""

    def __init__(self, wanted: Dict, raw: Dict | None) -> None:
        self._wanted, self._raw = wanted, raw

    def steps(self) -> list[Step]:
        """Make it run; its size and flavors then are seen by the modules themselves."""
        wanted, state = self._wanted, (self._raw or {}).get("instantiationState")
        options = {"name": wanted["name"], "state": "instantiated", **{key: wanted[key] for key in _STARTED if key in wanted}}
        found = [Step("INSTANTIATE", "vnf_instance", options, {"state": state}, {"state": RUNS})]
        reason = "if it does not begin so"
        for aspect_id, level in wanted.get("sizes", {}).items():
            found.append(_scale(wanted["name"], aspect_id, level))
            found[-1].reason, found[-1].needs_vnf = f"{aspect_id} to level {level}, {reason}", True
        if wanted.get("flavors"):
            found.append(_flavors(wanted, reason))
        return found


class _Change:
    """A VNF that runs.

    :param networks: networks of the managed links in effect, by link.
    """

    def __init__(self, wanted: Dict, raw: Dict, networks: t.Mapping[str, str]) -> None:
        self._wanted, self._raw, self._networks, self._vdus = wanted, raw, networks, Vdus(raw)
        self._is_other_package = wanted.get("vnfd_id") not in (None, raw.get("vnfdId"))
        self._info: Dict = raw.get("instantiatedVnfInfo") or {}

    def steps(self) -> list[Step]:
        """The record first, since the others may need a VIM that is new in it.

        Servers come before the package changes and go after it, so that never fewer than before and afterwards are in service;
        and those that come are changed with the others, as Tacker makes them with the flavor and the network of its record.
        """
        sizes = self._sizes()
        more, fewer = ([step for step in sizes if _grows(step) == out] for out in (True, False))
        change = self._package(bool(more))
        carried = _CARRIED[change.operation] if change and change.after else ()
        if change:
            self._carry(change, carried)
        return [*self._record(carried), *more, *([change] if change else []), *fewer]

    # -- what changes the record only ---------------------------------------------------------------------------------------

    def _record(self, carried: t.Sequence[str]) -> list[Step]:
        step = Step("MODIFY_INFO", "vnf_instance", {"name": self._wanted["name"], "state": "present"})
        description = self._wanted.get("description")
        if description is not None and description != self._raw.get("vnfInstanceDescription"):
            step.options["description"] = description
            step.add("description", self._raw.get("vnfInstanceDescription"), description)
        flavour_id = self._wanted.get("flavour_id")
        if flavour_id is not None and flavour_id != self._info.get("flavourId"):
            # Cannot be reached; the module says so, and what can be done.
            step.options["flavour_id"] = flavour_id
            step.add("flavour_id", self._info.get("flavourId"), flavour_id)
        self._carry(step, [name for name in (*_PATCHES, "vim_connection_info") if name not in carried])
        return [step] if step.options.keys() - {"name", "state"} else []

    def _carry(self, step: Step, names: t.Iterable[str]) -> None:
        """Have a step bring along what of these differs."""
        for name in names:
            patch = self._wanted.get(name)
            if not patch:
                continue
            if name == "vim_connection_info":
                self._carry_vims(step, patch)
            elif effective(self._raw.get(_PATCHES[name]), patch):
                step.options[name] = patch
                step.add(name, *managed(self._raw.get(_PATCHES[name]), patch))

    def _carry_vims(self, step: Step, patch: Dict) -> None:
        present, shown = self._raw.get("vimConnectionInfo"), public(patch)
        hidden = any(isinstance(entry, dict) and entry.get("accessInfo") for entry in patch.values())
        changed = vim.changed(present, shown)
        if changed or hidden:
            step.options["vim_connection_info"] = patch
            step.reason = step.reason or "vim_connection_info, if the credentials of a VIM are others"
        if changed:
            step.add("vim_connection_info", *vim.diff(present, shown))

    # -- what changes servers -----------------------------------------------------------------------------------------------

    def _sizes(self) -> list[Step]:
        now = {str(entry["aspectId"]): int(entry["scaleLevel"]) for entry in self._info.get("scaleStatus") or ()}
        held = self._held()
        found: list[Step] = []
        for aspect_id, level in self._wanted.get("sizes", {}).items():
            if now.get(aspect_id) == int(level):
                continue
            if aspect_id in held:
                reason = f"{aspect_id} stays at level {now.get(aspect_id)} until the maintenance that scaled it is over"
                found.append(Step("SCALE", "", reason=reason))
                continue
            step = _scale(self._wanted["name"], aspect_id, level)
            step.add(aspect_id, now.get(aspect_id), int(level))
            found.append(step)
        return found

    def _held(self) -> set[str]:
        """The aspects that a maintenance has scaled and is going to scale back; to scale them now would take its room away."""
        notes = {key: str(value) for key, value in (self._raw.get("metadata") or {}).items() if key.startswith(RECORD_PREFIX)}
        return {note.rpartition("=")[0].partition("@")[0] for note in notes.values()}

    def _package(self, grows: bool) -> Step | None:
        """Everything that differs of package, flavors and links as one operation, the smallest that can do it."""
        wanted, raw = self._wanted, self._raw
        step = Step("CHANGE_VNFPKG", "change_vnfpkg", {"name": wanted["name"]})
        flavors = wanted.get("flavors", {})
        if self._is_other_package:
            step.options["vnfd_id"] = wanted["vnfd_id"]
            step.add("vnfd_id", raw.get("vnfdId"), wanted["vnfd_id"])
        present = {vdu: self._vdus.flavor(vdu) if vdu in self._vdus.names else None for vdu in flavors}
        different = {vdu: flavor for vdu, flavor in flavors.items() if present[vdu] != flavor}
        if different:
            step.add("flavors", {vdu: present[vdu] for vdu in different}, different)
        managed_links = wanted.get("ext_managed_virtual_links", [])
        asked = links.wanted_managed(managed_links)
        if managed_links and asked != self._networks:
            step.options["ext_managed_virtual_links"] = managed_links
            step.add("managed_links", dict(self._networks), asked)
        ext_links = wanted.get("ext_virtual_links", [])
        moves = links.changed_links(ext_links, raw)
        if moves and not step.after:
            step.operation, step.module = "CHANGE_EXT_CONN", "vnf_ext_connectivity"
        if moves or self._is_other_package:
            # A connection point that comes with the package needs its link, too.
            step.options |= {"ext_virtual_links": ext_links} if ext_links else {}
        if moves:
            step.add("external_cps", *links.cps_diff(moves, raw))
        if step.operation == "CHANGE_VNFPKG" and step.after and flavors:
            step.options["vdus"] = self._rolled(flavors if grows or self._is_other_package else different)
        if step.after:
            return step
        return _flavors(wanted, "if the new servers have others") if grows and flavors else None

    def _rolled(self, flavors: t.Mapping[str, str]) -> list[Dict]:
        """The VDUs whose servers are changed: with the package all of them, or those with a flavor that it does not say."""
        names = sorted({*flavors, *(self._vdus.names if self._is_other_package else ())})
        return [{"vdu_id": vdu, **({"flavor": flavors[vdu]} if vdu in flavors else {})} for vdu in names]


def _scale(name: str, aspect_id: str, level: t.Any) -> Step:
    return Step("SCALE", "vnf_scale", {"name": name, "aspect_id": aspect_id, "level": int(level)})


def _grows(step: Step) -> bool:
    """Whether a step scales out; an unknown aspect is as good as one."""
    return any(step.before[aspect_id] is None or level > step.before[aspect_id] for aspect_id, level in step.after.items())


def _flavors(wanted: Dict, reason: str) -> Step:
    """Hold servers that have just come to the flavors that are described; Tacker makes them with those of the package."""
    vdus = [{"vdu_id": vdu, "flavor": flavor} for vdu, flavor in sorted(wanted["flavors"].items())]
    told = ", ".join(f"{vdu} {flavor}" for vdu, flavor in sorted(wanted["flavors"].items()))
    options = {"name": wanted["name"], "vdus": vdus}
    return Step("CHANGE_VNFPKG", "change_vnfpkg", options, needs_vnf=True, reason=f"flavors {told}, {reason}")


def _told(value: t.Any) -> str:
    if not isinstance(value, dict):
        return "none" if value is None else str(value)
    # Of a connection point, its network alone.
    shown = {key: one["network"] if isinstance(one, dict) and "network" in one else one for key, one in value.items()}
    return json.dumps(shown, sort_keys=True)
