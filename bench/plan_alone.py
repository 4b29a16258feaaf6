# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One large plan in a process of its own, so that the memory is the plan's: ``python -m bench.plan_alone``."""

from __future__ import annotations

import json
import resource
import time

from ansible_collections.nfv.maintenance.plugins.module_utils._planner.plan import plan

from .clouds import large


def main() -> None:
    """Print CPU seconds, MiB and figures."""
    snapshot, options = large(1)
    begin = time.process_time()
    made = plan(snapshot, {**options, "mode": "fewest_waves"})
    seconds = time.process_time() - begin
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, made["figures"]]))


if __name__ == "__main__":
    main()
