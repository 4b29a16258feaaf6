# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service behind a Flask test client, with a clock that stands still and a notifier that listens."""

from __future__ import annotations

import datetime
import json
import pathlib
import re
import shutil
import typing as t

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api import app, config, notifier, openapi, schemas
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api.service import Service
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api.store.database import Store

START = datetime.datetime(2026, 11, 21, 1, 0, 0)
ENDPOINT = "http://maintenance.example.org:12347"
KEYSTONE = "http://keystone.example.org:5000/v3"
DOCUMENT = openapi.document(ENDPOINT)
RECORDED = pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "recorded"


class Clock:
    """Time that moves when told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime.datetime:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += datetime.timedelta(seconds=seconds)

    def text(self, seconds: float = 0) -> str:
        return (self.now + datetime.timedelta(seconds=seconds)).isoformat(sep=" ", timespec="seconds")


class Ear:
    """A notifier that keeps what it is given, or refuses what ``refuse`` names."""

    def __init__(self) -> None:
        self.heard: list[dict[str, t.Any]] = []
        self.refuse: t.Callable[[dict[str, t.Any]], Exception | None] = lambda envelope: None

    def send(self, notification: notifier.Notification) -> None:
        envelope = json.loads(json.dumps(notification.envelope()))
        error = self.refuse(envelope)
        if error is not None:
            raise error
        self.heard.append(envelope)

    def close(self) -> None:
        pass

    def payloads(self, event_type: str = "maintenance.scheduled") -> list[dict[str, t.Any]]:
        return [envelope["payload"] for envelope in self.heard if envelope["event_type"] == event_type]


class Caller:
    """Calls the API as somebody; every JSON answer is checked against the document."""

    def __init__(self, client: t.Any, roles: str | None, project_id: str = "") -> None:
        self._client = client
        self._headers = {} if roles is None else {"X-Identity-Status": "Confirmed", "X-Roles": roles, "X-User-Id": "somebody"}
        if project_id:
            self._headers["X-Project-Id"] = project_id
        self.project_id = project_id
        self.lease: str | None = None

    def __call__(self, method: str, path: str, body: t.Any = None, **options: t.Any) -> t.Any:
        headers = {**self._headers, **options.pop("headers", {})}
        if self.lease is not None:
            headers.setdefault("X-Lease-Token", self.lease)
        if body is not None:
            options["data"] = json.dumps(body)
        answer = self._client.open(path, method=method, headers=headers, **options)
        _check(method, path, answer)
        return answer

    def ok(self, method: str, path: str, body: t.Any = None, status: int = 200) -> t.Any:
        answer = self(method, path, body)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json if answer.data else None

    def refused(self, status: int, method: str, path: str, body: t.Any = None, **options: t.Any) -> dict[str, t.Any]:
        answer = self(method, path, body, **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return t.cast("dict[str, t.Any]", answer.json)


def _check(method: str, path: str, answer: t.Any) -> None:
    path = path.partition("?")[0]
    for one in sorted(openapi.OPERATIONS, key=lambda one: one.path.count("{")):
        if one.method == method.lower() and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one.path), path):
            documented = DOCUMENT["paths"][one.path][one.method]["responses"]
            assert str(answer.status_code) in documented, f"{one.name} answers {answer.status_code}, which is not documented"
            schema = one.answers.get(answer.status_code, "Error")
            if schema is not None:
                errors = list(schemas.validator(schema).iter_errors(answer.json))
                assert not errors, f"{one.name} {answer.status_code}: {errors[0].message}"
            return


class Api:
    """One service and those who talk to it."""

    def __init__(self, service: Service, clock: Clock, ear: Ear) -> None:
        self.service = service
        self.clock = clock
        self.ear = ear
        self.flask = app.make_flask(service)
        self.admin = self.caller("admin", "admins")
        self.owner = self.caller("member", "p1")
        self.other = self.caller("member", "p2")
        self.nobody = self.caller(None)

    def caller(self, roles: str | None, project_id: str = "") -> Caller:
        return Caller(self.flask.test_client(), roles, project_id)

    def session(self, *hosts: str, lease: bool = True, **more: t.Any) -> str:
        """Open a session and take its lease."""
        body = {
            "hosts": list(hosts or ("h1", "h2")),
            "maintenance_at": self.clock.text(3600),
            "metadata": {"release": "Zed"},
            **more,
        }
        sid = str(self.admin.ok("POST", "/v1/maintenance", body)["session_id"])
        if lease:
            self.admin.lease = str(self.admin.ok("POST", f"/v1/sessions/{sid}/lease", {"holder": "runner", "ttl": 120})["token"])
        return sid

    def inventory(self, sid: str, **owners: str) -> None:
        """Fill the inventory: ``i1="p1@h1"``."""
        listed = [
            {"id": one, "project_id": where.partition("@")[0], "host": where.partition("@")[2]} for one, where in owners.items()
        ]
        self.admin.ok("PUT", f"/v1/sessions/{sid}/instances", {"instances": listed})

    def tell(self, sid: str, state: str, *instances: str, project_id: str = "p1", **more: t.Any) -> list[dict[str, t.Any]]:
        """Send one message request."""
        request = {"project_id": project_id, "state": state, "instance_ids": list(instances), **more}
        return list(self.admin.ok("POST", f"/v1/sessions/{sid}/messages", {"messages": [request]}, 201)["messages"])

    def told(self) -> list[dict[str, t.Any]]:
        """Send what lies in the outbox and return the project messages heard since the last call."""
        self.ear.heard.clear()
        self.service.outbox.run_once()
        return self.ear.payloads()

    def message(self, sid: str, mid: str) -> dict[str, t.Any]:
        return dict(self.admin.ok("GET", f"/v1/sessions/{sid}/messages/{mid}"))

    def detail(self, sid: str) -> dict[str, t.Any]:
        return dict(self.admin.ok("GET", f"/v1/sessions/{sid}"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def write_config(tmp_path: pathlib.Path) -> t.Callable[..., pathlib.Path]:
    """Write a configuration file: ``write_config(conversation={"max_sessions": 2})``."""

    def write(**sections: dict[str, t.Any]) -> pathlib.Path:
        merged: dict[str, dict[str, t.Any]] = {
            "DEFAULT": {"public_endpoint": ENDPOINT},
            "database": {"connection": f"sqlite:///{tmp_path}/session-api.sqlite"},
            "keystone_authtoken": {
                "auth_type": "password",
                "auth_url": KEYSTONE,
                "www_authenticate_uri": KEYSTONE,
                "username": "maintenance",
                "password": "secret",
                "project_name": "service",
                "user_domain_name": "Default",
                "project_domain_name": "Default",
            },
        }
        for name, options in sections.items():
            merged.setdefault(name, {}).update(options)
        lines = [
            line for name, options in merged.items() for line in (f"[{name}]", *(f"{key} = {options[key]}" for key in options))
        ]
        path = tmp_path / "session-api.conf"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Make the tables once; each test gets a copy."""
    path = tmp_path_factory.mktemp("database") / "empty.sqlite"
    store = Store(f"sqlite:///{path}")
    store.upgrade()
    store.close()
    return path


@pytest.fixture
def make_api(
    write_config: t.Callable[..., pathlib.Path], clock: Clock, ear: Ear, empty_database: pathlib.Path, tmp_path: pathlib.Path
) -> t.Iterator[t.Callable[..., Api]]:
    """Make a service with these options; called again it stands on the same database."""
    made: list[Service] = []
    shutil.copy(empty_database, tmp_path / "session-api.sqlite")

    def make(**sections: dict[str, t.Any]) -> Api:
        service = Service(config.load(["--config-file", str(write_config(**sections))]), clock, ear)
        made.append(service)
        return Api(service, clock, ear)

    yield make
    for service in made:
        service.stop()


@pytest.fixture
def api(make_api: t.Callable[..., Api]) -> Api:
    return make_api()


@pytest.fixture
def recorded() -> t.Callable[[str], dict[str, t.Any]]:
    """Read a recording by its path below ``tests/fixtures/recorded``."""
    return lambda name: dict(json.loads((RECORDED / name).read_text()))
