# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo ends when it is told to, whatever Python is at when the signal comes."""

from __future__ import annotations

import pathlib

import pytest

from lab import demo


def test_a_signal_that_came_while_python_cleared_something_away_is_not_lost(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a handler raises inside a finalizer is printed and forgotten; the demo went on to its end."""
    monkeypatch.setattr(demo, "ROOT", tmp_path)
    (tmp_path / ".demo").mkdir()
    one = demo.Demo(3, 1.0, verbose=False)
    monkeypatch.setattr(one.stack, "playbook_command", lambda *_arguments: ["sleep", "600"])
    # Only the lab knows it, and there is none here.
    monkeypatch.setattr(type(one.stack), "env", {"PATH": "/usr/bin:/bin"})
    monkeypatch.setattr(one, "_report_options", dict)
    one.stopped_by = "stopped by SIGTERM"
    with pytest.raises(demo.Stopped, match="stopped by SIGTERM"):
        one.playbook("nfv.maintenance.subscribe")
    running = one.running
    one.end_playbook()
    assert running.poll() is not None
