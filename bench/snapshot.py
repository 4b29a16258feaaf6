# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a cloud."""

from __future__ import annotations

import tempfile
from pathlib import Path

import openstack
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.nova import Nova
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.snapshot import read_snapshot
from openstack.config import OpenStackConfig

from lab.stack import Stack

from .figures import Entry, entry, timed


def bench_snapshot() -> dict[str, Entry]:
    """Seconds to read a snapshot of 1,000 servers from the lab, beside openstacksdk's own server list."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder), hosts=500)
        try:
            stack.start_lab()
            config = OpenStackConfig(config_files=[str(stack.folder / "clouds.yaml")])
            cloud = openstack.connection.Connection(config=config.get_one("lab-admin"))
            ours = timed(lambda: read_snapshot(Nova(cloud)), 3)
            theirs = timed(lambda: [*cloud.compute.servers(all_projects=True)], 3)
        finally:
            stack.stop()
    how = "500 hosts and 1,000 servers in the lab; baseline: openstacksdk's servers() alone"
    return {"snapshot_500x1000": entry(ours, "s", theirs, how)}
