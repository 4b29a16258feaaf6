# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declared HTTP conversations: what a module may say on the wire, in order, and what it hears."""

from __future__ import annotations

import dataclasses
import importlib
import json
import typing as t
import urllib.parse

import pytest
import requests
import requests_mock as requests_mock_library
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args
from ansible_collections.nfv.maintenance.plugins.module_utils import _wait

CLOUD = "http://cloud.example"
PROJECT = "3f07249d4e754565a30c590a16995e80"
PASSWORD = "not-a-real-password"
SERVICES = {
    "compute": f"{CLOUD}/compute/v2.1",
    "placement": f"{CLOUD}/placement",
    "network": f"{CLOUD}/network",
    "alarming": f"{CLOUD}/alarming",
    "nfv-orchestration": f"{CLOUD}/nfv-orchestration",
    "maintenance": f"{CLOUD}/maintenance/v1",
}
MODULES = "ansible_collections.nfv.maintenance.plugins.modules"


@dataclasses.dataclass
class Call:
    """One expected call and its answer."""

    method: str
    path: str
    status: int = 200
    answer: t.Any = None
    text: str | None = None
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    query: dict[str, str] | None = None
    body: t.Any = None
    sent_headers: dict[str, str] = dataclasses.field(default_factory=dict)
    error: Exception | None = None


class Exit(Exception):
    """What a module ends with."""

    def __init__(self, result: dict[str, t.Any]) -> None:
        super().__init__(result)
        self.result = result


class Conversation:
    """Calls are declared with :meth:`expect`; any other call, or another order, fails the test, and so does a call not made.

    Keystone (token and catalogue) and the version documents of the services answer without being declared.
    """

    def __init__(self, mocker: requests_mock_library.Mocker, monkeypatch: pytest.MonkeyPatch) -> None:
        self.expected: list[Call] = []
        self.made: list[requests.Request] = []
        self.unexpected: list[str] = []
        self._monkeypatch = monkeypatch
        self.project_id = PROJECT
        self.roles = ["admin"]
        self.services = dict(SERVICES)
        mocker.register_uri(requests_mock_library.ANY, requests_mock_library.ANY, json=self._unexpected)
        mocker.get(f"{CLOUD}/identity/v3", json={"version": {"id": "v3.14", "status": "stable", "links": [
            {"rel": "self", "href": f"{CLOUD}/identity/v3/"}]}})
        mocker.post(f"{CLOUD}/identity/v3/auth/tokens", json=self._token, status_code=201,
                    headers={"X-Subject-Token": "gAAAA-token"})
        mocker.get(f"{CLOUD}/compute/v2.1/", json=_compute_version, status_code=200)
        mocker.get(f"{CLOUD}/compute/v2.1", json=_compute_version, status_code=200)
        mocker.get(f"{CLOUD}/network", json={"versions": [{"id": "v2.0", "status": "CURRENT", "links": [
            {"rel": "self", "href": f"{CLOUD}/network/v2.0/"}]}]})
        mocker.get(f"{CLOUD}/network/", json={"versions": [{"id": "v2.0", "status": "CURRENT", "links": [
            {"rel": "self", "href": f"{CLOUD}/network/v2.0/"}]}]})
        mocker.get(f"{CLOUD}/placement", json={"versions": [{"id": "v1.0", "max_version": "1.39", "min_version": "1.0",
                                                            "status": "CURRENT", "links": [{"rel": "self", "href": ""}]}]})
        self._mocker = self.mocker = mocker
        self.version_urls = [f"{CLOUD}/compute/v2.1", f"{CLOUD}/compute/v2.1/"]
        self.version_document = _compute_version(None, None)

    @property
    def auth(self) -> dict[str, t.Any]:
        """Authentication options for a module."""
        return {
            "auth_type": "password",
            "auth": {
                "auth_url": f"{CLOUD}/identity/v3", "username": "somebody", "password": PASSWORD, "project_name": "project",
                "user_domain_name": "Default", "project_domain_name": "Default",
            },
            "region_name": "RegionOne",
        }

    @property
    def cloud(self) -> t.Any:
        """A connection, for code below the modules."""
        from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import connect  # noqa: PLC0415

        return connect(self.auth)

    @property
    def writes(self) -> list[str]:
        """The writing calls that were made, as "METHOD path"."""
        return [f"{call.method} {call.path}" for call in self.made if call.method not in ("GET", "HEAD")]

    def expect_outage(self, method: str, path: str, **more: t.Any) -> Conversation:
        """Declare a call that is made again and again for two minutes (with ``slept``), always with the same answer."""
        for _try in range(34):
            self.expect(method, path, **more)
        return self

    def expect(self, method: str, path: str, *, json: t.Any = None, status: int = 200, **more: t.Any) -> Conversation:
        """Declare the next call.

        :param path: below the cloud's address, without the query, e.g. ``/compute/v2.1/os-services``.
        :param json: the answer's body; ``text=`` for one that is not JSON; ``error=`` for an exception instead of an answer.
        :param more: ``query`` (exact, as a dict of strings), ``body`` (exact JSON of the request), ``headers`` of the answer,
            ``sent_headers`` the request must have.
        """
        call = Call(method, path, status, json, **more)
        self.expected.append(call)
        self._mocker.register_uri(method, CLOUD + path, text=self._answer)
        return self

    def run(self, name: str, params: dict[str, t.Any] | None = None, *, check_mode: bool = False,
            auth: bool = True) -> dict[str, t.Any]:
        """Run ``main()`` of a module of the collection; returns what it exits with, with ``failed`` set."""
        module = importlib.import_module(f"{MODULES}.{name}")
        arguments = {**(self.auth if auth else {}), **(params or {}), "_ansible_check_mode": check_mode, "_ansible_diff": True}

        def end(failed: bool) -> t.Callable[..., t.NoReturn]:
            def exit_(_module: basic.AnsibleModule, **result: t.Any) -> t.NoReturn:
                raise Exit({"failed": failed, **result})
            return exit_

        with self._monkeypatch.context() as patch, patch_module_args(arguments):
            patch.setattr(basic.AnsibleModule, "exit_json", end(False))
            patch.setattr(basic.AnsibleModule, "fail_json", lambda module, msg="", **more: end(True)(module, msg=msg, **more))
            try:
                module.main()
            except Exit as exit_:
                assert PASSWORD not in json.dumps(exit_.result, default=str), "the password is in the module's result"
                return exit_.result
        raise AssertionError(f"module {name} returned without exit_json or fail_json")

    def finish(self) -> None:
        """Every declared call was made, and no other."""
        assert not self.unexpected, f"calls that were not declared: {self.unexpected}"
        assert not self.expected, f"calls that were not made: {[f'{c.method} {c.path}' for c in self.expected]}"

    def _answer(self, request: t.Any, context: t.Any) -> str:
        if not self.expected:
            return self._refuse(request, context)
        call = self.expected[0]
        path = urllib.parse.urlsplit(request.url).path
        if (request.method, path) != (call.method, urllib.parse.unquote(call.path)) and (request.method, path) != (
            call.method, call.path
        ):
            return self._refuse(request, context)
        self.expected.pop(0)
        self.made.append(request)
        if call.query is not None:
            sent = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(request.url).query, keep_blank_values=True))
            assert sent == call.query, f"query of {call.method} {call.path}: {sent}, expected {call.query}"
        if call.body is not None:
            assert json.loads(request.body) == call.body, f"body of {call.method} {call.path}: {request.body!r}"
        for name, value in call.sent_headers.items():
            assert request.headers.get(name) == value, f"header {name} of {call.path}: {request.headers.get(name)!r}"
        if call.error is not None:
            raise call.error
        context.status_code = call.status
        context.headers.update({"Content-Type": "application/json", **call.headers})
        if call.text is not None:
            return call.text
        return "" if call.answer is None else json.dumps(call.answer)

    def _refuse(self, request: t.Any, context: t.Any) -> str:
        following = f"{self.expected[0].method} {self.expected[0].path}" if self.expected else "nothing"
        self.unexpected.append(f"{request.method} {request.url} (expected next: {following})")
        context.status_code = 418
        return json.dumps({"error": f"unexpected call {request.method} {request.url}"})

    def _unexpected(self, request: t.Any, context: t.Any) -> t.Any:
        return json.loads(self._refuse(request, context))

    def _token(self, _request: t.Any, _context: t.Any) -> dict[str, t.Any]:
        catalog = [
            {"type": kind, "name": kind, "id": kind, "endpoints": [
                {"id": kind + interface, "interface": interface, "region": "RegionOne", "region_id": "RegionOne", "url": url}
                for interface in ("public", "internal", "admin")]}
            for kind, url in self.services.items()
        ]
        return {"token": {
            "methods": ["password"], "expires_at": "2099-01-01T00:00:00.000000Z", "issued_at": "2026-11-21T00:00:00.000000Z",
            "user": {"id": "u", "name": "somebody", "domain": {"id": "default", "name": "Default"}},
            "project": {"id": self.project_id, "name": "project", "domain": {"id": "default", "name": "Default"}},
            "roles": [{"id": role, "name": role} for role in self.roles], "catalog": catalog,
        }}


def _compute_version(_request: t.Any, _context: t.Any) -> dict[str, t.Any]:
    return {"version": {"id": "v2.1", "status": "CURRENT", "version": "2.93", "min_version": "2.1",
                        "updated": "2013-07-23T11:33:21Z", "links": [{"rel": "self", "href": f"{CLOUD}/compute/v2.1/"}]}}


@pytest.fixture
def conversation(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[Conversation]:
    """A cloud that answers only what the test declares."""
    for name in ("OS_CLOUD", "OS_CLIENT_CONFIG_FILE", "OS_AUTH_URL"):
        monkeypatch.delenv(name, raising=False)
    with requests_mock_library.Mocker() as mocker:
        talk = Conversation(mocker, monkeypatch)
        yield talk
        talk.finish()


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that calls which are made again have waited, by a clock that nobody waits for."""
    seconds: list[float] = []
    monkeypatch.setitem(_wait.outlast.__kwdefaults__, "sleep", seconds.append)
    monkeypatch.setitem(_wait.outlast.__kwdefaults__, "clock", lambda: sum(seconds))
    return seconds
