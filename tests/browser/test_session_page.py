# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session page in a browser, served by a real session API: live, for an administrator and for a project."""

from __future__ import annotations

import datetime
import typing as t

import pytest
import requests

from lab.stack import Stack
from tests.browser.chromium import Page
from tests.waiting import until

TIMEOUT = 20


class Run:
    """What a runner tells the session API, without a cloud to be maintained."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.url = f"http://127.0.0.1:{stack.session_api_port}/v1"
        self.headers = {"X-Auth-Token": stack.token("lab-admin")}
        self.project = str(stack.vnf["project_id"])
        self.sid = ""

    def call(self, method: str, path: str, body: t.Any = None, headers: dict[str, str] | None = None) -> t.Any:
        answer = requests.request(method, f"{self.url}/{path}", json=body, headers=headers or self.headers, timeout=TIMEOUT)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def put(self, path: str, body: t.Any) -> t.Any:
        return self.call("PUT", f"sessions/{self.sid}{path}", body)

    def begin(self, name: str, *hosts: str) -> None:
        """Open a session with an instance of the VNF's project and one of somebody else on each host, and take its lease."""
        soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
        body = {"name": name, "hosts": list(hosts), "maintenance_at": soon.strftime("%Y-%m-%d %H:%M:%S"), "metadata": {}}
        self.sid = self.call("POST", "maintenance", body)["session_id"]
        token = self.call("POST", f"sessions/{self.sid}/lease", {"holder": "runner", "ttl": 600})["token"]
        self.headers["X-Lease-Token"] = str(token)
        owners = {"own": self.project, "foreign": "f0e1d2"}
        instances = [
            {"id": f"{who}-{host}", "project_id": owner, "host": host} for host in hosts for who, owner in owners.items()
        ]
        self.put("/instances", {"instances": instances})

    def ask(self, state: str, *instances: str) -> dict[str, t.Any]:
        request = {"project_id": self.project, "state": state, "instance_ids": list(instances), "window": 600}
        request["allowed_actions"] = ["LIVE_MIGRATE"]
        return dict(self.call("POST", f"sessions/{self.sid}/messages", {"messages": [request]})["messages"][0])

    def reply(self, state: str, *instances: str) -> None:
        body = {"state": state, "instance_actions": dict.fromkeys(instances, "LIVE_MIGRATE")}
        self.call("PUT", f"maintenance/{self.sid}/{self.project}", body, {"X-Auth-Token": self.stack.token("lab-vnf")})


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Stack]:
    shared = Stack(tmp_path_factory.mktemp("stack"), hosts=3, speed=10)
    try:
        shared.start_lab()
        shared.start_session_api()
        yield shared
    finally:
        shared.stop()


@pytest.fixture
def run(stack: Stack) -> t.Iterator[Run]:
    made = Run(stack)
    yield made
    if made.sid:
        made.call("DELETE", f"maintenance/{made.sid}")


def opened(page: Page, run: Run, cloud: str) -> Page:
    page.open(f"{run.url}/sessions/{run.sid}/page")
    page.click("#token")
    page.type(run.stack.token(cloud))
    page.press("Enter", 13)
    page.wait("document.querySelector('#title')")
    return page


def test_it_follows_a_session_by_itself(run: Run, page: Page):
    run.begin("rack 7", "h1", "h2")
    opened(page, run, "lab-admin")
    assert page.run("document.getElementById('ask').checkVisibility()") is False
    assert page.run("[...document.querySelectorAll('#hosts tbody th')].map((one) => one.innerText)") == ["h1", "h2"]
    run.put("/hosts/h1", {"state": "DRAINING"})
    page.wait("document.querySelector('#hosts .span.draining.open')")
    message = run.ask("PREPARE_MAINTENANCE", "own-h1")
    page.wait("document.querySelector('#waiting')?.innerText.includes('PREPARE_MAINTENANCE')")
    assert page.text("#waiting [data-until]").endswith("left")
    run.reply("ACK_PREPARE_MAINTENANCE", "own-h1")
    page.wait(f"document.querySelector('#messages a[href=\"#reply-{message['id']}\"]')?.innerText.startsWith('ACK_PREPARE')")
    assert page.run("document.getElementById('waits').hidden")
    for one in ("own-h1", "foreign-h1"):
        run.put(f"/instances/{one}", {"state": "MOVED", "host": "h2", "from_host": "h1", "how": "live", "seconds": 2.5})
    run.put("/hosts/h1", {"state": "IN_MAINTENANCE", "version": "8.1.0"})
    page.wait("document.querySelector('#hosts .span.working.open')")
    run.put("/hosts/h1", {"state": "IN_MAINTENANCE", "verifying": True})
    page.wait("document.querySelector('#hosts .span.verifying.open')")
    assert "verifying" in page.run("[...document.querySelectorAll('#hosts tbody .state')].map((one) => one.innerText)")
    run.put("/hosts/h1", {"state": "MAINTENANCE_COMPLETE", "version": "9.0.2"})
    page.wait("document.querySelector('#hosts').innerText.includes('8.1.0 → 9.0.2')")
    page.wait("document.querySelector('#progress')?.value === 50")
    assert "1 of 2" in page.text("#figures")
    assert "own-h1" in page.text("#moves")


def test_it_says_why_nothing_goes_on(run: Run, page: Page):
    run.begin("rack 8", "h1", "h2")
    opened(page, run, "lab-admin")
    run.put("", {"state": "MAINTENANCE", "waiting": "somebody to approve wave 2 (h2)"})
    page.wait("document.querySelector('#waiting')?.innerText.includes('somebody to approve wave 2 (h2)')")
    person = {"X-Auth-Token": run.headers["X-Auth-Token"]}
    run.call("PUT", f"sessions/{run.sid}/control", {"action": "skip_host", "host": "h2"}, person)
    page.wait("document.querySelector('#hosts').innerText.includes('skipped')")
    run.call("PUT", f"sessions/{run.sid}/control", {"action": "pause", "reason": "disk alarms"}, person)
    page.wait("document.querySelector('#waiting').innerText.includes('somebody to resume it')")
    assert "disk alarms" in page.text("#waiting")
    assert "paused" in page.text("#head")
    assert "left" not in page.text("#far")


def test_a_project_sees_its_part(run: Run, page: Page):
    run.begin("rack 9", "h1", "h2")
    run.ask("MAINTENANCE")
    run.put("/instances/foreign-h1", {"state": "MOVED", "host": "h2", "from_host": "h1", "how": "cold", "seconds": 1})
    run.put("/instances/own-h1", {"state": "MOVED", "host": "h2", "from_host": "h1", "how": "live", "seconds": 1})
    run.put("/hosts/h1", {"state": "IN_MAINTENANCE", "version": "8.1.0"})
    opened(page, run, "lab-vnf")
    page.wait("document.querySelector('#moves')?.innerText.includes('own-h1')")
    page.run("document.getElementById('log').open = true")
    shown = page.run("document.body.innerText")
    for foreign in ("foreign", "f0e1d2", "runner", "8.1.0"):
        assert foreign not in shown, foreign


def test_where_one_reads_stays_while_it_changes(run: Run, page: Page):
    run.begin("rack 10", "h1", "h2")
    opened(page, run, "lab-admin")
    message = run.ask("MAINTENANCE")
    page.wait(f"document.querySelector('#messages a[href=\"#reply-{message['id']}\"]')")
    page.click("#filter")
    page.type("h1")
    page.wait("document.querySelectorAll('#hosts tbody th button').length === 1")
    run.put("/hosts/h1", {"state": "DRAINING"})
    page.wait("document.querySelector('#hosts .span.draining')")
    assert page.run("[document.activeElement.id, document.activeElement.value]") == ["filter", "h1"]
    assert page.run("document.querySelectorAll('#hosts tbody th button').length") == 1


def test_a_wrong_token_is_said_and_asked_for_again(run: Run, page: Page):
    run.begin("rack 11", "h1")
    page.open(f"{run.url}/sessions/{run.sid}/page")
    page.click("#token")
    page.type("no token")
    page.press("Enter", 13)
    page.wait("document.getElementById('status').innerText.includes('oken') && document.getElementById('ask').checkVisibility()")
    page.wait("!document.getElementById('status').innerText.includes('Asking')")
    assert page.run("document.getElementById('token').value") == ""
    # The browser tells of every answer that is an error.
    assert {one for one in page.said if "401" not in one} == set()
    page.said.clear()


def test_those_who_find_no_place_are_told_nevertheless(run: Run, page: Page):
    run.begin("rack 12", "h1", "h2")
    listening = [
        requests.get(f"{run.url}/sessions/{run.sid}/stream", headers=run.headers, stream=True, timeout=TIMEOUT)
        for _one in range(4)
    ]
    try:
        opened(page, run, "lab-admin")
        run.put("/hosts/h1", {"state": "DRAINING"})
        page.wait("document.querySelector('#hosts .span.draining')")
    finally:
        for one in listening:
            one.close()
    assert {one for one in page.said if "503" not in one} == set()
    page.said.clear()
    run.put("/hosts/h1", {"state": "WAITING"})
    until("the places are given back", lambda: listens(run), 60, 1)


def listens(run: Run) -> bool:
    path = f"{run.url}/sessions/{run.sid}/stream"
    with requests.get(path, headers=run.headers, stream=True, timeout=TIMEOUT) as answer:
        return answer.ok
