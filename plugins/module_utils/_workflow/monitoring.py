# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflow that probes one VNF, with Mistral's standard actions only (private to this collection). Pure.

Each target is asked for at a probe endpoint in the manner of Prometheus' blackbox exporter, which says ``probe_success``. What
was found is posted in the form of Alertmanager, to the rulebook that takes it.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t
import urllib.parse

from .._errors import CollectionError

PREFIX = "nfv-monitor-"
# Where an expression of Mistral begins (YAQL, Jinja).
_OPENINGS = ("<%", "{{", "{%")
_LOST = "<% regex('(?m)^probe_success 1').search(str(task().result.content)) = null %>"
# Of the workflow, so that all that is told of one run has one time.
_NOW = "<% execution().created_at.replace(' ', 'T') + 'Z' %>"

Json = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Monitor:
    """What is watched, and who is told.

    :ivar targets: each with ``target``, what the probe endpoint is asked for, and maybe ``vnfc_id``, ``vdu``, ``server_id``.
    :ivar retries: further probes after one that was lost, ``delay`` seconds apart; ``timeout`` seconds for each.
    :ivar token: what the webhook wants as bearer; "" for none. ``probe_token`` likewise for the probe endpoint.
    """

    vnf_id: str
    vnf_name: str
    targets: tuple[Json, ...]
    probe_url: str
    probe_module: str
    probe_token: str
    webhook_url: str
    token: str
    retries: int
    delay: int
    timeout: int

    @property
    def name(self) -> str:
        """Of the workflow, and of its trigger."""
        return PREFIX + self.vnf_id

    def check(self) -> None:
        """Refuse what Mistral would take for an expression, and what is no address.

        :raises CollectionError: naming the value.
        """
        values = {
            "vnf_id": self.vnf_id, "vnf_name": self.vnf_name, "probe_module": self.probe_module,
            "webhook_token": self.token, "probe_token": self.probe_token, "probe_url": self.probe_url,
            "webhook_url": self.webhook_url,
        }  # fmt: skip
        for number, target in enumerate(self.targets):
            values |= {f"targets[{number}].{name}": str(value) for name, value in target.items() if value is not None}
        if not self.targets:
            raise CollectionError("targets is empty; Mistral takes no workflow without a task. Next: state=absent")
        for name, value in values.items():
            if any(opening in value for opening in _OPENINGS):
                raise CollectionError(f"{name} has what begins an expression of Mistral ({', '.join(_OPENINGS)})")
        for name in ("probe_url", "webhook_url"):
            parts = urllib.parse.urlsplit(values[name])
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
                raise CollectionError(f"{name} is no http or https address without credentials in it")

    def definition(self) -> str:
        """The workflow in Mistral's language, version 2. JSON is YAML."""
        tasks: Json = {}
        asking = {"Accept": "text/plain", **_bearer(self.probe_token)}
        for number, target in enumerate(self.targets):
            query = urllib.parse.urlencode({"module": self.probe_module, "target": str(target["target"])})
            glue = "&" if urllib.parse.urlsplit(self.probe_url).query else "?"
            tasks[f"probe_{number}"] = {
                "action": "std.http",
                "input": {"url": f"{self.probe_url}{glue}{query}", "method": "GET", "timeout": self.timeout, "headers": asking},
                "fail-on": _LOST,
                "retry": {"count": self.retries, "delay": self.delay},
                "on-success": [f"up_{number}"],
                "on-error": [f"down_{number}"],
            }
            for state, status in (("up", "resolved"), ("down", "firing")):
                tasks[f"{state}_{number}"] = self._telling(target, number, status)
        whole = {"type": "direct", "description": f"Monitors VNF {self.vnf_name}", "tasks": tasks}
        return json.dumps({"version": "2.0", self.name: whole}, indent=1, sort_keys=True)

    def _telling(self, target: Json, number: int, status: str) -> Json:
        labels = {"alertname": "VnfMonitorWorkflow", "vnf_id": self.vnf_id, "instance": str(target["target"])}
        labels |= {name: str(target[name]) for name in ("vnfc_id", "vdu", "server_id") if target.get(name)}
        alert = {"status": status, "labels": labels, "annotations": {}, "startsAt": _NOW, "endsAt": _NOW}
        headers = {"Content-Type": "application/json", "webhook-id": f"<% execution().id %>-{number}"}
        headers |= _bearer(self.token)
        body = {"version": "4", "status": status, "alerts": [alert]}
        sent = {"url": self.webhook_url, "method": "POST", "headers": headers, "body": body, "timeout": 30}
        return {"action": "std.http", "input": sent, "retry": {"count": 3, "delay": 5}}


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
