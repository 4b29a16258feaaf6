# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes to lists in a YAML file that leave every other line of it as it is, comments included (private to this collection).

The file belongs to somebody else, so it is not written anew from its data: entries are put in, replaced and taken out as text,
where the parser says that they stand.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._errors import CollectionError

try:
    import yaml

    IMPORT_ERROR: Exception | None = None
except ImportError as exc:
    IMPORT_ERROR = exc

Entry = dict[str, t.Any]
Node = t.Any


class UnchangeableError(CollectionError):
    """The text cannot be changed without the rest of it."""


@dataclasses.dataclass
class Edit:
    """What shall become of one list.

    :ivar replace: the new entry by the place of the old one, None to take it out.
    :ivar append: entries for the end.
    :ivar remark: a comment above the first of them.
    """

    replace: dict[int, Entry | None] = dataclasses.field(default_factory=dict)
    append: list[Entry] = dataclasses.field(default_factory=list)
    remark: str = ""

    def __bool__(self) -> bool:
        """Whether there is something to do."""
        return bool(self.replace or self.append)

    def of(self, entries: list[t.Any]) -> list[t.Any]:
        """The list afterwards, as data."""
        kept = [self.replace.get(place, entry) for place, entry in enumerate(entries)]
        return [entry for place, entry in enumerate(kept) if entry is not None or place not in self.replace] + self.append


def load(text: str, path: str) -> t.Any:
    """The data of a file, read with the safe loader."""
    if IMPORT_ERROR is not None:
        raise CollectionError("The library PyYAML is needed on the host. Next: install python3-yaml there") from IMPORT_ERROR
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise CollectionError(f"{path} is no YAML that Ceilometer could read: {exc}. Next: mend it", path=path) from exc


def edited(text: str, path: str, edits: dict[str | None, Edit]) -> str:
    """The text with its lists changed.

    :param edits: by the key of the list in the file's mapping; None when the file itself is the list.
    """
    expected = _expected(load(text, path), edits)
    try:
        for key, edit in edits.items():
            if edit:
                text = _with_list(text, key, edit)
        as_expected = yaml.safe_load(text) == expected
    except yaml.YAMLError:
        as_expected = False
    if not as_expected:
        raise UnchangeableError(
            f"{path} is written in a way that cannot be changed line by line. "
            "Next: write its lists with one entry after the other, each beginning with a dash, and without anchors in them",
            path=path,
        )
    return text


def _expected(data: t.Any, edits: dict[str | None, Edit]) -> t.Any:
    if None in edits:
        return edits[None].of(data or [])
    whole = dict(data or {})
    for key, edit in edits.items():
        if edit:
            whole[key] = edit.of(whole.get(key) or [])
    return whole


def _with_list(text: str, key: str | None, edit: Edit) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    if text and not text.endswith("\n"):
        text += newline
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    node = root if key is None else _value(root, key)
    if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
        changes = _in_block(text, node, edit)
    else:
        changes = [_as_block(text, node, key, edit)]
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new.replace("\n", newline) + text[end:]
    return text


def _in_block(text: str, node: Node, edit: Edit) -> list[tuple[int, int, str]]:
    lines = _line_starts(text)
    spans = [_span(text, lines, item) for item in node.value]
    column = text[spans[0][0] :].index("-")
    changes = [(*spans[place], "" if new is None else _rendered([new], column)) for place, new in edit.replace.items()]
    if edit.append:
        remark = f"{' ' * column}# {edit.remark}\n" if edit.remark else ""
        end = spans[-1][1]
        changes.append((end, end, remark + _rendered(edit.append, column)))
    return changes


def _span(text: str, lines: list[int], item: Node) -> tuple[int, int]:
    """From the line with the dash of an entry to the end of its last line; comments behind it belong to what follows."""
    first = item.start_mark.line
    before = text[lines[first] : item.start_mark.index]
    while not re.fullmatch(r" *-\s*(#.*)?", before.rstrip()) and first > 0:
        first -= 1
        before = text[lines[first] : lines[first + 1]]
    last = max(item.start_mark.line, _last_line(item))
    return lines[first], lines[last + 1] if last + 1 < len(lines) else len(text)


def _last_line(node: Node) -> int:
    if isinstance(node, yaml.ScalarNode) or getattr(node, "flow_style", False) or not node.value:
        mark = node.end_mark
        # A block scalar ends where the next line begins.
        return int(mark.line if mark.column or mark.line == node.start_mark.line else mark.line - 1)
    parts = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
    return max(_last_line(part) for part in parts)


def _as_block(text: str, node: Node, key: str | None, edit: Edit) -> tuple[int, int, str]:
    """A list that is empty, missing or written between brackets is written in lines."""
    data = yaml.safe_load(text)
    entries = edit.of((data if key is None else (data or {}).get(key)) or [])
    if node is None:
        return len(text), len(text), _rendered(entries, 0) if key is None else f"{key}:\n{_rendered(entries, 2)}"
    start, end = node.start_mark.index, node.end_mark.index
    first = "\n" if start and text[start - 1] != "\n" else ""
    return start, end, first + _rendered(entries, 0 if key is None else 2).rstrip("\n")


def _value(root: Node, key: str) -> Node:
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)


def _line_starts(text: str) -> list[int]:
    """Where the lines begin, by what YAML takes for a line's end."""
    return [0, *(found.end() for found in re.finditer("\r\n|[\n\r\x85\u2028\u2029]", text))]


def _rendered(entries: list[Entry], column: int) -> str:
    written = yaml.safe_dump(entries, sort_keys=False, default_flow_style=None, width=120, allow_unicode=True)
    return "".join(f"{' ' * column}{line}" if line.strip() else line for line in written.splitlines(keepends=True))
