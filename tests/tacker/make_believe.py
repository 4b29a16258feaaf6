# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A make-believe cloud below Tacker: Keystone, Heat and Glance on one port, as far as Tacker asks for them.

Every user and password is accepted except the password ``wrong``. A project has the name that is asked for; users ``tacker`` and
``admin`` are administrators, all others members.
"""

from __future__ import annotations

import re
import threading
import typing as t
import urllib.parse
import uuid

from tests.tacker.http_server import Answer, Raw, Request, Server, answer
from tests.tacker.stacks import PORT, SERVER, Failure, Heat, Resource, Stack, now

REGION = "RegionOne"
WRONG = "wrong"
ADMINISTRATORS = ("admin", "tacker")
DOMAIN = {"id": "default", "name": "Default"}
STACKS = r"/heat/v1/[^/]+/stacks"


class Cloud:
    """The cloud, and what a test may do to it.

    :ivar alarming_url: of a stand-in for Aodh; there is none unless a test starts one. Likewise ``network_url``, for Neutron.
    """

    def __init__(self) -> None:
        """Listen; the catalogue has no Tacker yet."""
        self.heat = Heat()
        self.tacker_url = ""
        self.alarming_url = ""
        self.network_url = ""
        self._tokens: dict[str, Raw] = {}
        self._lock = threading.RLock()
        self._server = Server(self._handle)
        self.url = self._server.url
        self.auth_url = f"{self.url}/v3"

    def stop(self) -> None:
        """Listen no more."""
        self._server.stop()

    # -- for tests ----------------------------------------------------------------------------------------------------------

    def fail(self, action: str, times: int = 1, reason: str = "made to fail") -> None:
        """Let Heat fail the next actions of a kind: ``create``, ``update`` or ``delete``."""
        with self._lock:
            self.heat.failures.append(Failure(action.upper(), times, reason))

    def delay(self, seconds: float) -> None:
        """Let every action of Heat that begins from now on take so long."""
        with self._lock:
            self.heat.delay = seconds

    def reset(self) -> None:
        """Forget failures and delays; the stacks stay, and what is under way is over."""
        with self._lock:
            self.heat.failures.clear()
            self.heat.delay = 0.0
            for stack in self.heat.stacks.values():
                stack.ready_at = 0.0

    def stack(self, instance_id: str) -> Stack | None:
        """The stack of a VNF instance."""
        with self._lock:
            return self.heat.find(f"vnf-{instance_id}")

    def resources(self, instance_id: str, kind: str) -> list[Resource]:
        """The resources of a type in the stack of a VNF instance, nested ones included, by name of the stack and their own."""
        with self._lock:
            stack = self.heat.find(f"vnf-{instance_id}")
            found = [*_all(stack)] if stack else []
        return [resource for resource in found if resource.kind == kind]

    def servers(self) -> dict[str, list[str]]:
        """The ports of each server that there is, by ids."""
        with self._lock:
            parts = [part for stack in self.heat.stacks.values() for part in _stacks(stack)]
        found = {}
        for part in parts:
            of_kind = {kind: [one.physical_id for one in part.resources.values() if one.kind == kind] for kind in (SERVER, PORT)}
            found.update(dict.fromkeys(of_kind[SERVER], of_kind[PORT]))
        return found

    # -- the wire -----------------------------------------------------------------------------------------------------------

    def _handle(self, request: Request) -> Answer:
        with self._lock:
            for method, pattern, route in ROUTES:
                match = re.fullmatch(pattern, request.path)
                if match and method == request.method:
                    return route(self, request, *match.groups())
        return answer(404, {"error": {"message": str(request), "code": 404}})

    def versions(self, _request: Request) -> Answer:
        """Keystone's version documents."""
        version = {"id": "v3.14", "status": "stable", "links": [{"rel": "self", "href": f"{self.auth_url}/"}]}
        return answer(200 if _request.path.startswith("/v3") else 300, {"version": version, "versions": {"values": [version]}})

    def issue(self, request: Request) -> Answer:
        """A token."""
        auth = request.body["auth"]
        user = auth["identity"].get("password", {}).get("user", {})
        if user.get("password") in (None, WRONG):
            return answer(401, {"error": {"code": 401, "title": "Unauthorized", "message": "bad credentials"}})
        project = (auth.get("scope") or {}).get("project", {}).get("name", "lab")
        roles = ["admin", "member", "reader"] if user.get("name") in ADMINISTRATORS else ["member", "reader"]
        project_id = _identifier(project)
        token = {
            "methods": ["password"], "audit_ids": [uuid.uuid4().hex[:22]], "issued_at": now(),
            "expires_at": "2099-01-01T00:00:00.000000Z", "is_domain": False,
            "user": {"id": _identifier(str(user.get("name"))), "name": user.get("name"), "domain": DOMAIN},
            "project": {"id": project_id, "name": project, "domain": DOMAIN},
            "roles": [{"id": _identifier(role), "name": role} for role in roles], "catalog": self._catalog(project_id),
        }  # fmt: skip
        token_id = uuid.uuid4().hex
        self._tokens[token_id] = token
        return answer(201, {"token": token}, X_Subject_Token=token_id)

    def check(self, request: Request) -> Answer:
        """Whether a token is one of ours."""
        token_id = request.headers.get("X-Subject-Token", "")
        if token_id not in self._tokens:
            return answer(404, {"error": {"code": 404, "message": "no such token"}})
        return answer(200, {"token": self._tokens[token_id]}, X_Subject_Token=token_id)

    def _catalog(self, project_id: str) -> list[Raw]:
        urls = {
            "identity": self.auth_url, "orchestration": f"{self.url}/heat/v1/{project_id}", "image": f"{self.url}/image",
            "nfv-orchestration": self.tacker_url, "alarming": self.alarming_url,
            "network": self.network_url,
        }  # fmt: skip
        return [
            {"type": kind, "name": kind, "id": _identifier(kind), "endpoints": [
                {"interface": interface, "region": REGION, "region_id": REGION, "url": url, "id": _identifier(kind + interface)}
                for interface in ("public", "internal", "admin")]}
            for kind, url in urls.items() if url
        ]  # fmt: skip

    def images(self, request: Request) -> Answer:
        """Glance: no image of a VNF package is kept here."""
        if request.path.rstrip("/") == "/image":
            link = {"rel": "self", "href": f"{self.url}/image/v2/"}
            return answer(300, {"versions": [{"id": "v2.9", "status": "CURRENT", "links": [link]}]})
        return answer(200, {"images": []})

    def create(self, request: Request) -> Answer:
        """A stack."""
        body = request.body
        if self.heat.find(body["stack_name"]):
            return answer(409, {"code": 409, "explanation": f"{body['stack_name']} exists"})
        if wrong := self.heat.refusal(body):
            return _refused(wrong)
        stack = self.heat.create(body["stack_name"], body)
        return answer(201, {"stack": {"id": stack.id, "links": stack.view(self._endpoint(request))["links"]}})

    def show(self, request: Request, name: str, stack_id: str | None = None) -> Answer:
        """One stack."""
        stack = self.heat.find(name, stack_id)
        return answer(200, {"stack": stack.view(self._endpoint(request))}) if stack else _gone(name)

    def update(self, request: Request, name: str, stack_id: str) -> Answer:
        """Change a stack, in part (PATCH) or as a whole (PUT)."""
        stack = self.heat.find(name, stack_id)
        if stack is None:
            return _gone(name)
        existing = request.method == "PATCH"
        if wrong := self.heat.refusal(request.body, stack, existing=existing):
            return _refused(wrong)
        self.heat.update(stack, request.body, existing=existing)
        return answer(202, {})

    def delete(self, _request: Request, name: str, stack_id: str | None = None) -> Answer:
        """Take a stack away."""
        stack = self.heat.find(name, stack_id)
        if stack is None:
            return _gone(name)
        stack.begin("DELETE")
        return answer(204)

    def resource_list(self, request: Request, name: str, stack_id: str) -> Answer:
        """The resources of a stack."""
        stack = self.heat.find(name, stack_id)
        if stack is None:
            return _gone(name)
        depth = urllib.parse.parse_qs(request.query).get("nested_depth", ["0"])[0]
        return answer(200, {"resources": [*stack.listing(self._endpoint(request), int(depth))]})

    def resource(self, request: Request, name: str, stack_id: str, resource: str) -> Answer:
        """One resource, shown or marked unhealthy, so that the next update replaces it."""
        stack = self.heat.find(name, stack_id)
        if stack is None or resource not in stack.resources:
            return _gone(f"{name}/{resource}")
        if request.method == "PATCH":
            stack.resources[resource].unhealthy = bool(request.body.get("mark_unhealthy"))
            return answer(200, {})
        return answer(200, {"resource": stack.resource_view(resource, self._endpoint(request))})

    def part(self, _request: Request, name: str, stack_id: str, part: str) -> Answer:
        """The template or the files of a stack."""
        stack = self.heat.find(name, stack_id)
        return answer(200, stack.template if part == "template" else stack.files) if stack else _gone(name)

    def _endpoint(self, request: Request) -> str:
        return self.url + request.path.partition("/stacks")[0]


ROUTES: list[tuple[str, str, t.Callable[..., Answer]]] = [
    ("GET", r"/|/v3/?", Cloud.versions),
    ("POST", r"/v3/auth/tokens", Cloud.issue),
    ("GET", r"/v3/auth/tokens", Cloud.check),
    ("GET", r"/image/?|/image/v2/images", Cloud.images),
    ("POST", STACKS, Cloud.create),
    ("GET", STACKS + r"/([^/]+)(?:/([^/]+))?", Cloud.show),
    ("PUT", STACKS + r"/([^/]+)/([^/]+)", Cloud.update),
    ("PATCH", STACKS + r"/([^/]+)/([^/]+)", Cloud.update),
    ("DELETE", STACKS + r"/([^/]+)(?:/([^/]+))?", Cloud.delete),
    ("GET", STACKS + r"/([^/]+)/([^/]+)/resources", Cloud.resource_list),
    ("GET", STACKS + r"/([^/]+)/([^/]+)/resources/([^/]+)", Cloud.resource),
    ("PATCH", STACKS + r"/([^/]+)/([^/]+)/resources/([^/]+)", Cloud.resource),
    ("GET", STACKS + r"/([^/]+)/([^/]+)/(template|files)", Cloud.part),
]


def _all(stack: Stack) -> t.Iterator[Resource]:
    for resource in stack.resources.values():
        yield resource
        if resource.nested is not None:
            yield from _all(resource.nested)


def _stacks(stack: Stack) -> t.Iterator[Stack]:
    yield stack
    for resource in stack.resources.values():
        if resource.nested is not None:
            yield from _stacks(resource.nested)


def _gone(name: str) -> Answer:
    return answer(404, {"code": 404, "title": "Not Found", "explanation": f"The Stack ({name}) could not be found."})


def _refused(reason: str) -> Answer:
    text = "The server could not comply with the request since it is either malformed or otherwise incorrect."
    error = {"type": "StackValidationFailed", "traceback": None, "message": reason}
    return answer(400, {"code": 400, "title": "Bad Request", "explanation": text, "error": error})


def _identifier(name: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, name).hex
