# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page: holds no data, loads nothing, writes text only as text. What it shows is in tests/browser."""

from __future__ import annotations

import base64
import hashlib
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
