# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pages have people type and set, is there: playbooks, rulebooks, targets of make, modules, options, variables."""

from __future__ import annotations

import importlib
import itertools
import re
import shlex
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from tests.docs_pages import DOCS, PAGES, ROOT, blocks, name_of

OURS = "nfv.maintenance."
PROGRAMS = ("ansible", "ansible-doc", "ansible-playbook", "ansible-rulebook", "make")
ROOMS = {"ansible-playbook": "playbooks", "ansible-rulebook": "extensions/eda/rulebooks", "ansible": "plugins/modules"}
# A file of code below these names what stands behind "nfv.maintenance.".
NAMED = (
    "plugins/modules", "plugins/filter", "plugins/inventory", "plugins/callback", "playbooks", "roles",
    "extensions/eda/rulebooks", "extensions/eda/plugins/event_source", "extensions/eda/plugins/event_filter",
)  # fmt: skip
# The group of actions.
NO_NAMES = {"openstack"}
STAND_INS = {"str": "x", "path": "x", "int": 1, "float": 1.0, "bool": True, "dict": {}, "list": [], "raw": "x"}


def _names() -> set[str]:
    return {path.stem for room in NAMED for path in (ROOT / room).iterdir()}


def _variables() -> set[str]:
    """All that may be set: options of roles, what playbooks and rulebooks take, what roles hand to tasks of the user."""
    found: set[str] = set()
    for path in ROOT.glob("roles/*/meta/argument_specs.yml"):
        for entry in yaml.safe_load(path.read_text())["argument_specs"].values():
            found |= set(entry.get("options", {}))
    wiring = ("playbooks/*.yml", "lab/*.yml", "extensions/eda/rulebooks/*.yml")
    for pattern in ("roles/*/defaults/main.yml", "roles/*/tasks/*.yml", *wiring):
        for path in ROOT.glob(pattern):
            found |= set(re.findall(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b", path.read_text()))
    return found


def _commands(page: Path) -> list[list[str]]:
    """What people are to type: in consoles, and in the indented lines of a README."""
    lines: list[str] = []
    for text in blocks(page, "console"):
        lines += [line.removeprefix("$ ") for line in text.replace("\\\n", " ").splitlines() if line.startswith("$ ")]
    indented = re.findall(r"(?m)^ {4,}(\S.*)$", page.read_text().replace("\\\n", " "))
    lines += [line for line in indented if line.split()[0] in PROGRAMS]
    return [words for line in lines if (words := shlex.split(line, comments=True)) and words[0] in PROGRAMS]


def _ids(page: Path) -> t.Iterator[t.Any]:
    return (pytest.param(words, id=f"{name_of(page)}-{shlex.join(words)}") for words in _commands(page))


@pytest.mark.parametrize("words", [one for page in PAGES for one in _ids(page)])
def test_a_command_names_what_there_is(words: list[str]):
    program, *rest = words
    if program == "make":
        makefile = (ROOT / "Makefile").read_text()
        for word in rest:
            name = word.partition("=")[0]
            assert re.search(rf"(?m)^{re.escape(name)}:|\$\({re.escape(name)}\)", makefile), f"make knows no {name}"
        return
    room = ROOMS.get(program)
    for word in rest:
        if room and word.startswith(OURS) and "<" not in word:
            suffix = "py" if program == "ansible" else "yml"
            assert (ROOT / room / f"{word.removeprefix(OURS)}.{suffix}").is_file(), f"there is no {word} in {room}"
    known = _variables()
    for option, value in itertools.pairwise(rest):
        if option in ("-e", "--extra-vars") and "=" in value:
            assert {pair.partition("=")[0] for pair in shlex.split(value)} <= known, value
        if option == "-a" and program == "ansible":
            _accepted(next(word for word in rest if "." in word), dict(pair.split("=", 1) for pair in shlex.split(value)))


def _accepted(module: str, arguments: dict[str, t.Any]) -> None:
    """Have the module's own specification take the arguments of a task."""
    if not module.startswith(OURS):
        return
    code = importlib.import_module(f"ansible_collections.nfv.maintenance.plugins.modules.{module.removeprefix(OURS)}")
    shared = importlib.import_module("ansible_collections.nfv.maintenance.plugins.module_utils._arguments")
    spec = {**shared.AUTH_SPEC, **code.SPEC}
    by_name = {alias: option for key, option in spec.items() for alias in (key, *option.get("aliases", []))}
    assert set(arguments) <= set(by_name), f"{module}: {set(arguments) - set(by_name)}"
    filled = {
        key: STAND_INS[by_name[key].get("type", "str")] if isinstance(value, str) and "{{" in value else value
        for key, value in arguments.items()
    }
    result = ArgumentSpecValidator(spec).validate(filled)
    assert not result.error_messages, f"{module}: {result.error_messages}"


def _tasks(found: t.Any) -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    if isinstance(found, list):
        for one in found:
            yield from _tasks(one)
    elif isinstance(found, dict):
        for key, value in found.items():
            if key.startswith(OURS) and isinstance(value, dict):
                yield key, value
            else:
                yield from _tasks(value)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_tasks_are_accepted(page: Path):
    modules = {path.stem for path in (ROOT / "plugins/modules").glob("*.py")}
    for text in blocks(page, "yaml"):
        for name, arguments in _tasks(yaml.safe_load(text)):
            if name.removeprefix(OURS) in modules:
                _accepted(name, arguments)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_variables_are_there(page: Path):
    known = _variables()
    beginnings = "|".join(path.parent.parent.name for path in ROOT.glob("roles/*/meta/argument_specs.yml"))
    said = set(re.findall(rf"\b(?:{beginnings})_[a-z0-9_]*[a-z0-9]\b", page.read_text()))
    assert said - known - _names() == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_names_are_there(page: Path):
    said = set(re.findall(r"(?<![\w/.-])nfv\.maintenance\.([a-z][a-z0-9_]+)\b", page.read_text()))
    assert said - _names() - NO_NAMES == set()


def test_every_module_stands_where_its_credentials_are_named():
    """The table of the guide for the platform team, which says ``…_info`` of the VNF modules in one word."""
    table = (DOCS / "platform.md").read_text().partition("## Who needs which credentials")[2].partition("\n## ")[0]
    said = set(re.findall(r"`([a-z_]+)`", table))
    modules = {path.stem for path in (ROOT / "plugins/modules").glob("*.py")} - {"__init__"}
    assert {name for name in modules if name not in said and name.removesuffix("_info") not in said} == set()
