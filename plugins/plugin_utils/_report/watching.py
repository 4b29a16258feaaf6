# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The live view beside a run: starts the watcher, tells it of waves, ends it (private to this collection)."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import typing as t
from pathlib import Path

Dict = dict[str, t.Any]

_HERE = Path(__file__).resolve().parent
_PATIENCE = 3.0


class Watching:
    """One watcher; whatever becomes of it, nothing happens to the run."""

    def __init__(self, connection: Dict, session_id: str, every: float) -> None:
        """Start it.

        :param connection: options with which it reaches the session API.
        :param every: seconds between two looks.
        :raises OSError: when it cannot be started.
        """
        # It finds the collection where this process has found it.
        import ansible_collections.nfv.maintenance as collection  # noqa: PLC0415

        root = str(Path(next(iter(collection.__path__))).parents[2])
        # Without its own folder among those that modules come from. The terminal is given to it, because Ansible keeps it from
        # being inherited. What it could complain of concerns nobody.
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", str(_HERE / "watcher.py")], stdin=subprocess.PIPE, stdout=sys.stdout, stderr=subprocess.DEVNULL
        )
        self.tell({"root": root, "params": connection, "session_id": session_id, "every": every})

    def tell(self, line: Dict) -> None:
        """Tell which wave has begun."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                self._process.stdin.write(json.dumps(line).encode() + b"\n")
                self._process.stdin.flush()

    def end(self) -> None:
        """Have the terminal back."""
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_PATIENCE)
