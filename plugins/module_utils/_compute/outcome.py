# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of the moves (private to this collection)."""

from __future__ import annotations

import dataclasses

from .._ensure import Record


@dataclasses.dataclass
class Outcome:
    """What became of the moves."""

    moved: list[Record] = dataclasses.field(default_factory=list)
    failed: list[Record] = dataclasses.field(default_factory=list)
    remaining: list[Record] = dataclasses.field(default_factory=list)
    gone: list[Record] = dataclasses.field(default_factory=list)
    changed: bool = False
    seconds: float = 0.0

    def record(self) -> Record:
        """As the module returns it."""
        record = dataclasses.asdict(self)
        del record["changed"]
        return {**record, "seconds": round(self.seconds, 1)}
