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
import typing as t
from pathlib import Path

import pytest
import requests
import yaml

# All runs of the playbook belong to the first test.
pytestmark = pytest.mark.timeout(900)
OTHER = {"another-vnf": ["a secret of another vnf"]}


class Step(t.NamedTuple):
    """What a run of the playbook has left."""

    changed: int
    output: str
    secrets: dict[str, list[str]] | None
    alarms: dict[str, dict[str, t.Any]]


@pytest.fixture(scope="module")
def secrets_file(tmp_path_factory):
    return tmp_path_factory.mktemp("subscription") / "new folder" / "secrets.yml"


@pytest.fixture(scope="module")
def steps(stack, secrets_file):
    """One subscription from its check to its end. No secret may be in any output, however verbose it is."""

    def run(*arguments, **variables):
        extra = {**stack.subscription_variables, "maintenance_subscription_secrets_file": str(secrets_file), **variables}
        before = secrets_file.read_text() if secrets_file.exists() else ""
        done = stack.run_playbook("nfv.maintenance.subscribe", "-e", json.dumps(extra), "-vvv", "--diff", *arguments)
        output = done.stdout + done.stderr
        assert done.returncode == 0, output
        after = secrets_file.read_text() if secrets_file.exists() else ""
        shown = [secret for secret in re.findall(r"[A-Za-z0-9]{44}", before + after) if secret in output]
        assert shown == [], "a secret was shown"
        changed = int(re.search(r"changed=(\d+)", output).group(1))
        return Step(changed, output, yaml.safe_load(after) if after else None, alarms(stack))

    found = {"checked": run("--check")}
    assert not secrets_file.parent.exists(), "a check makes nothing"
    found["subscribed"] = run()
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (secrets_file, secrets_file.parent)]
    assert modes == [0o600, 0o700]
    found["accepted"] = accepts(stack.vnf["id"], secrets_file)
    found["again"] = run()
    with secrets_file.open("a") as file:
        file.write(yaml.safe_dump(OTHER))
    found["rotated"] = run(maintenance_subscription_rotate=True)
    found["after the rotation"] = run()
    found["unsubscribed"] = run(maintenance_subscription_state="absent")
    found["unsubscribed again"] = run(maintenance_subscription_state="absent")
    return found


def alarms(stack):
    """The alarms with the whole address, as only Aodh knows it."""
    url = f"{stack.lab_url}/alarming/v2/alarms"
    found = requests.get(url, headers={"X-Auth-Token": stack.token("lab-vnf")}, timeout=10).json()
    return {one["event_rule"]["event_type"]: one for one in found}


def accepts(vnf, secrets_file):
    """Whether the event source takes the file as the role writes it."""
    plugin = Path(__file__).parents[3] / "extensions" / "eda" / "plugins" / "event_source" / "aodh_alarm.py"
    runpy.run_path(str(plugin))
    secrets = importlib.import_module("nfv_maintenance_intake.credentials").Secrets({}, secrets_file)
    (secret,) = yaml.safe_load(secrets_file.read_text())[vnf]
    return secrets.accept(vnf, "Basic " + base64.b64encode(f"aodh:{secret}".encode()).decode())


def test_check_mode_makes_nothing(steps):
    assert steps["checked"].changed > 0
    assert steps["checked"].secrets is None
    assert steps["checked"].alarms == {}


def test_a_subscription_makes_one_secret_and_an_alarm_for_each_type(stack, steps):
    done = steps["subscribed"]
    assert done.changed == 3, "the folder, the file and the alarms"
    assert "60 seconds" in done.output
    vnf, project = stack.vnf["id"], stack.vnf["project_id"]
    (secret,) = done.secrets[vnf]
    assert re.fullmatch(r"[A-Za-z0-9]{44}", secret)
    assert set(done.alarms) == {"maintenance.scheduled", "maintenance.planned"}
    listener = stack.subscription_variables["maintenance_subscription_listener"]
    for alarm in done.alarms.values():
        assert alarm["alarm_actions"] == [f"http://aodh:{secret}@{listener}/v1.0/vnfs/{vnf}/maintenance/{project}"]
        assert alarm["repeat_actions"] is True
        assert alarm["project_id"] == project
    again = steps["again"]
    assert again.changed == 0
    assert "60 seconds" not in again.output
    assert again.secrets == done.secrets


def test_a_rotation_keeps_the_old_secret_until_the_next_run(stack, steps):
    vnf, rotated = stack.vnf["id"], steps["rotated"]
    (old,) = steps["subscribed"].secrets[vnf]
    assert "or hear them with the old secret" in rotated.output
    new, kept = rotated.secrets[vnf]
    assert kept == old
    assert new != old
    assert all(new in alarm["alarm_actions"][0] for alarm in rotated.alarms.values())
    assert steps["after the rotation"].secrets[vnf] == [new]


def test_unsubscribing_takes_everything_of_this_vnf_away_and_nothing_else(stack, steps):
    assert set(steps["after the rotation"].secrets) == {"another-vnf", stack.vnf["id"]}
    assert steps["unsubscribed"].secrets == OTHER
    assert steps["unsubscribed"].alarms == {}
    assert steps["unsubscribed again"].changed == 0


def test_the_event_source_takes_the_file_as_the_role_writes_it(steps):
    assert steps["accepted"]
