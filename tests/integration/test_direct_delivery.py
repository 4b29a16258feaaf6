# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Direct delivery as a VNF manager sees it: the session API as a process, a listening socket, and a clock that goes by itself."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import socket
import subprocess
import sys
import threading
import time
import typing as t
import uuid
from pathlib import Path

import pytest
import requests
import yaml

from lab.processes import free_port
from lab.products import ROOT, write_private
from lab.stack import Stack
from tests.waiting import until

# Impatient, so that what takes minutes in service takes seconds here.
IMPATIENT = {"retry_first": 0.2, "retry_longest": 0.5, "max_attempts": 5, "connect_timeout": 1, "timeout": 3}
BOUND = 30
DEATHS = 4

Json = dict[str, t.Any]


class Listener:
    """A VNF manager's address: keeps what is posted to each path, and answers as the path is told, at last with 204."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.got: list[tuple[str, dict[str, str], bytes, float]] = []
        self.answers: dict[str, list[int]] = {}
        self.hold: dict[str, threading.Event] = {}
        self._server: http.server.ThreadingHTTPServer | None = None

    def open(self) -> Listener:
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_arguments: t.Any) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                listener.got.append((self.path, headers, body, time.time()))
                if self.path in listener.hold:
                    listener.hold[self.path].wait(BOUND)
                coming = listener.answers.get(self.path, [])
                with contextlib.suppress(OSError):
                    self.send_response(coming.pop(0) if coming else 204)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def close(self) -> None:
        for event in self.hold.values():
            event.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def heard(self, path: str) -> list[str]:
        """The ids of the messages, in the order in which they came."""
        return [json.loads(body)["data"]["message_id"] for where, _headers, body, _at in list(self.got) if where == path]

    def posts(self, path: str) -> list[tuple[dict[str, str], bytes]]:
        return [(headers, body) for where, headers, body, _at in list(self.got) if where == path]


def verified(secret: str, headers: t.Mapping[str, str], body: bytes) -> bool:
    """Whether a post is signed with a secret, as the specification of Standard Webhooks has a receiver find out."""
    key = base64.b64decode(secret.split("_", 1)[1])
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body.decode()}".encode()
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [one.split(",", 1) for one in headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(one, expected) for version, one in given)


class Cloud:
    """Administrator, owner and stranger at the session API of a lab."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.tokens = {who: stack.token(f"lab-{who}") for who in ("admin", "vnf", "member")}
        self.project_id = stack.vnf["project_id"]
        self.sid = ""
        self.lease = ""

    def __call__(self, who: str, method: str, path: str, body: t.Any = None, status: int = 200) -> t.Any:
        url = f"http://127.0.0.1:{self.stack.session_api_port}/v1/{path}"
        headers = {"X-Auth-Token": self.tokens[who], "X-Lease-Token": self.lease}
        answer = requests.request(method, url, json=body, headers=headers, timeout=BOUND)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def begin(self) -> None:
        body = {"hosts": [f"h-{uuid.uuid4().hex[:8]}"], "maintenance_at": "2199-01-01 00:00:00"}
        self.sid = self("admin", "POST", "maintenance", body)["session_id"]
        self.lease = str(self("admin", "POST", f"sessions/{self.sid}/lease", {"holder": "test"})["token"])

    def tell(self, state: str = "MAINTENANCE", window: int = 60) -> str:
        """Tell the owner's project something new; returns the message's id."""
        request = {"project_id": self.project_id, "state": state, "window": window, "key": uuid.uuid4().hex}
        return str(self("admin", "POST", f"sessions/{self.sid}/messages", {"messages": [request]}, 201)["messages"][0]["id"])

    def subscribe(self, url: str, **more: t.Any) -> Json:
        return t.cast("Json", self("vnf", "POST", "subscriptions", {"url": url, **more}, 201))

    def subscription(self, made: Json) -> Json:
        return t.cast("Json", self("vnf", "GET", f"subscriptions/{made['id']}"))

    def deliveries(self, made: Json, status: str = "") -> list[Json]:
        query = f"?status={status}" if status else ""
        return t.cast("list[Json]", self("vnf", "GET", f"subscriptions/{made['id']}/deliveries{query}")["deliveries"])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Stack]:
    """A lab whose session API is impatient."""

    class ImpatientStack(Stack):
        def _session_api_config(self, url: str) -> str:
            more = "\n".join(f"{name} = {value}" for name, value in IMPATIENT.items())
            return super()._session_api_config(url) + f"\n[webhooks]\n{more}\n"

    shared = ImpatientStack(tmp_path_factory.mktemp("stack"), hosts=2)
    try:
        shared.start_lab()
        shared.start_session_api()
        yield shared
    finally:
        shared.stop()


@pytest.fixture
def cloud(lab: Stack) -> t.Iterator[Cloud]:
    """A session; everything of it is gone afterwards."""
    made = Cloud(lab)
    made.begin()
    yield made
    made("admin", "DELETE", f"maintenance/{made.sid}")
    for one in made("vnf", "GET", "subscriptions")["subscriptions"]:
        made("vnf", "DELETE", f"subscriptions/{one['id']}", status=204)


@pytest.fixture
def listener() -> t.Iterator[Listener]:
    made = Listener()
    yield made.open()
    made.close()


def test_messages_come_signed_in_order_and_soon(cloud: Cloud, listener: Listener) -> None:
    made = cloud.subscribe(listener.url("/a"))
    began = time.time()
    first = cloud.tell()
    until("the first message", lambda: listener.heard("/a"), BOUND, every=0.005)
    assert listener.got[0][3] - began < 2
    told = [first, cloud.tell("SCALE_IN"), cloud.tell("MAINTENANCE_COMPLETE")]
    until("all messages", lambda: len(listener.heard("/a")) == len(told), BOUND)
    assert listener.heard("/a") == told
    for headers, body in listener.posts("/a"):
        assert verified(made["secret"], headers, body)
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < BOUND
        assert not verified(made["secret"], headers, body + b" ")
    message = cloud("vnf", "GET", f"sessions/{cloud.sid}/messages/{first}")
    data = json.loads(listener.posts("/a")[0][1])["data"]
    assert (data["reply_url"], data["state"], data["project_id"]) == (message["reply_url"], "MAINTENANCE", cloud.project_id)
    assert message["sent_at"] is not None
    cloud("vnf", "PUT", data["reply_url"].split("/v1/")[1], {"state": "ACK_MAINTENANCE"})


def test_trouble_is_outlived_in_order(cloud: Cloud, listener: Listener) -> None:
    """503 twice, and nobody there at all for a while."""
    made = cloud.subscribe(listener.url("/b"))
    listener.answers["/b"] = [503, 503]
    told = [cloud.tell(), cloud.tell("SCALE_IN")]
    until("both messages", lambda: len(listener.heard("/b")) == 4, BOUND)
    assert listener.heard("/b") == [told[0]] * 3 + [told[1]]
    assert len({headers["webhook-id"] for headers, _body in listener.posts("/b")}) == 2
    listener.close()
    late = cloud.tell()
    until("an attempt", lambda: cloud.deliveries(made)[0]["attempts"] >= 1, BOUND, every=0.05)
    assert "ConnectionRefusedError" in cloud.deliveries(made)[0]["error"]
    listener.open()
    until("the late message", lambda: late in listener.heard("/b"), BOUND)
    until("its note", lambda: cloud.subscription(made)["deliveries"]["delivered"] == 3, BOUND)
    texts = [one["text"] for one in cloud("vnf", "GET", f"sessions/{cloud.sid}/events")["events"] if "delivery" in one["kind"]]
    assert any("answered 503; it is sent again" in text for text in texts)


def test_a_dead_letter_is_seen_and_sent_again(cloud: Cloud, listener: Listener) -> None:
    made = cloud.subscribe(listener.url("/c"))
    listener.answers["/c"] = [500] * 5
    message = cloud.tell()
    [dead] = until("a dead letter", lambda: cloud.deliveries(made, "dead"), BOUND)
    assert (dead["attempts"], dead["http_status"], dead["message_id"]) == (5, 500, message)
    assert "given up after 5 attempts" in dead["error"]
    cloud("vnf", "POST", f"subscriptions/{made['id']}/deliveries/{dead['id']}/resend", status=202)
    until("the sixth attempt", lambda: len(listener.heard("/c")) == 6, BOUND)
    until("its note", lambda: not cloud.deliveries(made, "pending"), BOUND)
    assert [one["id"] for one in cloud.deliveries(made, "delivered")] == [dead["id"]]
    assert {headers["webhook-id"] for headers, _body in listener.posts("/c")} == {dead["id"]}


def test_a_secret_is_changed_without_a_gap(cloud: Cloud, listener: Listener) -> None:
    made = cloud.subscribe(listener.url("/d"))
    changed = cloud("vnf", "PUT", f"subscriptions/{made['id']}", {"rotate": True, "overlap": 3600})
    cloud.tell()
    [(headers, body)] = until("the message", lambda: listener.posts("/d"), BOUND)
    assert verified(made["secret"], headers, body)
    assert verified(changed["secret"], headers, body)
    cloud("vnf", "PUT", f"subscriptions/{made['id']}", {"secret": made["secret"], "overlap": 0})
    cloud.tell("SCALE_IN")
    headers, body = until("the next", lambda: listener.posts("/d")[1:], BOUND)[0]
    assert verified(made["secret"], headers, body)
    assert not verified(changed["secret"], headers, body)


def test_gone_is_gone(cloud: Cloud, listener: Listener) -> None:
    made = cloud.subscribe(listener.url("/e"))
    listener.answers["/e"] = [410]
    cloud.tell()
    until("the end", lambda: not cloud.subscription(made)["enabled"], BOUND)
    cloud.tell("SCALE_IN")
    assert cloud.subscription(made)["deliveries"] == {"pending": 0, "delivered": 0, "dead": 1}


def test_a_slow_one_delays_nobody(cloud: Cloud, listener: Listener) -> None:
    listener.hold["/slow"] = threading.Event()
    cloud.subscribe(listener.url("/slow"))
    cloud.subscribe(listener.url("/quick"))
    began = time.time()
    told = [cloud.tell(), cloud.tell("SCALE_IN")]
    until("both at the quick one", lambda: listener.heard("/quick") == told, BOUND, every=0.01)
    # Well before the slow one's first attempt is given up.
    assert time.time() - began < IMPATIENT["timeout"]
    assert listener.heard("/slow") == told[:1]


def test_nothing_is_lost_by_a_death(cloud: Cloud, listener: Listener) -> None:
    """Killed between the commit and the sending, and then at whatever moment follows an answer."""
    cloud.subscribe(listener.url("/f"))
    listener.close()
    told = [cloud.tell(window=600)]
    cloud.stack.processes.kill("session-api")
    listener.open()
    for _death in range(DEATHS):
        cloud.stack.start_session_api()
        told.append(cloud.tell(window=600))
        cloud.stack.processes.kill("session-api")
    cloud.stack.start_session_api()
    until("all messages", lambda: set(told) <= set(listener.heard("/f")), BOUND)
    # What was taken and not noted comes twice; nothing overtakes.
    assert list(dict.fromkeys(listener.heard("/f"))) == told
    ids: dict[str, set[str]] = {}
    for headers, body in listener.posts("/f"):
        ids.setdefault(json.loads(body)["data"]["message_id"], set()).add(headers["webhook-id"])
    assert all(len(one) == 1 for one in ids.values())


def test_strangers_see_and_hear_nothing(cloud: Cloud, listener: Listener) -> None:
    made = cloud.subscribe(listener.url("/g"))
    theirs = cloud("member", "POST", "subscriptions", {"url": listener.url("/stranger")}, 201)
    cloud.tell()
    until("the message", lambda: listener.heard("/g"), BOUND)
    assert [one["id"] for one in cloud("member", "GET", "subscriptions")["subscriptions"]] == [theirs["id"]]
    for method, rest in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/deliveries")):
        cloud("member", method, f"subscriptions/{made['id']}{rest}", {"rotate": True} if method == "PUT" else None, 404)
    assert listener.heard("/stranger") == []
    cloud("member", "DELETE", f"subscriptions/{theirs['id']}", status=204)


def test_no_secret_is_in_the_log(cloud: Cloud, listener: Listener) -> None:
    url = listener.url("/h/token-in-the-path")
    made = cloud.subscribe(url)
    changed = cloud("vnf", "PUT", f"subscriptions/{made['id']}", {"rotate": True})
    listener.answers["/h/token-in-the-path"] = [500] * 5
    cloud.tell()
    until("a dead letter", lambda: cloud.deliveries(made, "dead"), BOUND)
    events = json.dumps(cloud("admin", "GET", f"sessions/{cloud.sid}/events"))
    answer = requests.get(
        f"http://127.0.0.1:{cloud.stack.session_api_port}/metrics", headers={"X-Auth-Token": cloud.tokens["admin"]}, timeout=BOUND
    )
    log = (cloud.stack.processes.log_dir / "session-api.log").read_text()
    assert made["id"] in log
    for secret in (made["secret"], changed["secret"]):
        for text in (log, events, answer.text, json.dumps(cloud("admin", "GET", "subscriptions"))):
            assert secret not in text
            assert secret.removeprefix("whsec_") not in text
    assert "token-in-the-path" not in log + events + answer.text


def test_the_modules_do_it(cloud: Cloud, listener: Listener) -> None:
    """A play of the owner subscribes, a second run changes nothing, dead letters are read and sent again."""
    url = listener.url("/i")
    listener.answers["/i"] = [500] * 5
    subscribe = {"nfv.maintenance.maintenance_webhook": {"url": url, "description": "by a play"}}
    first, again = play(cloud.stack, subscribe, subscribe)
    assert (first["changed"], again["changed"]) == (True, False)
    assert "secret" not in again
    cloud.tell()
    until("a dead letter", lambda: cloud.deliveries(first["maintenance_webhook"], "dead"), BOUND)
    read, resent = play(
        cloud.stack,
        {"nfv.maintenance.maintenance_webhook_info": {"with_deliveries": True, "status": "dead", "url": url}},
        {"nfv.maintenance.maintenance_webhook": {"url": url, "resend": ["dead"]}},
    )
    [dead] = read["maintenance_webhooks"][0]["latest"]
    assert [one["id"] for one in resent["resent"]] == [dead["id"]]
    until("the sixth attempt", lambda: len(listener.heard("/i")) == 6, BOUND)
    assert verified(first["secret"], *listener.posts("/i")[-1])
    [gone] = play(cloud.stack, {"nfv.maintenance.maintenance_webhook": {"url": url, "state": "absent"}})
    assert gone["changed"]
    assert cloud("vnf", "GET", "subscriptions")["subscriptions"] == []


def test_the_event_source_takes_it(cloud: Cloud, tmp_path: Path) -> None:
    """Both halves of ours: what the session API signs the source checks, writes down and hands on, through a change of secret."""
    port = free_port()
    vnf = cloud.stack.vnf_id
    secrets = tmp_path / "secrets.yaml"
    made = cloud.subscribe(f"http://127.0.0.1:{port}/v1.0/vnfs/{vnf}/maintenance/{cloud.project_id}")
    write_private(secrets, yaml.safe_dump({vnf: [made["secret"]]}))
    arguments = tmp_path / "arguments.json"
    arguments.write_text(json.dumps({"port": port, "secrets_file": str(secrets), "journal": str(tmp_path / "journal.sqlite")}))
    command = [sys.executable, str(ROOT / "tests" / "integration" / "eda" / "journal_driver.py"), str(arguments)]
    with (tmp_path / "events").open("w") as out, (tmp_path / "log").open("w") as log:
        source = subprocess.Popen(command, stdout=out, stderr=log, stdin=subprocess.DEVNULL)
    try:
        told = [cloud.tell(window=600)]
        until("the first message", lambda: handed_on(tmp_path) == told, BOUND)
        # The sender changes first, as it does when a role rotates: the old secret goes on signing beside the new one.
        changed = cloud("vnf", "PUT", f"subscriptions/{made['id']}", {"rotate": True})
        told.append(cloud.tell("SCALE_IN", window=600))
        until("the second message", lambda: handed_on(tmp_path) == told, BOUND)
        write_private(secrets, yaml.safe_dump({vnf: [changed["secret"]]}))
        told.append(cloud.tell("MAINTENANCE_COMPLETE", window=600))
        until("the third message", lambda: handed_on(tmp_path) == told, BOUND)
        until("their notes", lambda: cloud.subscription(made)["deliveries"]["delivered"] == len(told), BOUND)
        write_private(secrets, yaml.safe_dump({vnf: [made["secret"][:-8] + "AAAAAAA="]}))
        cloud.tell(window=600)
        [dead] = until("a dead letter", lambda: cloud.deliveries(made, "dead"), BOUND)
        assert dead["http_status"] == 401
        assert handed_on(tmp_path) == told
    finally:
        source.kill()
        source.wait()


def handed_on(folder: Path) -> list[str]:
    """The ids of the messages that a source has handed on so far."""
    lines = (folder / "events").read_text().splitlines()
    return [message["message_id"] for line in lines for message in json.loads(line)["maintenance"]["messages"]]


def play(stack: Stack, *tasks: Json) -> list[Json]:
    """Run tasks as the owner and return their results."""
    written = stack.folder / f"play-{uuid.uuid4().hex}.json"
    steps = [{"name": f"Task {number}", **one, "register": f"result{number}"} for number, one in enumerate(tasks)]
    content = "{{ [" + ", ".join(f"result{number}" for number in range(len(tasks))) + "] | to_json }}"
    save = {"name": "Save", "ansible.builtin.copy": {"dest": str(written), "content": content, "mode": "0600"}}
    body = {
        "name": "Play", "hosts": "localhost", "connection": "local", "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "module_defaults": {"group/nfv.maintenance.openstack": {"cloud": stack.vnf_cloud}}, "tasks": [*steps, save],
    }  # fmt: skip
    playbook = written.with_suffix(".yml")
    playbook.write_text(yaml.safe_dump([body]))
    done = stack.run_playbook(str(playbook))
    assert written.exists(), done.stdout + done.stderr
    return t.cast("list[Json]", json.loads(written.read_text()))
