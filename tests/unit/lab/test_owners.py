# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who speaks for a project in a rehearsal, whatever the entries of clouds.yaml are called."""

from __future__ import annotations

import types

import pytest
import yaml

from lab.owners import Owners
from lab.processes import ProcessFailed


@pytest.fixture
def stack(tmp_path):
    """As much of one as owners read before anything is asked; tokens are named after the entry of clouds.yaml."""
    clouds = {"lab-admin": "admin", "lab-vnf": "red", "lab-second": "red"}
    file = tmp_path / "clouds.yaml"
    entries = {name: {"auth": {"project_name": project}} for name, project in clouds.items()}
    file.write_text(yaml.safe_dump({"clouds": entries}, sort_keys=False))
    return types.SimpleNamespace(
        lab={"projects": {"admin": "1", "red": "2", "blue": "3"}, "constraints": []},
        clouds_file=file,
        control=lambda *_call: {"servers": [{"project_id": "2"}]},
        token=lambda cloud: f"token of {cloud}",
        session_api_port=1,
    )


def test_the_first_entry_of_a_project_speaks_for_it(stack, requests_mock):
    requests_mock.get("http://127.0.0.1:1/v1/x", request_headers={"X-Auth-Token": "token of lab-vnf"}, json={})
    assert Owners(stack)._call("GET", "http://127.0.0.1:1/v1/x", "2") == {}


def test_an_owner_for_whom_nobody_can_speak_is_named_before_anything_begins(stack):
    stack.control = lambda *_call: {"servers": [{"project_id": "2"}, {"project_id": "3"}]}
    with pytest.raises(ProcessFailed, match=r"nobody can answer for blue: .* roles: \{blue: \[member\]\}"):
        Owners(stack)


def test_a_silent_project_that_is_not_there_is_named(stack):
    with pytest.raises(ProcessFailed, match="no project of the topology is called green; there are admin, red, blue"):
        Owners(stack, ["green"])
