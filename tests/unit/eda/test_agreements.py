# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written down twice about the VNF side says the same."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]


def load(path):
    return yaml.safe_load((ROOT / path).read_text())


def test_every_entry_point_of_the_role_has_its_tasks():
    for entry in load("roles/vnf_maintenance/meta/argument_specs.yml")["argument_specs"]:
        assert (ROOT / "roles" / "vnf_maintenance" / "tasks" / f"{entry}.yml").is_file()


def test_every_state_that_wants_an_action_has_its_tasks(event_filter):
    never = {"MAINTENANCE", "INSTANCE_ACTION_DONE"}
    for state in set(event_filter.STATES.values()) - never:
        assert (ROOT / "roles" / "vnf_maintenance" / "tasks" / f"{state.lower()}.yml").is_file()


@pytest.mark.parametrize(("kind", "name"), [("event_source", "aodh_alarm"), ("event_filter", "maintenance_event")])
def test_the_documentation_of_a_plugin_names_its_arguments(source, intake, event_filter, kind, name):
    plugin = {"aodh_alarm": source, "maintenance_event": event_filter}[name]
    documented = yaml.safe_load(plugin.DOCUMENTATION)["options"]
    assert yaml.safe_load(plugin.EXAMPLES)
    if kind == "event_source":
        assert set(documented) == set(intake.arguments.Arguments._fields)
        found = intake.arguments.check_arguments({"secrets": {"v": "x" * 16}})
        for option, description in documented.items():
            if "default" in description:
                assert getattr(found, option) == description["default"], option
    else:
        assert ["event", *documented] == list(inspect.signature(event_filter.main).parameters)


def test_the_rulebook_gives_the_source_only_arguments_that_it_has(intake):
    (ruleset,) = load("extensions/eda/rulebooks/vnf_maintenance.yml")
    (listed,) = ruleset["sources"]
    assert set(listed["nfv.maintenance.aodh_alarm"]) <= set(intake.arguments.Arguments._fields)
    assert ruleset["execution_strategy"] == "parallel"
    assert ruleset["hosts"] == "all", "with a limit the hosts that the playbook adds would be left out"
