# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An automation controller and its Event-Driven Ansible as far as configuration goes.

They take what their APIs document, and only what refers to something that is there.
"""

from __future__ import annotations

import re

import jsonschema

TEXT = {"type": "string"}
NAME = {"type": "string", "minLength": 1, "maxLength": 512}
BOOL = {"type": "boolean"}
TEXTS = {"type": "object", "additionalProperties": TEXT}
NAMES = {"type": "array", "items": NAME}
QUESTION = {
    "type": "object", "additionalProperties": False, "required": ["question_name", "required", "type", "variable"],
    "properties": {
        "question_name": NAME, "question_description": TEXT, "required": BOOL, "choices": {"type": ["string", "array"]},
        "type": {"enum": ["text", "textarea", "password", "multiplechoice", "multiselect", "integer", "float"]},
        "variable": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}, "default": {}, "min": {"type": "integer"},
        "max": {"type": "integer"},
    },
}  # fmt: skip
SURVEY = {
    "type": "object", "additionalProperties": False, "required": ["name", "description", "spec"],
    "properties": {"name": TEXT, "description": TEXT, "spec": {"type": "array", "minItems": 1, "items": QUESTION}},
}  # fmt: skip
PROMPTS = {"ask_variables_on_launch": BOOL, "ask_credential_on_launch": BOOL, "allow_simultaneous": BOOL}
SURVEYED = {"survey_enabled": BOOL, "survey_spec": SURVEY}
FIELD = {
    "type": "object", "additionalProperties": False, "required": ["id", "label", "type"],
    "properties": {"id": NAME, "label": NAME, "type": {"enum": ["string", "boolean"]}, "secret": BOOL, "multiline": BOOL},
}  # fmt: skip
NODE = {
    "identifier": NAME, "unified_job_template": NAME, "lookup_organization": NAME, "success_nodes": NAMES, "failure_nodes": NAMES,
    "always_nodes": NAMES, "all_parents_must_converge": BOOL,
    "approval_node": {
        "type": "object", "additionalProperties": False, "required": ["name"],
        "properties": {"name": NAME, "description": TEXT, "timeout": {"type": "integer", "minimum": 0}},
    },
}  # fmt: skip

# Kind: what it must have, and what it may have besides a description and an organization.
KINDS = {
    "controller_credential_types": (["name", "kind", "inputs", "injectors"], {
        "kind": {"enum": ["cloud", "net"]},
        "inputs": {"type": "object", "additionalProperties": False, "required": ["fields"],
                   "properties": {"fields": {"type": "array", "items": FIELD}, "required": NAMES}},
        "injectors": {"type": "object", "additionalProperties": False,
                      "properties": {"file": TEXTS, "env": TEXTS, "extra_vars": TEXTS}},
    }),
    "controller_execution_environments": (["name", "image"], {"image": NAME}),
    "controller_projects": (["name", "organization", "scm_type"], {
        "scm_type": {"enum": ["git", "svn", "insights", "archive"]}, "scm_url": TEXT, "scm_branch": TEXT,
        "scm_update_on_launch": BOOL,
    }),
    "controller_inventories": (["name", "organization"], {}),
    "controller_inventory_sources": (["name", "inventory", "source"], {
        "inventory": NAME, "source": {"enum": ["scm", "openstack", "constructed"]}, "source_project": NAME, "source_path": NAME,
        "credential": NAME, "execution_environment": NAME, "overwrite": BOOL, "overwrite_vars": BOOL, "update_on_launch": BOOL,
    }),
    "controller_templates": (["name", "project", "playbook", "inventory"], {
        "job_type": {"enum": ["run", "check"]}, "project": NAME, "playbook": NAME, "inventory": NAME,
        "execution_environment": NAME, "credentials": NAMES, "extra_vars": {"type": "object"}, **PROMPTS, **SURVEYED,
    }),
    "controller_workflows": (["name", "organization", "simplified_workflow_nodes"], {
        "allow_simultaneous": BOOL, **SURVEYED,
        "simplified_workflow_nodes": {"type": "array", "minItems": 1, "items": {
            "type": "object", "additionalProperties": False, "required": ["identifier"], "properties": NODE,
            "oneOf": [{"required": ["unified_job_template"]}, {"required": ["approval_node"]}]}},
    }),
    "controller_schedules": (["name", "unified_job_template", "rrule"], {
        "unified_job_template": NAME, "enabled": BOOL,
        "rrule": {"type": "string", "pattern": r"^DTSTART:\d{8}T\d{6}Z RRULE:FREQ=[A-Z]+;INTERVAL=\d+"},
    }),
    "eda_projects": (["name", "url"], {"url": NAME}),
    "eda_decision_environments": (["name", "image_url"], {"image_url": NAME}),
    "eda_event_streams": (["name", "credential_name"], {"credential_name": NAME, "forward_events": BOOL}),
    "eda_rulebook_activations": (["name", "project", "rulebook", "decision_environment", "organization"], {
        "project": NAME, "rulebook": NAME, "decision_environment": NAME, "eda_credentials": NAMES,
        "extra_vars": {"type": "object"},
        "restart_policy": {"enum": ["always", "never", "on-failure"]},
        "state": {"enum": ["present", "enabled", "disabled", "absent"]},
        "name": {"type": "string", "pattern": "^[a-z0-9_]+$"},
        "event_streams": {"type": "array", "items": {
            "type": "object", "additionalProperties": False, "required": ["event_stream", "source_name"],
            "properties": {"event_stream": NAME, "source_name": NAME}}},
    }),
}  # fmt: skip


class Refused(Exception):
    """What the API answers with 400."""


class Controller:
    """It is configured in the order of the kinds, as infra.aap_configuration does.

    :param files: what is in the repository of the projects.
    :param credentials: names of credentials that exist.
    """

    def __init__(self, files: set[str], credentials: set[str], organizations: set[str]) -> None:
        self.files, self.credentials, self.organizations = files, credentials, organizations
        self.made: dict[str, dict[str, dict]] = {kind: {} for kind in KINDS}

    def take(self, content: dict) -> None:
        unknown = set(content) - set(KINDS)
        if unknown:
            raise Refused(f"unknown: {unknown}")
        for kind in KINDS:
            for record in content.get(kind, []):
                self._take(kind, record)

    def _take(self, kind: str, record: dict) -> None:
        required, properties = KINDS[kind]
        common = {"name": NAME, "description": TEXT, "organization": {"enum": sorted(self.organizations)}}
        schema = {"type": "object", "additionalProperties": False, "required": required, "properties": {**common, **properties}}
        try:
            jsonschema.validate(record, schema)
        except jsonschema.ValidationError as exc:
            raise Refused(f"{kind} {record.get('name')}: {exc.message}") from exc
        if record["name"] in self.made[kind]:
            raise Refused(f"{kind} {record['name']} is there already")
        getattr(self, f"_check_{kind}", lambda _record: None)(record)
        if record.get("survey_enabled"):
            self._check_survey(record["survey_spec"])
        self.made[kind][record["name"]] = record

    def _known(self, kind: str, name: str | None) -> dict:
        if name not in self.made[kind]:
            raise Refused(f"there is no {name} among {kind}")
        return self.made[kind][name]

    def _check_controller_credential_types(self, record: dict) -> None:
        ids = {field["id"] for field in record["inputs"]["fields"]}
        used = {one for kind in record["injectors"].values() for text in kind.values() for one in re.findall(r"{{ (\w+)", text)}
        if used - ids - {"tower"} or set(record["inputs"].get("required", [])) - ids:
            raise Refused(f"{record['name']} uses what is no input: {used - ids}")

    def _check_controller_inventory_sources(self, record: dict) -> None:
        self._known("controller_inventories", record["inventory"])
        self._known("controller_projects", record["source_project"])
        self._known("controller_execution_environments", record["execution_environment"])
        self._check_file(record["source_path"])
        self._check_credentials([record["credential"]])

    def _check_controller_templates(self, record: dict) -> None:
        self._known("controller_projects", record["project"])
        self._known("controller_inventories", record["inventory"])
        self._known("controller_execution_environments", record["execution_environment"])
        self._check_file(record["playbook"])
        self._check_credentials(record["credentials"])

    def _check_controller_workflows(self, record: dict) -> None:
        nodes = {node["identifier"]: node for node in record["simplified_workflow_nodes"]}
        for node in nodes.values():
            if "unified_job_template" in node:
                self._known("controller_templates", node["unified_job_template"])
            for following in self.following(node):
                if following not in nodes:
                    raise Refused(f"no node {following}")

    @staticmethod
    def following(node: dict) -> list[str]:
        return [one for way in ("success_nodes", "failure_nodes", "always_nodes") for one in node.get(way, [])]

    def _check_controller_schedules(self, record: dict) -> None:
        self._known("controller_templates", record["unified_job_template"])

    def _check_eda_event_streams(self, record: dict) -> None:
        self._check_credentials([record["credential_name"]])

    def _check_eda_rulebook_activations(self, record: dict) -> None:
        self._known("eda_projects", record["project"])
        self._known("eda_decision_environments", record["decision_environment"])
        self._check_file(f"extensions/eda/rulebooks/{record['rulebook']}")
        self._check_credentials(record["eda_credentials"])
        for stream in record["event_streams"]:
            self._known("eda_event_streams", stream["event_stream"])

    def _check_file(self, path: str) -> None:
        if path not in self.files:
            raise Refused(f"the project has no {path}")

    def _check_credentials(self, names: list[str]) -> None:
        if set(names) - self.credentials:
            raise Refused(f"no credential {set(names) - self.credentials}")

    @staticmethod
    def _check_survey(survey: dict) -> None:
        variables = [question["variable"] for question in survey["spec"]]
        if len(variables) != len(set(variables)):
            raise Refused("a variable is asked for twice")
        for question in survey["spec"]:
            kind, default = question["type"], question.get("default", "")
            chosen = question.get("choices") or ""
            choices = chosen.split("\n") if isinstance(chosen, str) else chosen
            if kind in ("multiplechoice", "multiselect") and default not in (*choices, ""):
                raise Refused(f"{question['variable']}: {default} is no choice")
            if default in ("", None):
                continue
            if kind == "integer" and not (isinstance(default, int) and question["min"] <= default <= question["max"]):
                raise Refused(f"{question['variable']}: {default} is no integer between the bounds")
            if kind in ("text", "textarea") and not question["min"] <= len(default) <= question["max"]:
                raise Refused(f"{question['variable']}: the default is too long or too short")
