# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies of the rulebook and of a file."""

from __future__ import annotations

import os

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils.answering.policies import Policies, Unusable


def test_those_of_the_rulebook_go_first_and_the_file_is_read_again_when_it_changed(tmp_path):
    path = tmp_path / "policies.yml"
    path.write_text("default: {actions: [MIGRATE]}\nv1: {actions: [MIGRATE]}\n")
    policies = Policies({"v1": {"actions": ["LIVE_MIGRATE"]}}, path)
    assert policies.read() == {"default": {"actions": ["MIGRATE"]}, "v1": {"actions": ["LIVE_MIGRATE"]}}
    path.write_text("default: {actions: [LIVE_MIGRATE]}\n")
    os.utime(path, ns=(1, 1))
    assert policies.read()["default"] == {"actions": ["LIVE_MIGRATE"]}


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "!!python/object/apply:os.system [true]", "\xff".encode("latin-1")])
def test_a_file_that_cannot_be_used_is_named(tmp_path, text):
    path = tmp_path / "policies.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(Unusable, match=r"policies\.yml"):
        Policies({}, path).read()


def test_an_empty_file_holds_none(tmp_path):
    path = tmp_path / "policies.yml"
    path.touch()
    assert Policies({"v1": {}}, path).read() == {"v1": {}}


def test_a_wrong_policy_is_told_at_once(caplog):
    Policies({"v1": {"action": ["MIGRATE"]}}, None)
    assert "the policy of VNF v1 cannot be used" in caplog.text
