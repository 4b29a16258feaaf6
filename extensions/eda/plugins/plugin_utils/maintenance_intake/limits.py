# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much one sender may send."""

from __future__ import annotations

import math
from collections import OrderedDict

MAX_SENDERS = 10_000


class RateLimit:
    """A bucket of tokens for each address; the addresses heard last are remembered."""

    def __init__(self, rate: float, burst: int) -> None:
        """Refill ``rate`` tokens a second up to ``burst``; a rate of 0 limits nothing."""
        self._rate = rate
        self._burst = burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str, now: float) -> int:
        """Take a token; the answer is 0, or in how many seconds there is one again."""
        if not self._rate:
            return 0
        tokens, at = self._buckets.pop(address, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - at) * self._rate)
        taken = tokens >= 1
        self._buckets[address] = (tokens - 1 if taken else tokens, now)
        if len(self._buckets) > MAX_SENDERS:
            self._buckets.popitem(last=False)
        return 0 if taken else math.ceil((1 - tokens) / self._rate)
