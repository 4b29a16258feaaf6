# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event filter: findings of VNF monitoring, from our source or Prometheus' Alertmanager, in the form that a playbook takes."""

from __future__ import annotations

import logging
import re
import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

DOCUMENTATION = r"""
---
short_description: Tell what monitoring has found of VNFs
description:
  - An event C(vnf_monitor) of the source C(nfv.maintenance.vnf_monitor), and a webhook of Prometheus' Alertmanager (version 4),
    become an event with C(vnf_policy), which has C(events), a list of findings, and C(rejected), why others cannot be used,
    which is logged as well.
  - What an alert says is that a VNFC is down (or what the label for the state says), and up when it is resolved. What is done
    about it does not stand in the webhook; that is taken from the owner's policies or from the VNF's descriptor.
  - What goes on is handed to a playbook, where text may be taken for a template. Braces that begin one are replaced, and a label
    that is no plain name makes the alert a rejected one.
  - Who has no state of its own, such as a workflow of Mistral, says with each look that all is well. What is up already and is
    said to be up again is left out, but for once in O(up_again) seconds, should something have been lost meanwhile.
  - Other events pass unchanged.
options:
  vnf_label:
    description: The label with the id, or the name, of the VNF. An alert without it is rejected.
    type: str
    default: vnf_id
  name_label:
    description: The label with the name of the VNF.
    type: str
    default: vnf_name
  vnfc_label:
    description: The label with the id of the VNFC.
    type: str
    default: vnfc_id
  vdu_label:
    description: The label with the VDU.
    type: str
    default: vdu
  server_label:
    description: The label with the id of the server. Without it only what is about the whole VNF can be done.
    type: str
    default: server_id
  state_label:
    description: The label with the state, V(down), V(degraded) or V(unknown); without the label it is V(down).
    type: str
    default: vnf_state
  up_again:
    description: Seconds after which an alert that says once more that something is up is told again. 0 tells each.
    type: float
    default: 600
"""

EXAMPLES = r"""
- eda.builtin.webhook:
    port: 12349
    token: "{{ vnf_monitor_token }}"
  filters:
    - nfv.maintenance.vnf_policy_event:
        server_label: instance_uuid
"""

MOST_ALERTS = 1000
DEEPEST = 8
# Of which it is remembered that they are up; one that is forgotten is told once more.
MOST_UP = 50_000
STATES = ("down", "degraded", "unknown")
NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.:/@-]{0,254}")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(Z|[+-][0-9]{2}:[0-9]{2})")
OPENING = re.compile(r"\{(?=[{%#])")


logger = logging.getLogger("nfv.maintenance.vnf_policy_event")
# When it was told last that a target is up, the one that was heard of longest ago first.
told_up: OrderedDict[tuple[str, str], float] = OrderedDict()


class Unusable(Exception):
    """Why an alert cannot be used."""


def main(
    event: Any,
    *,
    vnf_label: str = "vnf_id",
    name_label: str = "vnf_name",
    vnfc_label: str = "vnfc_id",
    vdu_label: str = "vdu",
    server_label: str = "server_id",
    state_label: str = "vnf_state",
    up_again: float = 600,
) -> Any:
    """Return what was found; anything else unchanged."""
    if not isinstance(event, dict):
        return event
    if isinstance(event.get("vnf_monitor"), dict):
        return {**_meta(event), "vnf_policy": {"events": [_plain(event["vnf_monitor"])], "rejected": []}}
    payload = event.get("payload")
    if not isinstance(payload, dict) or not isinstance(payload.get("alerts"), list):
        return event
    labels = {
        "vnf": vnf_label,
        "name": name_label,
        "vnfc": vnfc_label,
        "vdu": vdu_label,
        "server": server_label,
        "state": state_label,
    }
    events: list[dict[str, Any]] = []
    rejected: list[str] = []
    for alert in payload["alerts"][:MOST_ALERTS]:
        try:
            finding = _finding(alert, labels)
            if _is_news(finding, float(up_again)):
                events.append(finding)
        except Unusable as exc:
            rejected.append(str(exc))
    if len(payload["alerts"]) > MOST_ALERTS:
        rejected.append(f"more than {MOST_ALERTS} alerts at once")
    for reason in sorted(set(rejected)):
        logger.warning("Not used: %s", reason)
    return {**_meta(event), "vnf_policy": {"events": events, "rejected": sorted(set(rejected))}}


def _is_news(finding: dict[str, Any], up_again: float) -> bool:
    """Whether somebody has to hear of it: of what is wrong always, for what was put off is tried again then."""
    known = (finding["vnf"]["id"], finding["vnfc"]["id"])
    now, before = time.monotonic(), told_up.pop(known, None)
    if finding["to"] != "up":
        return True
    if before is not None and now - before < up_again:
        told_up[known] = before
        return False
    told_up[known] = now
    if len(told_up) > MOST_UP:
        told_up.popitem(last=False)
    return True


def _meta(event: dict[str, Any]) -> dict[str, Any]:
    """What ansible-rulebook knows the event by."""
    return {"meta": event["meta"]} if "meta" in event else {}


def _finding(alert: Any, names: dict[str, str]) -> dict[str, Any]:
    given = alert.get("labels") if isinstance(alert, dict) else None
    if not isinstance(given, dict):
        raise Unusable("an alert has no labels")
    label = {key: _name(given.get(name), name) for key, name in names.items()}
    if label["vnf"] is None:
        raise Unusable(f"an alert has no label {names['vnf']}")
    resolved = alert.get("status") == "resolved"
    if not resolved and alert.get("status") != "firing":
        raise Unusable("an alert is neither firing nor resolved")
    state = "up" if resolved else label["state"] or "down"
    if state not in ("up", *STATES):
        raise Unusable(f"label {names['state']} of an alert is none of {', '.join(STATES)}")
    began = alert.get("endsAt" if resolved else "startsAt")
    if not isinstance(began, str) or not TIME.fullmatch(began):
        raise Unusable("startsAt or endsAt of an alert is no time")
    target = label["vnfc"] or label["server"] or _name(given.get("instance"), "instance") or label["vnf"]
    return {
        "kind": "state_change",
        "vnf": {"id": label["vnf"], "name": label["name"] or label["vnf"], "project_id": None},
        "vnfc": {"id": target, "vdu": label["vdu"], "server_id": label["server"]},
        "target": {"name": target, "address": None, "port": None, "probe": "alertmanager"},
        "from": "unknown",
        "to": state,
        "since": began,
        "at": began,
        # It is sent again for as long as it lasts, with the time at which it began.
        "seen_at": datetime.now(UTC).isoformat(),
        "generation": 0,
        "evidence": {"error": _name(given.get("alertname"), "alertname")},
        "worker": "alertmanager",
    }


def _name(value: Any, label: str) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise Unusable(f"label {label} of an alert is no plain name")
    return value


def _plain(value: Any, deep: int = 0) -> Any:
    """A copy in which no text is a template."""
    if isinstance(value, str):
        return OPENING.sub("(", value)
    if deep < DEEPEST and isinstance(value, dict):
        return {OPENING.sub("(", str(key)): _plain(one, deep + 1) for key, one in value.items()}
    if deep < DEEPEST and isinstance(value, list):
        return [_plain(one, deep + 1) for one in value]
    return value if value is None or isinstance(value, bool | int | float) else None
