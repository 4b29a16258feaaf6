# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls of Mistral's API, version 2, that monitoring needs (private to this collection).

Workflows are text, cron triggers JSON; a cron trigger cannot be changed (Mistral's REST API v2, "Workflows", "Cron Triggers").
"""

from __future__ import annotations

import typing as t
import urllib.parse

from .._ensure import Record
from .._errors import ServiceError, failing
from .._sdk import Connection, Proxy, attach

SERVICE_TYPE = "workflow"
_PAGE = 500


class MistralProxy(Proxy):  # type: ignore[misc]
    """One method for each call. Records are passed on as the service sent them."""

    def workflow(self, name: str) -> Record | None:
        """A workflow with its definition, None when there is none."""
        return self._found(f"/workflows/{_quoted(name)}", f"read workflow {name}")

    def workflows(self, prefix: str) -> list[Record]:
        """The workflows whose name begins so."""
        return [one for one in self._all("workflows") if str(one.get("name")).startswith(prefix)]

    def create_workflow(self, definition: str) -> Record:
        """Make a workflow of the project's own."""
        with failing("create the workflow"):
            sent = {"data": definition.encode(), "headers": {"Content-Type": "text/plain"}}
            return t.cast(
                "Record", self.post("/workflows", params={"scope": "private"}, **sent, raise_exc=True).json()["workflows"][0]
            )

    def update_workflow(self, definition: str) -> Record:
        """Change the workflow of the name that the definition has."""
        with failing("change the workflow"):
            sent = {"data": definition.encode(), "headers": {"Content-Type": "text/plain"}}
            return t.cast(
                "Record", self.put("/workflows", params={"scope": "private"}, **sent, raise_exc=True).json()["workflows"][0]
            )

    def delete_workflow(self, name: str) -> None:
        """Delete a workflow; one that is gone already is no error."""
        self._delete(f"/workflows/{_quoted(name)}", f"delete workflow {name}")

    def trigger(self, name: str) -> Record | None:
        """A cron trigger, None when there is none."""
        return self._found(f"/cron_triggers/{_quoted(name)}", f"read cron trigger {name}")

    def triggers(self) -> list[Record]:
        """The cron triggers of the project."""
        return self._all("cron_triggers")

    def create_trigger(self, name: str, workflow_name: str, pattern: str) -> Record:
        """Have a workflow run by a pattern of cron."""
        body = {"name": name, "workflow_name": workflow_name, "pattern": pattern, "workflow_input": "{}"}
        with failing(f"create cron trigger {name}"):
            return t.cast("Record", self.post("/cron_triggers", json=body, raise_exc=True).json())

    def delete_trigger(self, name: str) -> None:
        """Delete a cron trigger; one that is gone already is no error."""
        self._delete(f"/cron_triggers/{_quoted(name)}", f"delete cron trigger {name}")

    def _found(self, path: str, action: str) -> Record | None:
        try:
            with failing(action):
                return t.cast("Record", self.get(path, raise_exc=True).json())
        except ServiceError as exc:
            if exc.status == 404:
                return None
            raise

    def _all(self, what: str) -> list[Record]:
        found: list[Record] = []
        marker: str | None = None
        while True:
            query = {"limit": str(_PAGE), **({"marker": marker} if marker else {})}
            with failing(f"list the {what.replace('_', ' ')}"):
                page = self.get(f"/{what}", params=query, raise_exc=True).json()[what]
            found += page
            if len(page) < _PAGE:
                return found
            marker = str(page[-1]["id"])

    def _delete(self, path: str, action: str) -> None:
        try:
            with failing(action):
                self.delete(path, raise_exc=True)
        except ServiceError as exc:
            if exc.status != 404:
                raise


def mistral(cloud: Connection) -> MistralProxy:
    """The workflow service of the catalogue, at its version 2."""
    proxy = attach(cloud, SERVICE_TYPE, MistralProxy)
    # The session holds only a weak reference to the connection that its proxies need.
    proxy._connection = cloud
    with failing("find the workflow service in the catalogue"):
        url = str(proxy.get_endpoint(skip_discovery=True)).rstrip("/")
    proxy.endpoint_override = url if url.endswith("/v2") else f"{url}/v2"
    return proxy


def _quoted(name: str) -> str:
    return urllib.parse.quote(name, safe="")
