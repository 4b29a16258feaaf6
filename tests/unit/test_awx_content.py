# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role awx_content: what it writes is taken by a controller, fits the playbooks, and holds no secret."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
from pathlib import Path

import jinja2
import pytest
import yaml
from ansible.parsing.dataloader import DataLoader

from lab.products import COLLECTIONS
from tests.unit.automation_controller import Controller, Refused

ROOT = Path(__file__).resolve().parents[2]
FILES = {str(path.relative_to(ROOT)) for folder in ("playbooks", "extensions/eda") for path in (ROOT / folder).rglob("*.yml")}
CREDENTIALS = {
    "Cloud of the administrator", "Cloud of the VNF owner", "Compute hosts", "Automation controller", "Maintenance event stream",
}  # fmt: skip
GIVEN = {
    "awx_content_execution_environment_image": "hub.example/ee-maintenance:1",
    "awx_content_decision_environment_image": "hub.example/de-maintenance:1",
    "awx_content_organization": "Cloud: North",
    "awx_content_machine_credential": "Compute hosts",
    "awx_content_maintenance": {"rolling_host_maintenance_max_failures": "1"},
}


def run(folder, playbook, **variables):
    """A playbook of the collection."""
    (folder / "variables.json").write_text(json.dumps(variables))
    env = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "HOME": str(folder), "ANSIBLE_LOCALHOST_WARNING": "false"}
    done = subprocess.run(
        ["ansible-playbook", playbook, "-e", f"@{folder}/variables.json"],
        cwd=folder, env={**os.environ, **env}, text=True, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """What the role writes into the folder where it is started, as infra.aap_configuration reads it."""
    folder = tmp_path_factory.mktemp("awx")
    run(folder, "nfv.maintenance.awx_content", **GIVEN, awx_content_file="content.yml")
    found = DataLoader().load_from_file(str(folder / "content.yml"))
    return json.loads(json.dumps(found, default=str))


def controller(content):
    """One that has taken it."""
    made = Controller(FILES, CREDENTIALS, {"Cloud: North"})
    made.take(content)
    return made


def test_a_controller_takes_all_of_it(content):
    made = controller(content)
    assert {kind: len(records) for kind, records in made.made.items()} == {
        "controller_credential_types": 2, "controller_execution_environments": 1, "controller_projects": 1,
        "controller_inventories": 1, "controller_inventory_sources": 1, "controller_templates": 9, "controller_workflows": 1,
        "controller_schedules": 1, "eda_projects": 1, "eda_decision_environments": 1, "eda_event_streams": 1,
        "eda_rulebook_activations": 1,
    }  # fmt: skip


@pytest.mark.parametrize("break_it", [
    lambda content: content["controller_templates"][0].update(playbook="playbooks/gone.yml"),
    lambda content: content["controller_templates"][0].update(survey=1),
    lambda content: content["controller_workflows"][0]["simplified_workflow_nodes"][0].update(success_nodes=["gone"]),
    lambda content: content["controller_templates"][0]["survey_spec"]["spec"][2].update(default="fastest"),
    lambda content: content["controller_credential_types"][0]["injectors"]["env"].update(X="{{ gone }}"),
], ids=["playbook", "unknown-field", "node", "choice", "input"])  # fmt: skip
def test_the_stand_in_refuses_what_does_not_fit(content, break_it):
    broken = copy.deepcopy(content)
    break_it(broken)
    with pytest.raises(Refused):
        controller(broken)


def specs(role):
    """What a role says about its variables."""
    return yaml.safe_load((ROOT / "roles" / role / "meta/argument_specs.yml").read_text())["argument_specs"]


def questions(template):
    """What its survey asks."""
    return template.get("survey_spec", {}).get("spec", [])


def known_variables(playbook):
    """The variables that a playbook takes: of the roles it uses, and its own, which begin with its name."""
    text = (ROOT / playbook).read_text()
    for part in re.findall(r"import_playbook: (\S+)", text):
        text += (ROOT / "playbooks" / part).read_text()
    roles = {path.name for path in (ROOT / "roles").iterdir() if path.name in text}
    described = {name for role in roles for entry in specs(role).values() for name in entry["options"]}
    return described | set(re.findall(r"\b(?:control|abort|plan)_maintenance_\w+", text))


def test_every_variable_is_one_that_its_playbook_takes(content):
    for template in content["controller_templates"]:
        asked = {question["variable"] for question in questions(template)}
        used = set(re.findall(r"\bmaintenance_(?:hosts|wave|reason)", str(template["extra_vars"])))
        wrong = (asked - used | set(template["extra_vars"])) - known_variables(template["playbook"])
        assert not wrong, f"{template['name']}: {wrong}"


def test_choices_of_surveys_are_those_of_the_roles(content):
    options = specs("rolling_host_maintenance")["begin"]["options"]
    compared = 0
    for question in (question for template in content["controller_templates"] for question in questions(template)):
        if question["type"] == "multiplechoice" and "choices" in options.get(question["variable"], {}):
            assert set(question["choices"].split("\n")) <= set(options[question["variable"]]["choices"]), question["variable"]
            compared += 1
    assert compared >= 3


def test_nothing_runs_before_somebody_has_approved_the_plan(content):
    (workflow,) = content["controller_workflows"]
    nodes = {node["identifier"]: node for node in workflow["simplified_workflow_nodes"]}
    ways = [(name, way) for name, node in nodes.items() for way in node if way.endswith("_nodes")]
    leads = {following: (name, way) for name, way in ways for following in nodes[name][way]}
    assert leads == {"approve": ("plan", "success_nodes"), "run": ("approve", "success_nodes"), "look": ("run", "always_nodes")}
    assert nodes["approve"]["approval_node"]["timeout"] == 86400
    assert content["controller_schedules"][0]["enabled"] is False
    assert content["eda_rulebook_activations"][0]["state"] == "disabled"


def test_the_activation_fits_its_rulebook(content):
    (activation,) = content["eda_rulebook_activations"]
    text = (ROOT / "extensions/eda/rulebooks" / activation["rulebook"]).read_text()
    sources = {source["name"] for ruleset in yaml.safe_load(text) for source in ruleset["sources"]}
    assert {stream["source_name"] for stream in activation["event_streams"]} <= sources
    assert all(name in text for name in activation["extra_vars"])
    templates = {template["name"]: template for template in content["controller_templates"]}
    started = templates[activation["extra_vars"]["vnf_maintenance_job_template"]]
    assert started["ask_variables_on_launch"] and started["allow_simultaneous"]


def test_injectors_give_what_openstacksdk_reads(content):
    clouds = {one["name"]: one for one in content["controller_credential_types"]}["OpenStack clouds.yaml"]
    given = {"clouds": "clouds: {north: {}}", "cloud": "north", "tower": {"filename": {"clouds": "/runner/env/tmp1"}}}
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)  # noqa: S701  # files and variables, no page
    injected = {
        kind: {name: environment.from_string(text).render(given) for name, text in texts.items()}
        for kind, texts in clouds["injectors"].items()
    }
    assert injected["file"] == {"template.clouds": given["clouds"]}
    assert injected["env"] == {"OS_CLIENT_CONFIG_FILE": "/runner/env/tmp1", "OS_CLOUD": "north"}
    secret = {field["id"] for field in clouds["inputs"]["fields"] if field.get("secret")}
    assert secret == {"clouds"}


@pytest.mark.parametrize(("answers", "expected"), [
    ({"maintenance_hosts": "", "maintenance_wave": "", "maintenance_reason": ""}, {}),
    ({"maintenance_hosts": "a\nb", "maintenance_wave": 2, "maintenance_reason": "why"},
     {"hosts": ["a", "b"], "wave": 2, "reason": "why"}),
], ids=["nothing-said", "all-said"])  # fmt: skip
def test_what_a_survey_leaves_empty_is_not_passed_on(content, tmp_path, answers, expected):
    template = next(one for one in content["controller_templates"] if one["name"] == "Maintenance: control")
    arguments = {name: f"{{{{ control_maintenance_{name} | default(omit) }}}}" for name in ("hosts", "wave", "reason")}
    task = {"name": "Look", "hosts": "localhost", "gather_facts": False, "tasks": [
        {"ansible.builtin.set_fact": {"seen": arguments}},
        {"ansible.builtin.copy": {"content": "{{ seen | to_json }}", "dest": "seen.json"}},
    ]}  # fmt: skip
    (tmp_path / "look.yml").write_text(yaml.safe_dump([task]))
    run(tmp_path, "look.yml", **template["extra_vars"], **answers)
    assert json.loads((tmp_path / "seen.json").read_text()) == expected
