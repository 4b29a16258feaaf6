# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way of maintenance events to Aodh in Ceilometer's event pipeline (private to this collection)."""

from __future__ import annotations

import fnmatch
import typing as t
import urllib.parse

from .._errors import CollectionError
from .definitions import EVENT_TYPES
from .yaml_text import Edit, Entry, edited, load

PUBLISHER = "notifier://?topic=alarm.all"
SOURCE, SINK = "maintenance_source", "maintenance_sink"
REMARK = "Maintenance events go to Aodh as well (nfv.maintenance)."


def with_publisher(text: str, path: str, publisher: str = PUBLISHER) -> tuple[str, list[str]]:
    """The text of an event pipeline that hands maintenance events to Aodh, and what was done; nothing where it does already."""
    data = load(text, path) or {}
    if not isinstance(data, dict):
        raise CollectionError(f"{path} holds no event pipeline. Next: look whether it is the right file", path=path)
    sources, sinks = (_named(data.get(key), key, path) for key in ("sources", "sinks"))
    way = [sink["name"] for sink in sinks if any(_is_same(publisher, one) for one in sink.get("publishers") or [])]
    missing = [name for name in EVENT_TYPES if not any(_hands_on(source, name, way) for source in sources)]
    if not missing:
        return text, []
    alone = [sink["name"] for sink in sinks if sink["name"] in way and len(sink["publishers"]) == 1]
    told = []
    edits: dict[str | None, Edit] = {}
    if alone:
        name = alone[0]
    else:
        name = SINK
        edits["sinks"] = _changed(sinks, SINK, "publishers", [publisher], {})
        told.append(f"sink {SINK} publishes to {publisher}")
    edits["sources"] = _changed(sources, SOURCE, "events", missing, {"sinks": [name]})
    told.append(f"source {SOURCE} hands {', '.join(missing)} to sink {name}")
    return edited(text, path, edits), told


def _named(entries: t.Any, key: str, path: str) -> list[Entry]:
    if not isinstance(entries or [], list) or not all(isinstance(one, dict) and one.get("name") for one in entries or []):
        raise CollectionError(f"{key} of {path} is no list of entries with a name. Next: mend it", path=path)
    return list(entries or [])


def _hands_on(source: Entry, event_type: str, way: list[str]) -> bool:
    """Whether a source takes events of a type and gives them to one of these sinks; what is refused wins, as in Ceilometer."""
    listed = [str(one) for one in source.get("events") or []]
    refused = [one[1:] for one in listed if one.startswith("!")]
    taken = [one for one in listed if not one.startswith("!")]
    if not set(source.get("sinks") or []) & set(way) or any(fnmatch.fnmatch(event_type, one) for one in refused):
        return False
    return any(fnmatch.fnmatch(event_type, one) for one in taken) or bool(refused and not taken)


def _is_same(wanted: str, publisher: t.Any) -> bool:
    """Whether a publisher is the wanted one; it may have further options."""
    one, other = (urllib.parse.urlsplit(str(text)) for text in (wanted, publisher))
    options = set(urllib.parse.parse_qsl(other.query))
    return (one.scheme, one.netloc, one.path) == (other.scheme, other.netloc, other.path) and (
        set(urllib.parse.parse_qsl(one.query)) <= options
    )


def _changed(entries: list[Entry], name: str, key: str, values: list[str], more: Entry) -> Edit:
    """Add an entry of ours, or what it lacks."""
    for place, entry in enumerate(entries):
        if entry["name"] == name:
            merged = {**entry, **{one: _union(entry.get(one), wanted) for one, wanted in {key: values, **more}.items()}}
            return Edit(replace={place: merged})
    return Edit(append=[{"name": name, key: values, **more}], remark=REMARK)


def _union(present: t.Any, wanted: list[str]) -> list[str]:
    return [*(present or []), *(one for one in wanted if one not in (present or []))]
