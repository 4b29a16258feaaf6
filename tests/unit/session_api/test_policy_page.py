# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules in the guide for the platform team are those of the service, and say who may."""

from __future__ import annotations

import re

from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api import policy

from tests.docs_pages import DOCS

ROWS = re.findall(r"^\| (`maintenance:.+?) \| ([\w, ]+) \|", (DOCS / "platform.md").read_text(), re.MULTILINE)
WHO = {policy.ADMIN: "admin", policy.PROJECT: "itself", policy.BOTH: "admin, itself"}


def test_every_rule_is_there_with_those_who_pass_it() -> None:
    said = {rule: who for rules, who in ROWS for rule in re.findall(r"`([^`]+)`", rules)}
    assert said == {name: WHO[check] for name, check, _meaning in policy._RULES if name.startswith("maintenance:")}
