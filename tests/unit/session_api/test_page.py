# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page: holds no data, loads nothing, writes text only as text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import typing as t

import pytest

Api = t.Any


@pytest.fixture
def page(api: Api) -> t.Any:
    return api.nobody("GET", "/v1/sessions/whatever/page")


def test_it_is_served_to_anybody_and_holds_no_data(api: Api, page: t.Any) -> None:
    sid = api.session(name="rack 7")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert api.nobody("GET", f"/v1/sessions/{sid}/page").data == page.data


def test_it_loads_nothing(page: t.Any) -> None:
    text = page.text
    assert not re.findall(r"""(?:src|href|action)\s*=|@import|url\(|https?://(?!www\.gnu\.org/licenses)""", text)
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "localStorage",
        "sessionStorage",
        "cookie",
        " style=",
    ):
        assert word not in text


def test_its_policy_allows_exactly_what_stands_in_it(page: t.Any) -> None:
    policy = dict(part.strip().partition(" ")[::2] for part in page.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    for directive, tag in (("script-src", "script"), ("style-src", "style")):
        (inner,) = re.findall(f"<{tag}>(.*?)</{tag}>", page.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert policy[directive] == f"'sha256-{digest}'"
    assert not re.findall(r"\son\w+\s*=", page.text)
    assert page.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_its_script_is_one(page: t.Any) -> None:
    (script,) = re.findall("<script>(.*?)</script>", page.text, re.DOTALL)
    run = subprocess.run(["node", "--check", "-"], input=script, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


STAGE = """
const vm = require("node:vm"), fs = require("node:fs");
const given = JSON.parse(fs.readFileSync(0, "utf8")), made = {};
const node = () => ({ textContent: "", rows: [], hidden: true, addEventListener() {}, append(one) { this.rows.push(one); },
  replaceChildren() { this.rows = []; }, insertRow() { const row = node(); this.rows.push(row); return row; },
  insertCell() { return this.insertRow(); }, createTHead() { return this.insertRow(); },
  createTBody() { return this.insertRow(); } });
const stage = { location: { pathname: "/v1/sessions/s1/page" }, setInterval() {}, given,
  document: { getElementById: (id) => (made[id] ??= node()), createElement: node } };
vm.runInNewContext(given.script + "\\nshow(given.session, []);", stage);
const text = (one) => [one.textContent, ...one.rows.map(text)].join("|");
process.stdout.write(JSON.stringify(Object.fromEntries(Object.entries(made).map(([id, one]) => [id, text(one)]))));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_it_says_what_the_session_says(api: Api, page: t.Any) -> None:
    sid = api.session("h1", "h2", name="rack 7")
    api.inventory(sid, i1="p1@h1", i2="p1@h2")
    api.admin.ok("PUT", f"/v1/sessions/{sid}", {"state": "MAINTENANCE", "waiting": "somebody to approve wave 2 (h2)"})
    api.admin.ok("PUT", f"/v1/sessions/{sid}/hosts/h1", {"state": "IN_MAINTENANCE"})
    api.clock.tick(90)
    api.admin.ok("PUT", f"/v1/sessions/{sid}/hosts/h1", {"state": "MAINTENANCE_COMPLETE"})
    api.admin.ok("PUT", f"/v1/sessions/{sid}/control", {"action": "skip_host", "host": "h2"})
    working = api.detail(sid)
    api.admin.ok("PUT", f"/v1/sessions/{sid}/control", {"action": "pause", "reason": "disk alarms"})
    (script,) = re.findall("<script>(.*?)</script>", page.text, re.DOTALL)
    shown = []
    for session in (working, api.detail(sid)):
        given = json.dumps({"script": script, "session": session})
        run = subprocess.run(["node", "-e", STAGE], input=given, capture_output=True, text=True, check=True)
        shown.append(json.loads(run.stdout))
    assert shown[0]["far"].rstrip("|") == "50 % done · 1 of 2 hosts · 1 of 2 servers · about 0 s left"
    assert shown[0]["wanted"].rstrip("|") == "somebody to approve wave 2 (h2)"
    assert "|skipped|" in shown[0]["hosts"]
    assert "paused" in shown[1]["status"]
    assert "left" not in shown[1]["far"]
    assert "somebody to resume it (paused by somebody" in shown[1]["wanted"]
    assert "disk alarms" in shown[1]["wanted"]
