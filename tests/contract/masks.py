# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs from one run to the next is replaced by what it is: ids by placeholders, times by their form.

Ids that a story has named keep their name through all its calls, so that it shows when the wrong one is answered. Others
are numbered within one answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_HEX = "0-9a-f"
_UUID = rf"[{_HEX}]{{8}}-[{_HEX}]{{4}}-[{_HEX}]{{4}}-[{_HEX}]{{4}}-[{_HEX}]{{12}}"
# The longer forms first: an id of a request contains a UUID.
_NUMBERED = (
    ("request", re.compile(rf"req-{_UUID}")),
    ("uuid", re.compile(_UUID)),
    ("sha512", re.compile(rf"(?<![{_HEX}])[{_HEX}]{{128}}(?![{_HEX}])")),
    ("sha256", re.compile(rf"(?<![{_HEX}])[{_HEX}]{{64}}(?![{_HEX}])")),
    ("sha224", re.compile(rf"(?<![{_HEX}])[{_HEX}]{{56}}(?![{_HEX}])")),
    ("hex", re.compile(rf"(?<![{_HEX}])[{_HEX}]{{32}}(?![{_HEX}])")),
    ("token", re.compile(r"gAAAAA[-_=0-9A-Za-z]{20,}")),
)
_PLAIN = (
    ("<mac>", re.compile(rf"(?<![{_HEX}:])(?:[{_HEX}]{{2}}:){{5}}[{_HEX}]{{2}}(?![{_HEX}:])")),
    ("<ipv4>", re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")),
    ("<reservation>", re.compile(r"\br-[0-9a-z]{8}\b")),
    # The end of the name of a nested stack of Heat.
    (r"-<hex>/", re.compile(rf"-[{_HEX}]{{12}}/(?=<)")),
    ("instance-<hex>", re.compile(rf"instance-[{_HEX}]{{8}}")),
    (r"\g<1><number>", re.compile(r"(\bmigrations/|\b[Mm]igration )\d+")),
)
# Python's sets, of which the order differs from one process to the next.
_SETS = (re.compile(r"(?<=\{)'\w+'(?:, '\w+')+(?=\})"), re.compile(r"(?<=Value should be one of: )[\w ]+(?:, [\w ]+)+"),
         re.compile(r"(?<=is not one of \[)'\w+'(?:, '\w+')+(?=\])"))  # fmt: skip
_TIME = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")
_HTTP_TIME = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
# Numbers that a database hands out, and secrets.
_NUMBERS = {"old_instance_type_id", "new_instance_type_id", "generation", "consumer_generation", "resource_provider_generation",
            "revision_number"}  # fmt: skip
_SECRETS = {"adminPass", "secret"}


def _time(match: re.Match[str]) -> str:
    fraction = "." + "f" * (len(match[2]) - 1) if match[2] else ""
    zone = "" if not match[3] else "Z" if match[3] == "Z" else "+zone"
    return f"<time{match[1]}{fraction}{zone}>"


class Masker:
    """Knows the addresses of the services and the ids that a story named."""

    def __init__(self, roots: dict[str, str]) -> None:
        """Take the root address of each service."""
        self._names: dict[str, str] = {}
        self._exact: dict[str, str] = {}
        self._paths: list[str] = []
        for service, root in roots.items():
            self.name(service, root)
            path = "/" + root.split("/", 3)[3] if root.count("/") > 2 else ""
            if path:
                self._paths.append(path + "/")

    def name(self, name: str, value: str) -> None:
        """Give a value a name."""
        self._names[value] = f"<{name}>"

    def name_exactly(self, name: str, value: str) -> None:
        """Give a name to a value that is too short to be looked for inside of others."""
        self._exact[value] = f"<{name}>"

    def body(self, value: Any, vague: Iterable[str] = ()) -> Any:
        """Mask an answer's body; of what is at a vague path only the type remains."""
        return self._walk(value, (), [path.split(".") for path in vague], {})

    def text(self, text: str, seen: dict[str, dict[str, int]] | None = None) -> str:
        """Mask a text."""
        if text in self._exact:
            return self._exact[text]
        seen = {} if seen is None else seen
        for path in self._paths:
            text = text.removeprefix(path[:-1]) if text.startswith(path) else text
        for value in sorted(self._names, key=len, reverse=True):
            # An address may be the beginning of another one.
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", lambda _, name=self._names[value]: name, text)
        for kind, pattern in _NUMBERED:
            known = seen.setdefault(kind, {})
            text = pattern.sub(lambda match, k=kind, s=known: f"<{k} {s.setdefault(match[0], len(s) + 1)}>", text)
        text = _HTTP_TIME.sub("<time http>", _TIME.sub(_time, text))
        for replacement, pattern in _PLAIN:
            text = pattern.sub(replacement, text)
        for pattern in _SETS:
            text = pattern.sub(lambda match: ", ".join(sorted(match[0].split(", "))), text)
        return text

    def _walk(self, value: Any, path: tuple[str, ...], vague: list[list[str]], seen: dict[str, dict[str, int]]) -> Any:
        if any(_matches(path, pattern) for pattern in vague):
            return f"<{type(value).__name__}>"
        if isinstance(value, dict):
            found = {key: self._walk(value[key], (*path, key), vague, seen) for key in sorted(value)}
            return {self.text(key, seen): item for key, item in found.items()}
        if isinstance(value, list | tuple):
            return [self._walk(item, (*path, str(place)), vague, seen) for place, item in enumerate(value)]
        if isinstance(value, str):
            return "<secret>" if path and path[-1] in _SECRETS else self.text(value, seen)
        if isinstance(value, int) and not isinstance(value, bool) and path and (path[-1] in _NUMBERS or path[-1] == "id"):
            return "<number>"
        return value


def _matches(path: tuple[str, ...], pattern: list[str]) -> bool:
    return len(path) == len(pattern) and all(wanted in ("*", part) for part, wanted in zip(path, pattern, strict=True))
