# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Examples of the reference are tasks that the modules accept."""

from __future__ import annotations

import importlib
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "nfv.maintenance."
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py") if path.stem != "__init__")
# A value of the right type for an option that an example takes from a variable.
STAND_INS = {"str": "x", "path": "x", "int": 1, "float": 1.0, "bool": True, "dict": {}, "list": [], "raw": "x"}


def _module(name: str) -> t.Any:
    return importlib.import_module(f"ansible_collections.nfv.maintenance.plugins.modules.{name}")


def _spec(name: str) -> dict[str, t.Any]:
    arguments = importlib.import_module("ansible_collections.nfv.maintenance.plugins.module_utils._arguments")
    return {**arguments.AUTH_SPEC, **_module(name).SPEC}


def _tasks(name: str) -> list[tuple[str, dict[str, t.Any]]]:
    tasks = yaml.safe_load(_module(name).EXAMPLES)
    return [(task["name"], task[key]) for task in tasks for key in task if key == PREFIX + name]


def _filled(value: t.Any, option: dict[str, t.Any]) -> t.Any:
    return STAND_INS[option.get("type", "str")] if isinstance(value, str) and "{{" in value else value


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_accepted(name: str):
    spec = _spec(name)
    by_name = {alias: option for key, option in spec.items() for alias in (key, *option.get("aliases", []))}
    found = _tasks(name)
    assert found, f"{name} has no example of itself"
    for title, arguments in found:
        unknown = set(arguments) - set(by_name)
        assert not unknown, f"{name}: {title}: {unknown}"
        result = ArgumentSpecValidator(spec).validate({key: _filled(value, by_name[key]) for key, value in arguments.items()})
        assert not result.error_messages, f"{name}: {title}: {result.error_messages}"


@pytest.mark.parametrize("name", MODULES)
def test_example_playbooks_use_full_names(name: str):
    for task in yaml.safe_load(_module(name).EXAMPLES):
        keys = [key for key in task if "." in key]
        assert len(keys) == 1, f"{name}: {task.get('name')}: {list(task)}"
