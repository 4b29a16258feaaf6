# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an activation of the owner's rulebook needs of memory: its container has to hold all of its processes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import psutil

from lab.processes import peak_memory

from .figures import Entry, entry
from .replies import BURSTS, TOPOLOGY, Conversed, Owned

MEGA = 1024 * 1024


def bench_activation() -> dict[str, Entry]:
    """The most memory of the rulebook and of the processes that stay beside it, after it has answered."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Owned(Path(folder), topology=TOPOLOGY)
        try:
            stack.start_lab()
            stack.start_session_api()
            stack.listen(answer=True)
            conversed = Conversed(stack)
            conversed.seconds(BURSTS[-1])
            rulebook = psutil.Process(stack.processes.children["vnf-owner-rulebook"].pid)
            beside = rulebook.children(recursive=True)
            alone, together = peak_memory(rulebook.pid), sum(peak_memory(one.pid) for one in (rulebook, *beside))
            conversed.end()
        finally:
            stack.stop()
    how = f"ansible-rulebook with its JVM, the most resident, after {BURSTS[-1]} messages at once, answered by the source"
    return {
        "activation_memory": entry(alone / MEGA, "MB", None, how),
        "activation_memory_together": entry(together / MEGA, "MB", None, f"the same with its {len(beside)} processes beside it"),
    }
