# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One login for all tasks of a run: what a child has learnt, the next one begins with, and nobody else can read."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import types
import typing as t

import pytest
import requests_mock
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance
from ansible_collections.nfv.maintenance.plugins.plugin_utils._shared_knowledge import _LIMIT, SharedKnowledge
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

KEYSTONE = "http://keystone.example/v3"
LIST = "http://nova.example/servers"
FORK = multiprocessing.get_context("fork")
TOKENS = FORK.Queue()


def cloud(user: str = "admin") -> t.Any:
    auth = v3.Password(KEYSTONE, username=user, password="secret", user_domain_id="default", project_id="p")
    return types.SimpleNamespace(session=Session(auth=auth))


@pytest.fixture
def task() -> t.Callable[..., tuple[list[str], list[str]]]:
    """Run a task of a user in a child; returns the users that logged in, and the tokens that Nova saw."""

    def run(shared: SharedKnowledge, user: str = "admin", *, number: int = 1, refused: t.Collection[str] = ()) -> t.Any:
        child = FORK.Process(target=_task, args=(shared, user, number, refused))
        child.start()
        seen = TOKENS.get(timeout=30)
        child.join()
        return seen

    return run


def _task(shared: SharedKnowledge, user: str, number: int, refused: t.Collection[str]) -> None:
    logins: list[str] = []
    seen: list[str] = []

    def login(request: t.Any, context: t.Any) -> t.Any:
        logins.append(request.json()["auth"]["identity"]["password"]["user"]["name"])
        context.headers["X-Subject-Token"] = f"{user}-{number}"
        return {"token": {"expires_at": "2999-01-01T00:00:00.000000Z", "methods": ["password"], "catalog": []}}

    def listed(request: t.Any, context: t.Any) -> str:
        seen.append(request.headers["X-Auth-Token"])
        context.status_code = 401 if seen[-1] in refused else 200
        return ""

    with requests_mock.Mocker() as wire:
        wire.post(f"{KEYSTONE}/auth/tokens", json=login)
        wire.get(LIST, text=listed)
        mine = cloud(user)
        with shared.of(mine):
            mine.session.get(LIST)
    TOKENS.put((logins, seen))


def test_the_next_task_begins_with_the_login_of_the_one_before(task: t.Any) -> None:
    shared = SharedKnowledge()
    assert task(shared, number=1) == (["admin"], ["admin-1"])
    assert task(shared, number=2) == ([], ["admin-1"])
    assert task(shared, "owner", number=3) == (["owner"], ["owner-3"]), "a login is for whoever made it"
    assert task(shared, "owner", number=4) == ([], ["owner-3"])
    assert task(shared, number=5) == ([], ["admin-1"])


def test_a_login_that_was_revoked_is_renewed_for_all(task: t.Any) -> None:
    shared = SharedKnowledge()
    task(shared, number=1)
    assert task(shared, number=2, refused=["admin-1"]) == (["admin"], ["admin-1", "admin-2"])
    assert task(shared, number=3) == ([], ["admin-2"])


@pytest.mark.parametrize("rest", [b'{"half": "writ', b"[]", b"null", b'{"a": 1}'])
def test_what_a_killed_task_left_half_written_is_nothing(task: t.Any, rest: bytes) -> None:
    shared = SharedKnowledge()
    os.pwrite(t.cast("int", shared._memory), rest, 0)
    assert task(shared, number=1) == (["admin"], ["admin-1"])
    assert task(shared, number=2) == ([], ["admin-1"])


def test_what_is_too_much_is_not_shared(task: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.nfv.maintenance.plugins.plugin_utils._shared_knowledge._LIMIT", 100)
    shared = SharedKnowledge()
    assert task(shared, number=1) == task(shared, number=1) == (["admin"], ["admin-1"])
    assert os.fstat(t.cast("int", shared._memory)).st_size == 0
    assert _LIMIT > 100


def test_other_programs_do_not_inherit_it() -> None:
    memory = t.cast("int", SharedKnowledge()._memory)
    program = f"import os\ntry: os.fstat({memory})\nexcept OSError: print('closed')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, close_fds=False)
    assert done.stdout == "closed\n"


@pytest.mark.parametrize("connection", [None, "a fake", types.SimpleNamespace(session=Session())])
def test_what_has_no_login_has_nothing_to_share(connection: t.Any) -> None:
    shared = SharedKnowledge()
    with shared.of(connection):
        pass
    assert os.fstat(t.cast("int", shared._memory)).st_size == 0


def test_what_kind_of_service_there_is_is_asked_once(conversation: t.Any) -> None:
    shared = SharedKnowledge()
    conversation.expect("GET", "/maintenance/v1/sessions", json={"sessions": []})
    for _task_number in range(3):
        cloud = conversation.cloud
        with shared.of(cloud):
            assert maintenance(cloud).is_session_api()


def test_that_it_is_a_fenix_is_asked_by_each(conversation: t.Any) -> None:
    """What stands in front of a session API answers so too, while the service is away."""
    shared = SharedKnowledge()
    conversation.expect("GET", "/maintenance/v1/sessions", status=404)
    conversation.expect("GET", "/maintenance/v1/sessions", json={"sessions": []})
    for expected in (False, True, True):
        cloud = conversation.cloud
        with shared.of(cloud):
            assert maintenance(cloud).is_session_api() is expected


def test_a_service_at_another_address_is_asked(conversation: t.Any) -> None:
    shared = SharedKnowledge()
    for address in ("maintenance", "another"):
        conversation.services["maintenance"] = f"http://cloud.example/{address}/v1"
        conversation.expect("GET", f"/{address}/v1/sessions", json={"sessions": []})
        cloud = conversation.cloud
        with shared.of(cloud):
            cloud.session.auth.invalidate()
            assert maintenance(cloud).is_session_api()
