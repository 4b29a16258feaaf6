# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx makes the site of the guides and the reference: see build.sh, which puts them side by side first."""

from __future__ import annotations

import re
import typing as t

from docutils import nodes
from docutils.parsers.rst import Directive

if t.TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

BUILTIN = re.compile(r"ansible_collections\.(ansible)\.(builtin)\.(\w+)")
ELSEWHERE = "https://docs.ansible.com/ansible/latest"
# What the reference mentions of Ansible itself.
LABELS = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "callback_plugins": "plugins/callback.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}

project = "nfv.maintenance"
author = "nfv.maintenance contributors"
copyright = f"2026, {author}"  # Sphinx wants this name
extensions = ["myst_parser", "sphinx_antsibull_ext"]
exclude_patterns: list[str] = []
nitpicky = True
highlight_language = "text"
pygments_style = "ansible"

myst_heading_anchors = 4
myst_links_external_new_tab = False

html_theme = "furo"
html_title = "nfv.maintenance"
html_show_sphinx = False
html_copy_source = False
html_static_path = ["site.css"]
html_css_files = ["site.css"]


class Contents(Directive):
    """The table of contents of a page, which the theme shows at its side already."""

    has_content = True
    optional_arguments = 1
    option_spec: t.ClassVar = {"local": str, "depth": str}

    def run(self) -> list[nodes.Node]:
        """Show nothing here."""
        return []


def elsewhere(_app: Sphinx, _env: BuildEnvironment, node: nodes.Element, content: nodes.Element) -> nodes.Element | None:
    """Point at Ansible's own documentation for what is Ansible's, without an inventory that would have to be fetched."""
    target = node.get("reftarget", "")
    builtin = BUILTIN.match(target)
    if builtin is not None:
        place = f"collections/{'/'.join(builtin.groups())}.html"
    elif node.get("reftype") == "envvar" and target.startswith("ANSIBLE_"):
        place = f"{LABELS['ansible_configuration_settings']}#envvar-{target}"
    else:
        place = LABELS.get(target, "")
    return nodes.reference("", "", content, internal=False, refuri=f"{ELSEWHERE}/{place}") if place else None


def setup(app: Sphinx) -> None:
    """Have Sphinx use what is above."""
    app.add_directive("contents", Contents, override=True)
    app.connect("missing-reference", elsewhere)
