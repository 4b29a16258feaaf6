# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real Tacker as a site of the contract's stories; as a command it records what it answers.

    python -m tests.tacker.contract_site [--only 'VNF scaled']
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import threading
import typing as t
import uuid
from dataclasses import replace
from pathlib import Path

from tests.contract import run, vnfs
from tests.tacker.http_server import Raw
from tests.tacker.package import ASPECT, DEPLOYMENT, USER_DATA, Package
from tests.tacker.real_tacker import ADVERTISED, PASSWORD, Tacker, link

VIM = "default"
NAMES = {
    ADVERTISED: "Tacker's own address",
    DEPLOYMENT: "default",
    VIM: "default",
    USER_DATA["lcm-operation-user-data"]: "user data",
    "VDU1_CP1": "cp of VDU1",
    "VDU2_CP1": "cp of VDU2",
    "VDU1_CP1_1": "config of VDU1",
    "VDU2_CP1_1": "config of VDU2",
}
# Longer than the conductor waits for the lock of an instance.
SLOW = 13.0


class LabPackage(Package):
    """A package like those of the lab: level 0 of the aspect is no VNFC, level 3 is three."""

    def _policies(self) -> list[Raw]:
        found = super()._policies()
        for policy in found:
            [(name, entry)] = policy.items()
            properties = entry["properties"]
            if name == "aspects":
                properties["aspects"][ASPECT]["max_scale_level"] = 3
            elif name == "levels":
                for level in properties["levels"].values():
                    level["scale_info"][ASPECT]["scale_level"] += 1
            elif name == "VDU1_initial":
                properties["initial_delta"]["number_of_instances"] = 0
        return found


class Vnfs:
    """Makes the VNFs that stories ask for."""

    def __init__(self, tacker: Tacker) -> None:
        """Have none yet."""
        self.tacker = tacker
        self._lock = threading.Lock()
        self._made: dict[str, vnfs.Facts] = {}

    def facts(self, name: str) -> vnfs.Facts:
        """Return a VNF that runs, with its package and the next version of it."""
        with self._lock:
            if name not in self._made:
                self._made[name] = self._make(name)
            return self._made[name]

    def _make(self, name: str) -> vnfs.Facts:
        first = LabPackage(
            str(uuid.uuid4()), product=name, image="lab-image", cps={"VDU1_CP1": None, "VDU2_CP1": None})  # fmt: skip
        second = replace(first, vnfd_id=str(uuid.uuid4()), version="2.0", flavors={"VDU1": "m1.tiny", "VDU2": "m1.small"})
        for package in (first, second):
            self.tacker.onboard(package)
        network = str(uuid.uuid4())
        [vim] = self.tacker.vim().values()
        instance_id = self.tacker.instantiate(
            first.vnfd_id, name, extVirtualLinks=[link(network, network, "VDU1_CP1", "VDU2_CP1")],
            vimConnectionInfo={VIM: {**vim, "vimId": VIM}})  # fmt: skip
        return vnfs.Facts(instance_id, NAMES, USER_DATA)

    @contextlib.contextmanager
    def slow(self) -> t.Iterator[None]:
        """Let operations outlast the patience of the next one."""
        self.tacker.cloud.delay(SLOW)
        try:
            yield
        finally:
            self.tacker.cloud.delay(0)


def site(tacker: Tacker) -> vnfs.VnfSite:
    """Return the real Tacker as the stories see it."""
    made = Vnfs(tacker)
    common = {
        "auth_url": tacker.cloud.auth_url, "password": PASSWORD, "user_domain_name": "Default", "project_domain_name": "Default",
    }  # fmt: skip
    auths = {user: {**common, "username": user, "project_name": project} for user, project in PROJECTS.items()}
    return vnfs.VnfSite(auths, made.facts, made.slow, pause=0.1)


PROJECTS = {"admin": "lab", "lab": "lab", "other": "other"}


def main() -> None:
    """Record the stories."""
    parser = argparse.ArgumentParser(prog="python -m tests.tacker.contract_site", description=main.__doc__)
    parser.add_argument("--only", default="", help="stories whose name contains this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tacker = Tacker(Path(folder))
        try:
            told = run.tell(site(tacker), options.only, run.TACKER_IN_TURN)
        finally:
            tacker.stop()
    run.keep(told)


if __name__ == "__main__":
    main()
