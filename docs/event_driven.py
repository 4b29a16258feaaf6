# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print the reference of what ansible-doc does not know, in Markdown: event sources and filters, rulebooks, playbooks."""

from __future__ import annotations

import ast
import re
import sys
import typing as t
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
PLUGINS = (("Event sources", "extensions/eda/plugins/event_source"), ("Event filters", "extensions/eda/plugins/event_filter"))
WIRING = (("Rulebooks", "extensions/eda/rulebooks"), ("Playbooks", "playbooks"))
MARKUP = re.compile(r"\b[CEOPV]\(((?:[^()\\]|\\.)*)\)")
MODULE = re.compile(r"\bM\((nfv\.maintenance\.(\w+))\)")
# What a user gives a rulebook or playbook stands in the comment below its licence.
LICENCE = ("# Copyright", "# GNU General", "# SPDX-")


def _prose(text: str) -> str:
    """Ansible's markup as Markdown."""
    return MODULE.sub(r"[\1](reference/\2_module)", MARKUP.sub(r"`\1`", text))


def _sentences(found: str | list[str]) -> str:
    return " ".join(_prose(one) for one in ([found] if isinstance(found, str) else found))


def _options(options: dict[str, t.Any], depth: int = 0) -> t.Iterator[str]:
    for name, option in options.items():
        facts = [str(option.get("type", "str")), *(["required"] if option.get("required") else [])]
        if option.get("default") not in (None, "", [], {}):
            facts.append(f"default `{option['default']}`")
        if option.get("choices"):
            facts.append("one of " + ", ".join(f"`{choice}`" for choice in option["choices"]))
        yield f"{'  ' * depth}- **`{name}`** ({', '.join(facts)}): {_sentences(option.get('description', ''))}"
        yield from _options(option.get("options") or option.get("suboptions") or {}, depth + 1)


def _constants(path: Path) -> dict[str, str]:
    """The texts that a plug-in says of itself; it is not imported for that."""
    found = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Constant):
            found[node.targets[0].id] = str(node.value.value)
    return found


def _plugin(path: Path) -> str:
    said = _constants(path)
    documented = yaml.safe_load(said["DOCUMENTATION"])
    parts = [f"### {path.stem}", f"*{documented['short_description']}*"]
    parts.append("\n".join(f"- {_prose(one)}" for one in documented["description"]))
    if documented.get("options"):
        parts += ["Options:", "\n".join(_options(documented["options"]))]
    if said.get("EXAMPLES", "").strip():
        parts.append(f"```yaml\n{said['EXAMPLES'].strip()}\n```")
    return "\n\n".join(parts)


def _wired(path: Path) -> str:
    lines = []
    for line in path.read_text().splitlines():
        if line.startswith("#") and not line.startswith(LICENCE):
            lines.append(line.removeprefix("#").removeprefix(" "))
        elif not line.startswith("#") and line != "---":
            break
    said = "\n".join(lines).strip()
    return f"### {path.stem}\n\n```text\n{said}\n```" if said else f"### {path.stem}"


def page() -> str:
    """The whole page."""
    parts = ["# Event sources, filters, rulebooks, playbooks", "Names are given in full: `nfv.maintenance.<name>`."]
    for title, room in PLUGINS:
        parts += [f"## {title}", *(_plugin(path) for path in sorted((ROOT / room).glob("*.py")))]
    for title, room in WIRING:
        parts += [f"## {title}", *(_wired(path) for path in sorted((ROOT / room).glob("*.yml")))]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
