# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab with a session API, started by hand for the guides: what it says is so, and it ends with all that it has started."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import openstack
import psutil

from lab.products import ROOT


def test_the_clouds_of_the_guides_are_there_until_it_is_ended(tmp_path: Path, monkeypatch) -> None:
    command = [sys.executable, "-m", "lab.stack", "--state-dir", str(tmp_path / "lab")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        try:
            said = "".join(running.stdout.readline() for _line in range(3))
            exports = dict(re.findall(r"^export (\w+)=(.+)$", said, re.MULTILINE))
            monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", exports["OS_CLIENT_CONFIG_FILE"])
            owner = openstack.connect(cloud="vnf-owner")
            tacker = {"endpoint_filter": {"service_type": "nfv-orchestration"}, "headers": {"Version": "2.0.0"}}
            found = owner.session.get("/vnflcm/v2/vnf_instances", **tacker).json()
            assert [one["id"] for one in found] == [exports["VNF_ID"]]
            admin = openstack.connect(cloud="admin")
            assert admin.session.get("/sessions", endpoint_filter={"service_type": "maintenance"}).json() == {"sessions": []}
            started = psutil.Process(running.pid).children(recursive=True)
            assert len(started) >= 2
        finally:
            running.terminate()
        assert running.wait(30) == 0
    assert not [one for one in started if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    assert Path(exports["OS_CLIENT_CONFIG_FILE"]).stat().st_mode & 0o777 == 0o600
