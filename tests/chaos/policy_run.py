# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role vnf_policy_action does, over and over until it is killed: ``python -m tests.chaos.policy_run LEDGER BROKEN``.

BROKEN is a file with the findings of the monitor, which every run acts on, as after a take-over each does.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring import acting
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring.limits import Limits
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import connect
from ansible_collections.nfv.maintenance.plugins.modules import vnf_heal

# Nothing holds an action up but what another run is at; a run that was killed is taken for dead soon.
LIMITS = Limits(
    per_vnf=10_000, overall=10_000, cooldown=0, attempts=10_000, backoff=0.1, backoff_longest=1, lease=3, bundle=0, settle=0
)  # fmt: skip


def main(ledger: str, broken: Path) -> None:
    """Act until the end."""
    cloud = connect({"cloud": "lab-vnf"})
    options = {name: one.get("default") for name, one in vnf_heal.SPEC.items()}
    while True:
        try:
            for one in acting.begin(cloud, ledger, json.loads(broken.read_text()), ["respawn"], LIMITS):
                if one["decision"] == "act":
                    order = {"vnf_instance_id": one["order"]["vnf_instance_id"], "server_ids": one["order"]["server_ids"]}
                    try:
                        vnf_heal.run({**options, **order}, cloud, False)
                        ended = True
                    except CollectionError as exc:
                        ended = False
                        sys.stderr.write(f"{exc}\n")
                    acting.end(ledger, one["claim"], ended, "")
        except CollectionError as exc:
            sys.stderr.write(f"{exc}\n")
        time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
