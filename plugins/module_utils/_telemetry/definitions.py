# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which event definitions maintenance needs, and how they come into a file that has others (private to this collection).

Ceilometer takes the last definition in the file that matches an event's type.
"""

from __future__ import annotations

import fnmatch
import typing as t

from .._errors import CollectionError
from .yaml_text import Edit, Entry, UnchangeableError, edited, load

REMARK = "Maintenance of compute hosts: what Aodh's alarms and VNF managers read (nfv.maintenance)."


_TYPES = {"actions_at": "datetime", "reply_at": "datetime", "percent_done": "int"}


def _traits(*names: str) -> Entry:
    kinds = {name: {"type": _TYPES[name]} if name in _TYPES else {} for name in names}
    return {name: {"fields": f"payload.{name}", **kind} for name, kind in kinds.items()}


WANTED: tuple[Entry, ...] = (
    {
        "event_type": ["maintenance.planned", "maintenance.scheduled"],
        "traits": _traits(
            "service", "project_id", "session_id", "state", "allowed_actions", "instance_ids", "reply_url", "actions_at",
            "reply_at", "metadata", "message_id",
        ),
    },
    {"event_type": "maintenance.host", "traits": _traits("service", "project_id", "session_id", "state", "host")},
    {"event_type": "maintenance.session", "traits": _traits("service", "project_id", "session_id", "state", "percent_done")},
)  # fmt: skip


def types_of(definition: Entry) -> list[str]:
    """The event types that a definition names, as a list."""
    named = definition.get("event_type")
    return [named] if isinstance(named, str) else [str(one) for one in named or []]


EVENT_TYPES = tuple(name for definition in WANTED for name in types_of(definition))


def with_definitions(text: str, path: str) -> tuple[str, list[str]]:
    """The text of a definitions file with what maintenance needs, and what was done in words; nothing where it is all there."""
    present = load(text, path)
    if present is not None and not isinstance(present, list):
        raise CollectionError(f"{path} holds no list of event definitions. Next: look whether it is the right file", path=path)
    entries: list[t.Any] = present or []
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict) or "event_type" not in entry or not isinstance(entry.get("traits"), dict):
            raise CollectionError(f"Entry {place + 1} of {path} is no event definition. Next: mend it", path=path)
    edit, told = _plan(entries)
    if not edit:
        return text, told
    try:
        return edited(text, path, {None: edit}), told
    except UnchangeableError:
        # Others refer to what would go, so it stays and is overridden.
        edit, told = _plan(entries, keep=True)
        return edited(text, path, {None: edit}), told


def _plan(entries: list[Entry], *, keep: bool = False) -> tuple[Edit, list[str]]:
    gone: set[int] = set()
    while True:
        lacking = [wanted for wanted in WANTED if not _is_satisfied(entries, gone, wanted)]
        types = {name for wanted in lacking for name in types_of(wanted)}
        now = {place for place, entry in enumerate(entries) if _is_ours(entry) and types & set(types_of(entry))}
        if keep or now <= gone:
            break
        # What goes may have served another type as well, which then lacks its definition too.
        gone |= now
    edit = Edit(replace=dict.fromkeys(sorted(gone)), remark=REMARK)
    told = []
    for wanted in lacking:
        named = set(types_of(wanted))
        former = [place for place, entry in enumerate(entries) if _is_ours(entry) and named & set(types_of(entry))]
        there = {name: trait for place in former for name, trait in entries[place]["traits"].items()}
        further = {name: trait for name, trait in there.items() if name not in wanted["traits"]}
        full = {**wanted, "traits": {**wanted["traits"], **further}}
        told.append(_in_words(entries, gone, wanted, replaced=bool(former)))
        place = former[-1] if former else -1
        if place in gone and edit.replace[place] is None and not _is_overridden(entries, gone, wanted, place):
            edit.replace[place] = full
        else:
            edit.append.append(full)
    return edit, told


def _is_ours(entry: Entry) -> bool:
    """Whether a definition is about maintenance alone; one that has other types as well stays, and is overridden."""
    return bool(types_of(entry)) and set(types_of(entry)) <= set(EVENT_TYPES)


def _matches(entry: Entry, event_type: str) -> bool:
    named = types_of(entry)
    refused = [name[1:] for name in named if name.startswith("!")]
    included = [name for name in named if not name.startswith("!")] or (["*"] if refused else [])
    return any(fnmatch.fnmatch(event_type, name) for name in included) and not any(
        fnmatch.fnmatch(event_type, name) for name in refused
    )


def _effective(entries: list[Entry], gone: set[int], event_type: str) -> Entry | None:
    found = [entry for place, entry in enumerate(entries) if place not in gone and _matches(entry, event_type)]
    return found[-1] if found else None


def _lacks(entry: Entry, wanted: Entry) -> list[str]:
    there = {name: _normal(trait) for name, trait in entry["traits"].items()}
    return [name for name, trait in wanted["traits"].items() if there.get(name) != _normal(trait)]


def _normal(trait: t.Any) -> t.Any:
    given = trait if isinstance(trait, dict) else {"fields": trait}
    fields = given.get("fields")
    return {**given, "type": given.get("type", "text"), "fields": fields if isinstance(fields, list) else [fields]}


def _is_satisfied(entries: list[Entry], gone: set[int], wanted: Entry) -> bool:
    found = [_effective(entries, gone, name) for name in types_of(wanted)]
    return all(entry is not None and not _lacks(entry, wanted) for entry in found)


def _is_overridden(entries: list[Entry], gone: set[int], wanted: Entry, place: int) -> bool:
    later = [entry for number, entry in enumerate(entries) if number > place and number not in gone]
    return any(_matches(entry, name) for entry in later for name in types_of(wanted))


def _in_words(entries: list[Entry], gone: set[int], wanted: Entry, *, replaced: bool) -> str:
    names = ", ".join(types_of(wanted))
    if replaced:
        former = [_effective(entries, set(), name) for name in types_of(wanted)]
        lacking = sorted({name for entry in former if entry is not None for name in _lacks(entry, wanted)})
        return f"the definition of {names} is replaced" + (f" ({', '.join(lacking)} differed)" if lacking else "")
    overridden = _effective(entries, gone, types_of(wanted)[0])
    text = f"a definition of {names} is added"
    return text if overridden is None else f"{text}, before which {', '.join(types_of(overridden))} applied"
