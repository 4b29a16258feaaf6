# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as one file that needs nothing else: no network, no other file (private to this collection)."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import typing as t
from pathlib import Path

Dict = dict[str, t.Any]

_HERE = Path(__file__).resolve().parent


def page(shell: str) -> str:
    """A page with the components of the report in it.

    :param shell: HTML with ``/* view.css */`` and ``/* view.js */`` where they belong.
    """
    for name in ("view.css", "view.js"):
        shell = shell.replace(f"/* {name} */", (_HERE / name).read_text(encoding="utf-8"))
    return shell


def policy(text: str) -> str:
    """The part of a content security policy that allows exactly the script and the style that stand in the page."""
    script, style = (
        " ".join(f"'sha256-{_digest(inner)}'" for inner in re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL))
        for tag in ("script", "style")
    )
    return f"default-src 'none'; script-src {script}; style-src {style}; base-uri 'none'; form-action 'none'"


def render(report: Dict) -> str:
    """The report as HTML.

    :param report: as :func:`.model.build` makes it. What is in it is data, whatever it looks like.
    """
    shell = page((_HERE / "report.html").read_text(encoding="utf-8"))
    # Nothing in the data may end the element it stands in, or begin a comment.
    data = (
        json.dumps(report, separators=(",", ":"))
        .replace("<", "\\u003c")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )
    return shell.replace("POLICY", policy(shell), 1).replace("REPORT", data, 1)


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
