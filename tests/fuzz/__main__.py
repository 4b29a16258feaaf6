# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make fuzz``: INPUTS bodies (1,000,000) made with SEED; what had a new outcome joins the corpus.

The corpus is a file of JSON strings, a body in each line, its bytes as characters of Latin-1; tests/unit/eda/test_fuzz_corpus.py
replays it.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter

from tests.fuzz.corpus import CORPUS, add, known, seeds
from tests.fuzz.mutations import Mutations
from tests.fuzz.parser import Found, Parser

LARGEST_KEPT = 2000


def main() -> int:
    """Return 1 when something was found that must not be."""
    inputs = int(os.environ.get("INPUTS") or 1_000_000)
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**9))
    print(f"SEED={seed} INPUTS={inputs}")  # noqa: T201
    parser = Parser()
    bodies = [*seeds(), *known()]
    outcomes = Counter(parser.examine(body) for body in bodies)
    mutations = Mutations(seed, bodies)
    began, slowest, new, bad = time.monotonic(), 0.0, 0, 0
    for _number in range(inputs):
        body = mutations.next()
        before = time.process_time()
        try:
            outcome = parser.examine(body)
        except Found as found:
            print(f"FOUND {found}: {body[:200]!r}", file=sys.stderr)  # noqa: T201
            add(body)
            bad += 1
            continue
        slowest = max(slowest, time.process_time() - before)
        outcomes[outcome] += 1
        if outcomes[outcome] == 1 and len(body) <= LARGEST_KEPT:
            mutations.keep(body)
            add(body)
            new += 1
    seconds = time.monotonic() - began
    messages = sum(number for outcome, number in outcomes.items() if not outcome.startswith("no "))
    said = f"{inputs} bodies in {seconds:.0f} s, {messages} messages; {len(outcomes)} outcomes, {new} new in {CORPUS.name}"
    print(f"{said}; the slowest took {slowest * 1000:.1f} ms; {bad} must not be")  # noqa: T201
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
