# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A monitoring workflow and its trigger, made, changed and removed (private to this collection)."""

from __future__ import annotations

import json
import re

from .._ensure import Record, Result
from .monitoring import PREFIX, Monitor
from .proxy import MistralProxy

_BEARER = re.compile(r"Bearer [^\"\\]*")


def keep(mistral: MistralProxy, wanted: Monitor, pattern: str, check_mode: bool) -> Result:
    """Have the workflow and its trigger as they are wanted; the workflow first, so that no trigger is ever without one."""
    wanted.check()
    text = wanted.definition()
    workflow, trigger = mistral.workflow(wanted.name), mistral.trigger(wanted.name)
    before = _state(workflow, trigger)
    after = {"definition": text, "pattern": pattern}
    changes = [key for key in after if before.get(key) != after[key]]
    if changes and not check_mode:
        if workflow is None:
            workflow = mistral.create_workflow(text)
        elif "definition" in changes:
            workflow = mistral.update_workflow(text)
        if trigger is not None and "pattern" in changes:
            mistral.delete_trigger(wanted.name)
        if trigger is None or "pattern" in changes:
            trigger = mistral.create_trigger(wanted.name, wanted.name, pattern)
    record = {**record_of(wanted.name, workflow, trigger), "definition": _hidden(text), "pattern": pattern}
    return Result(bool(changes), record, _shown(before), _shown(after))


def remove(mistral: MistralProxy, vnf_id: str, check_mode: bool) -> Result:
    """Have neither; the trigger first, so that nothing runs any more."""
    name = PREFIX + vnf_id
    workflow, trigger = mistral.workflow(name), mistral.trigger(name)
    if not check_mode:
        if trigger is not None:
            mistral.delete_trigger(name)
        if workflow is not None:
            mistral.delete_workflow(name)
    return Result(workflow is not None or trigger is not None, None, _shown(_state(workflow, trigger)), {})


def found(mistral: MistralProxy, vnf_id: str | None) -> list[Record]:
    """The monitoring workflows that there are, with their triggers."""
    if vnf_id is not None:
        one = mistral.workflow(PREFIX + vnf_id)
        return [] if one is None else [record_of(PREFIX + vnf_id, one, mistral.trigger(PREFIX + vnf_id))]
    triggers = {str(one["name"]): one for one in mistral.triggers()}
    return [record_of(str(one["name"]), one, triggers.get(str(one["name"]))) for one in mistral.workflows(PREFIX)]


def record_of(name: str, workflow: Record | None, trigger: Record | None) -> Record:
    """What is returned of a workflow and its trigger; nothing of its secrets."""
    return {
        "name": name,
        "vnf_id": name.removeprefix(PREFIX),
        "workflow_id": (workflow or {}).get("id"),
        "definition": _hidden(str((workflow or {}).get("definition") or "")),
        "pattern": (trigger or {}).get("pattern"),
        "next_execution_time": (trigger or {}).get("next_execution_time"),
    }


def _state(workflow: Record | None, trigger: Record | None) -> Record:
    state = {"definition": (workflow or {}).get("definition"), "pattern": (trigger or {}).get("pattern")}
    return {key: value for key, value in state.items() if value is not None}


def _shown(state: Record) -> Record:
    if "definition" not in state:
        return state
    text = _hidden(str(state["definition"]))
    try:
        return {**state, "definition": json.loads(text)}
    except ValueError:
        return {**state, "definition": text}


def _hidden(definition: str) -> str:
    return _BEARER.sub("Bearer ********", definition)
