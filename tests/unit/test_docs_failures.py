# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The messages of the failure catalogue are messages of the code."""

from __future__ import annotations

import ast
import functools
import re
import typing as t

import pytest
import yaml

from tests.docs_pages import DOCS, ROOT

MESSAGES = re.findall(r"^\| `([^`]+)`", (DOCS / "failures.md").read_text(), re.MULTILINE)
ANYTHING = "\x00"
LEAST = 3


class _Loader(yaml.SafeLoader):
    """Reads tags of Ansible as nothing."""


_Loader.add_multi_constructor("!", lambda _loader, _tag, _node: None)


def _text(node: ast.AST) -> str | None:
    """A text of the source with a mark for each value in it; None for what is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"%[sdrg]|\{\w+\}", ANYTHING, node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else ANYTHING for part in node.values)
    return None


def _scalars(found: t.Any) -> t.Iterator[str]:
    if isinstance(found, str):
        yield re.sub(r"\{\{.*?\}\}|\{%.*?%\}", ANYTHING, re.sub(r"\s+", " ", found))
    elif isinstance(found, dict):
        for value in found.values():
            yield from _scalars(value)
    elif isinstance(found, list):
        for value in found:
            yield from _scalars(value)


@functools.cache
def _said() -> tuple[str, ...]:
    """Every text of the plug-ins and the roles that has more than a few words."""
    found: set[str] = set()
    for path in (ROOT / "plugins").rglob("*.py"):
        found |= {text for node in ast.walk(ast.parse(path.read_text())) if (text := _text(node))}
    for path in [*ROOT.glob("roles/*/tasks/**/*.yml"), *ROOT.glob("roles/*/vars/*.yml"), *ROOT.glob("playbooks/*.yml")]:
        found |= set(_scalars(yaml.load(path.read_text(), _Loader)))  # noqa: S506  # a SafeLoader
    return tuple(text for text in found if text.count(" ") >= LEAST - 1)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_of_the_catalogue_is_one_of_the_code(message: str):
    pieces = re.split(r"<[a-z…]+>", message)
    wanted = re.compile(f"{ANYTHING}+".join(re.escape(piece) for piece in pieces))
    assert any(wanted.search(text) for text in _said()), f"nothing in plugins, roles and playbooks says {message}"


def test_a_message_is_more_than_values():
    """Else the test above would find it anywhere."""
    for message in MESSAGES:
        assert len(re.sub(r"<[a-z…]+>", "", message).split()) >= LEAST - 1, message


def test_each_message_has_a_meaning_and_stands_there_once():
    rows = re.findall(r"^\| `.+$", (DOCS / "failures.md").read_text(), re.MULTILINE)
    assert len(rows) == len(MESSAGES) == len(set(MESSAGES))
    for row in rows:
        cells = [cell.strip() for cell in re.sub(r"`[^`]*`", "x", row).strip("|").split("|")]
        assert len(cells) == 3
        assert all(cells), row
