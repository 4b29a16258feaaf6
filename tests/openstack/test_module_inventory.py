# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory nova_compute says of the real Nova's hosts what Nova says."""

from __future__ import annotations

import json
import subprocess
import typing as t

import pytest
import yaml
from guests import Guests
from module_runs import ModuleRuns
from services_under_test import OpenStack

OURS, OTHERS, DOWN = "compute-1", "compute-2", "compute-3"
SESSION = "5b7a2c1e-0001-4000-8000-000000000009"


@pytest.fixture(scope="module")
def hosts(openstack: OpenStack) -> t.Iterator[Guests]:
    """One host that a session has disabled, one that others have, one that is down; all are in service afterwards."""
    found = Guests(openstack)
    try:
        found.tidy()
        found.set_host(OURS, status="disabled", disabled_reason=f"nfv.maintenance session {SESSION}: a new kernel")
        found.set_host(OTHERS, status="disabled", disabled_reason="a broken fan")
        found.set_host(DOWN, forced_down=True)
        yield found
    finally:
        found.tidy()


def test_hosts_and_their_groups(runs: ModuleRuns, hosts: Guests):
    file = runs.folder / "cloud.nova_compute.yml"
    file.write_text(yaml.safe_dump({"plugin": "nfv.maintenance.nova_compute", "cloud": "admin"}))
    done = subprocess.run(
        ["ansible-inventory", "-i", str(file), "--list"],
        env=runs.env, cwd=runs.folder, text=True, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    services = [one.host for one in hosts.nova.services() if one.binary == "nova-compute"]
    assert sorted(found["nova_compute"]["hosts"]) == sorted(services)
    assert found["nova_in_maintenance"]["hosts"] == [OURS]
    assert found["nova_disabled"]["hosts"] == [OTHERS]
    assert found["nova_down"]["hosts"] == [DOWN]
    assert set(found["nova_in_service"]["hosts"]) == {*services} - {OURS, OTHERS, DOWN}
    # The hypervisor of fakes says version 1000, which is 0.1.0, or none at all where it has not reported.
    versions = [group for group in found if group.startswith("nova_hypervisor_")]
    assert versions and set(services) >= {host for group in versions for host in found[group]["hosts"]}
