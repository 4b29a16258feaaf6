# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which set of targets of a VNF a finding belongs to."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .target import Target


class Generations:
    """Gives the targets of a VNF a greater number whenever there are other ones.

    A changed set has the milliseconds since 1970 of the moment in which it was found, so that the numbers of several workers can
    be compared; the first set has the number that its targets came with: 0 for those of files, the moment in which this worker
    began for those of the VNF manager.
    """

    def __init__(self) -> None:
        """No VNF is known."""
        self._known: dict[str, tuple[frozenset[str], int]] = {}

    def stamp(self, targets: Iterable[Target]) -> list[Target]:
        """Return the targets with the numbers of their VNFs."""
        by_vnf: dict[str, list[Target]] = {}
        for target in targets:
            by_vnf.setdefault(target.vnf["id"], []).append(target)
        stamped = []
        present = {}
        for vnf_id, its in by_vnf.items():
            keys = frozenset(target.key for target in its)
            given = max(target.generation for target in its)
            before, number = self._known.get(vnf_id, (keys, given))
            if keys != before:
                number = max(number + 1, int(time.time() * 1000))
            present[vnf_id] = (keys, max(number, given))
            stamped += [dataclasses.replace(target, generation=present[vnf_id][1]) for target in its]
        # Those that are gone stay known, and may come back.
        self._known |= present
        return stamped
