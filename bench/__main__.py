# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure, print a table and write ``bench/results.json``: ``python -m bench [subject ...]``, without a subject all.

Each entry has ``value``, ``unit``, ``baseline`` (measured in the same run, null where there is none), ``ratio`` and ``how``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lab.products import ROOT

from .activation import bench_activation
from .figures import Entry
from .intake import bench_intake
from .lifecycle import bench_lifecycle
from .monitor import bench_monitor
from .planning import bench_plan
from .replies import bench_replies
from .rolling import bench_doctor, bench_rolling
from .snapshot import bench_snapshot
from .typing_messages import bench_filter

RESULTS = Path(__file__).with_name("results.json")
SUBJECTS = {
    "plan": bench_plan,
    "filter": bench_filter,
    "snapshot": bench_snapshot,
    "intake": bench_intake,
    "replies": bench_replies,
    "activation": bench_activation,
    "lifecycle": bench_lifecycle,
    "monitor": bench_monitor,
    "rolling": bench_rolling,
    "doctor": bench_doctor,
}


def main(subjects: list[str]) -> int:
    """Run them; the table goes to the terminal, the figures to results.json, beside those of other subjects."""
    results: dict[str, Entry] = {}
    for subject in subjects or SUBJECTS:
        results |= SUBJECTS[subject]()
    for key, found in results.items():
        beside = f"   baseline {found['baseline']:g} {found['unit']}, ratio {found['ratio']:g}" if found["ratio"] else ""
        print(f"{key:<32}{found['value']:>12g} {found['unit']}{beside}")
        print(f"{'':<32}{found['how']}")
    before = json.loads(RESULTS.read_text()) if subjects and RESULTS.exists() else {}
    RESULTS.write_text(json.dumps({**before, **results}, indent=1) + "\n")
    print(f"written: {RESULTS.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
