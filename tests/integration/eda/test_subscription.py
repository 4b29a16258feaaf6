# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The subscription against the lab: the secrets file, the alarms, and what must never be shown."""

from __future__ import annotations

import base64
import importlib
import json
import re
import runpy
import stat
from pathlib import Path

import pytest
import requests
import yaml

OTHER = {"another-vnf": ["a secret of another vnf"]}


@pytest.fixture
def secrets_file(tmp_path):
    return tmp_path / "new folder" / "secrets.yml"


@pytest.fixture
def subscribe(stack, secrets_file):
    """Runs the playbook; returns its recap. No secret may be in its output, however verbose it is."""

    def run(*arguments, **variables):
        extra = {**stack.subscription_variables, "maintenance_subscription_secrets_file": str(secrets_file), **variables}
        before = secrets_file.read_text() if secrets_file.exists() else ""
        done = stack.run_playbook("nfv.maintenance.subscribe", "-e", json.dumps(extra), "-vvv", "--diff", *arguments)
        output = done.stdout + done.stderr
        assert done.returncode == 0, output
        after = secrets_file.read_text() if secrets_file.exists() else ""
        shown = [secret for secret in re.findall(r"[A-Za-z0-9]{44}", before + after) if secret in output]
        assert shown == [], "a secret was shown"
        return int(re.search(r"changed=(\d+)", output).group(1)), output

    yield run
    run(maintenance_subscription_state="absent")


def alarms(stack):
    """The alarms with the whole address, as only Aodh knows it."""
    url = f"{stack.lab_url}/alarming/v2/alarms"
    found = requests.get(url, headers={"X-Auth-Token": stack.token("lab-vnf")}, timeout=10).json()
    return {one["event_rule"]["event_type"]: one for one in found}


def test_a_subscription_makes_one_secret_and_an_alarm_for_each_type(stack, subscribe, secrets_file):
    changed, output = subscribe()
    assert changed == 3, "the folder, the file and the alarms"
    assert "60 seconds" in output
    vnf, project = stack.vnf["id"], stack.vnf["project_id"]
    content = yaml.safe_load(secrets_file.read_text())
    (secret,) = content[vnf]
    assert re.fullmatch(r"[A-Za-z0-9]{44}", secret)
    assert stat.S_IMODE(secrets_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(secrets_file.parent.stat().st_mode) == 0o700
    found = alarms(stack)
    assert set(found) == {"maintenance.scheduled", "maintenance.planned"}
    listener = stack.subscription_variables["maintenance_subscription_listener"]
    for alarm in found.values():
        assert alarm["alarm_actions"] == [f"http://aodh:{secret}@{listener}/v1.0/vnfs/{vnf}/maintenance/{project}"]
        assert alarm["repeat_actions"] is True
        assert alarm["project_id"] == project
    changed, output = subscribe()
    assert changed == 0
    assert "60 seconds" not in output
    assert yaml.safe_load(secrets_file.read_text()) == content


def test_a_rotation_keeps_the_old_secret_until_the_next_run(stack, subscribe, secrets_file):
    vnf = stack.vnf["id"]
    subscribe()
    (old,) = yaml.safe_load(secrets_file.read_text())[vnf]
    _changed, output = subscribe(maintenance_subscription_rotate=True)
    assert "or hear them with the old secret" in output
    new, kept = yaml.safe_load(secrets_file.read_text())[vnf]
    assert kept == old
    assert new != old
    assert all(new in alarm["alarm_actions"][0] for alarm in alarms(stack).values())
    subscribe()
    assert yaml.safe_load(secrets_file.read_text())[vnf] == [new]


def test_unsubscribing_takes_everything_of_this_vnf_away_and_nothing_else(stack, subscribe, secrets_file):
    secrets_file.parent.mkdir()
    secrets_file.write_text(yaml.safe_dump(OTHER))
    secrets_file.chmod(0o600)
    subscribe()
    assert set(yaml.safe_load(secrets_file.read_text())) == {"another-vnf", stack.vnf["id"]}
    subscribe(maintenance_subscription_state="absent")
    assert yaml.safe_load(secrets_file.read_text()) == OTHER
    assert alarms(stack) == {}
    assert subscribe(maintenance_subscription_state="absent")[0] == 0


def test_check_mode_makes_nothing(stack, subscribe, secrets_file):
    changed, _output = subscribe("--check")
    assert changed > 0
    assert not secrets_file.parent.exists()
    assert alarms(stack) == {}


def test_the_event_source_takes_the_file_as_the_role_writes_it(stack, subscribe, secrets_file):
    subscribe()
    plugin = Path(__file__).parents[3] / "extensions" / "eda" / "plugins" / "event_source" / "aodh_alarm.py"
    runpy.run_path(str(plugin))
    secrets = importlib.import_module("nfv_maintenance_intake.credentials").Secrets({}, secrets_file)
    (secret,) = yaml.safe_load(secrets_file.read_text())[stack.vnf["id"]]
    header = "Basic " + base64.b64encode(f"aodh:{secret}".encode()).decode()
    assert secrets.accept(stack.vnf["id"], header)
