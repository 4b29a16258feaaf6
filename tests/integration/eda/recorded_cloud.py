# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cloud of a recorded session, as far as an owner's rulebook asks it: Keystone, a Fenix of 2019, Tacker.

What it says of sessions and instances is what was recorded (tests/fixtures/recorded); ``hears`` are the replies it got.
"""

from __future__ import annotations

import threading
import typing as t

from flask import Flask, request
from werkzeug.serving import make_server

Json = dict[str, t.Any]
PASSWORD = "of the recorded owner"
TOKEN = "a token that only endpoints of the catalogue may see"
EXPIRES = "2099-01-01T00:00:00.000000Z"


class Reply(t.NamedTuple):
    """A PUT to the project's part of a session, or to an instance's."""

    session_id: str
    project_id: str
    instance_id: str | None
    body: Json


class RecordedCloud:
    """Listens on loopback.

    :ivar states: of the sessions.
    :ivar asked: what a session shows of its instances, until the project has replied; afterwards all of them, as Fenix does.
    :ivar meanwhile: what happens while the VNFs are read, which is between the reading back of a message and the reply to it.
    """

    def __init__(self, project_id: str, instance_ids: t.Iterable[str]) -> None:
        self.project_id = project_id
        self.instance_ids = [*instance_ids]
        self.states: dict[str, str] = {}
        self.asked: dict[str, list[str]] = {}
        self.hears: list[Reply] = []
        self.meanwhile: t.Callable[[], None] = lambda: None
        self.vnf_id = "6d1c1f5e-0000-4000-8000-000000000001"
        app = Flask("recorded cloud")
        add = app.add_url_rule
        add("/v3", view_func=self._version)
        add("/v3/auth/tokens", view_func=self._token, methods=["POST"])
        add("/nfv/vnflcm/v2/vnf_instances", view_func=self._vnfs)
        add("/nfv/vnflcm/v2/vnf_instances/<_id>", endpoint="vnf", view_func=lambda _id: self._vnfs()[0])
        add("/v1/maintenance", view_func=lambda: {"sessions": [*self.states]})
        add("/v1/maintenance/<session_id>", view_func=self._session)
        add("/v1/maintenance/<session_id>/<project_id>", view_func=self._project)
        for end in ("", "/<instance_id>"):
            rule = f"/v1/maintenance/<session_id>/<project_id>{end}"
            add(rule, endpoint=f"reply{end}", view_func=self._reply, methods=["PUT"])
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def clouds(self) -> Json:
        """An entry of clouds.yaml."""
        auth = {
            "auth_url": f"{self.url}/v3", "username": "owner", "password": PASSWORD, "project_id": self.project_id,
            "user_domain_id": "default",
        }  # fmt: skip
        return {"auth": auth, "region_name": "RegionOne", "identity_api_version": "3"}

    def ask(self, session_id: str, state: str, instance_ids: list[str]) -> None:
        """Have a session in a state, and show these instances."""
        self.asked[session_id] = instance_ids
        self.states[session_id] = state

    def _version(self) -> Json:
        links = [{"rel": "self", "href": f"{self.url}/v3/"}]
        return {"version": {"id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z", "links": links}}

    def _token(self) -> t.Any:
        body = request.get_json()
        if body["auth"]["identity"]["password"]["user"]["password"] != PASSWORD:
            return {"error": {"code": 401}}, 401
        services = {"identity": f"{self.url}/v3", "maintenance": f"{self.url}/v1", "nfv-orchestration": f"{self.url}/nfv"}
        catalog = [
            {"id": kind, "type": kind, "name": kind, "endpoints": [
                {"id": kind, "interface": "public", "region": "RegionOne", "region_id": "RegionOne", "url": url}]}
            for kind, url in services.items()
        ]  # fmt: skip
        domain = {"id": "default", "name": "Default"}
        token = {
            "methods": ["password"], "user": {"id": "u", "name": "owner", "domain": domain}, "audit_ids": ["a"],
            "project": {"id": self.project_id, "name": "recorded", "domain": domain}, "roles": [{"id": "m", "name": "member"}],
            "expires_at": EXPIRES, "issued_at": "2026-11-20T13:00:00.000000Z", "catalog": catalog,
        }  # fmt: skip
        return {"token": token}, 201, {"X-Subject-Token": TOKEN}

    def _vnfs(self) -> list[Json]:
        self.meanwhile()
        members = [
            {"id": f"{self.vnf_id}-{id_}", "vduId": "VDU1", "computeResource": {"resourceId": id_}, "metadata": {}}
            for id_ in self.instance_ids
        ]
        shape = {"flavourId": "simple", "vnfState": "STARTED", "scaleStatus": [], "vnfcResourceInfo": members, "vnfcInfo": []}
        return [
            {
                "id": self.vnf_id, "vnfInstanceName": "recorded", "vnfdId": "d", "vnfProvider": "p", "vnfProductName": "n",
                "vnfSoftwareVersion": "1", "vnfdVersion": "1", "instantiationState": "INSTANTIATED",
                "instantiatedVnfInfo": shape, "vimConnectionInfo": {}, "metadata": {}, "_links": {"self": {"href": self.url}},
            }
        ]  # fmt: skip

    def _session(self, session_id: str) -> tuple[Json, int]:
        if session_id not in self.states:
            return {"error": "Invalid session"}, 404
        return {"session_id": session_id, "state": self.states[session_id]}, 200

    def _project(self, session_id: str, project_id: str) -> tuple[Json, int]:
        if project_id != self.project_id:
            return {"status": 500, "message": "Unknown Error"}, 500
        return {"instance_ids": self.asked.get(session_id, [])}, 200

    def _reply(self, session_id: str, project_id: str, instance_id: str | None = None) -> Json:
        body = t.cast("Json", request.get_json())
        self.hears.append(Reply(session_id, project_id, instance_id, body))
        self.asked[session_id] = [*self.instance_ids]
        return body
