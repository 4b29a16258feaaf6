# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The VNFs of the stories about Tacker: the same ones on the lab and on the real Tacker."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from .sites import HERE, TACKER, TACKER_VERSION, Auth, Site, lab_process
from .talk import Talk

SERVICES = ("identity", TACKER)
# An administrator, the member of the project that owns the VNFs, and the member of another project.
USERS = ("admin", "lab", "other")
LCM = "/vnflcm/v2"
PACKAGES = "/vnfpkgm/v1/vnf_packages"
ASPECT = "VDU1_scale"
UNKNOWN = "99999999-9999-4999-8999-999999999999"
GOING = ("STARTING", "PROCESSING", "ROLLING_BACK")
_TOPOLOGY = HERE / "topology_tacker.yaml"

Json = dict[str, Any]
Slow = Callable[[], contextlib.AbstractContextManager[None]]


@dataclass(frozen=True)
class Facts:
    """A VNF with VDU1, which scales from one VNFC to three, and VDU2; it has one server of each.

    :ivar names: what things are, by what the site calls them where it is free to.
    :ivar user_data: the pair with which it was instantiated.
    """

    instance_id: str
    names: dict[str, str]
    user_data: Json


class VnfSite(Site):
    """A Tacker.

    :ivar facts: of the VNF with a name; it is there after the first time that it is asked for.
    :ivar slow: while it lasts, an operation that begins is still under way when its successor gives up waiting for it.
    """

    def __init__(self, auths: dict[str, Auth], facts: Callable[[str], Facts], slow: Slow, pause: float) -> None:
        """Log the users in."""
        super().__init__({user: auths[user] for user in USERS}, _no_bus, pause, SERVICES)
        self.facts = facts
        self.slow = slow


def _no_bus(event_type: str, payload: dict[str, Any]) -> None:
    raise AssertionError(f"no bus to put {event_type} on: {payload}")


class Vnf:
    """A VNF on behalf of one story."""

    def __init__(self, t: Talk, name: str) -> None:
        """Name all its parts, so that the answers show the names."""
        assert isinstance(t.site, VnfSite)
        self.t = t
        self.site = t.site
        facts = t.site.facts(name)
        self.name = name
        self.user_data = facts.user_data
        self._names: dict[str, str] = {}
        self.id = t.name("vnf", facts.instance_id)
        for value, title in facts.names.items():
            # A plain word may also stand in a sentence.
            (t.masker.name_exactly if value.isalpha() else t.masker.name)(title, value)
        self.path = f"{LCM}/vnf_instances/{self.id}"
        filtered = f"{PACKAGES}?filter=(eq,vnfProductName,{name})"
        self.packages: dict[str, Json] = {
            item["vnfSoftwareVersion"]: item for item in t.ask("GET", TACKER, filtered, user="lab")
        }
        for version, package in self.packages.items():
            t.name(f"package {version}", package["id"])
            t.name(f"vnfd {version}", package["vnfdId"])
        self.name_servers()

    @property
    def record(self) -> Json:
        """What Tacker knows of it."""
        found: Json = self.t.ask("GET", TACKER, self.path)
        return found

    def name_servers(self) -> None:
        """Give servers and ports names that say where they belong."""
        info = self.record["instantiatedVnfInfo"]
        for item in info["vnfcResourceInfo"]:
            place = f"{item['vduId']}-{item['metadata']['vdu_idx']}"
            self._name(f"server {place}", item["computeResource"]["resourceId"])
            for point in item["vnfcCpInfo"]:
                self._name(f"port {place}", point["vnfExtCpId"].removeprefix("cp-"))

    def _name(self, name: str, value: str) -> None:
        if value not in self._names:
            # One that came in the place of another one has a number.
            before = sum(1 for known in self._names.values() if known.partition(" #")[0] == name)
            self._names[value] = f"{name} #{before + 1}" if before else name
            self.t.name(self._names[value], value)

    def vnfc_id(self, vdu: str) -> str:
        """Return by which id a VNFC is healed."""
        return next(str(item["id"]) for item in self.record["instantiatedVnfInfo"]["vnfcInfo"] if item["vduId"] == vdu)

    # --- recorded calls

    def call(self, name: str, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """Call Tacker's lifecycle API; a path that begins with a slash is taken as it is, another one is below the VNF."""
        where = path if path.startswith("/") else f"{self.path}/{path}".rstrip("/")
        options.setdefault("user", "lab")
        options.setdefault("version", TACKER_VERSION)
        return self.t.call(name, method, TACKER, where, body, **options)

    def show(self, name: str) -> None:
        """Record the instance."""
        self.name_servers()
        self.call(name, "GET", "", expect=200, see=self.ordered)

    def begin(self, name: str, verb: str, body: Json) -> str:
        """Order an operation and record that it is accepted; returns the path of its op occ."""
        method = "POST" if verb else "PATCH"
        # The operation before keeps the instance locked for a moment after its end.
        answer = self.call(name, method, verb, body, expect=202, again=409)
        occ_id = answer.headers["Location"].rpartition("/")[2]
        self.t.name(f"op occ of {name}", occ_id)
        self.t.recording[f"{self.t.story}: {name}"]["headers"]["location"] = self.t.masker.text(answer.headers["Location"])
        return f"{LCM}/vnf_lcm_op_occs/{occ_id}"

    def ended(self, name: str, occ: str) -> Json:
        """Record how an operation has ended."""

        def look() -> Json | None:
            seen: Json = self.t.ask("GET", TACKER, occ)
            return None if seen["operationState"] in GOING else seen

        found: Json = self.t.until(look, f"{name} ends")
        with contextlib.suppress(KeyError):
            self.name_servers()
        self.call(name, "GET", occ, expect=200, see=self.ordered, vague=["error.detail"])
        return found

    def operate(self, name: str, verb: str, body: Json) -> str:
        """Record an operation from its order to its end."""
        occ = self.begin(name, verb, body)
        self.ended(f"{name}: the end", occ)
        return occ

    def ordered(self, body: Any) -> Any:
        """Put lists of which the order says nothing into one, by what the story calls their items."""
        if isinstance(body, dict):
            return {key: self.ordered(value) for key, value in body.items()}
        if isinstance(body, list):
            return sorted((self.ordered(item) for item in body), key=self._place)
        return body

    def _place(self, item: Any) -> str:
        if not isinstance(item, dict):
            return ""
        # Some ids have the id of a server or of a port at their end.
        return self._names.get(str(item.get("id", ""))[-36:], str(item.get("cpdId", "")))


@contextlib.contextmanager
def lab(state_dir: Path) -> Iterator[VnfSite]:
    """Start a lab that has the VNFs, and end it."""
    with lab_process(state_dir, _TOPOLOGY) as (info, auths):

        def facts(name: str) -> Facts:
            vnf = next(item for item in info["vnfs"] if item["name"] == name)
            return Facts(vnf["id"], LAB_NAMES, LAB_USER_DATA)

        # Its operations always last that long.
        yield VnfSite(auths, facts, contextlib.nullcontext, pause=0.02)


LAB_NAMES = {
    "http://127.0.0.1:9890": "Tacker's own address",
    "default": "default",
    "./UserData/userdata_standard.py": "user data",
    "VDU1-cp": "cp of VDU1",
    "VDU2-cp": "cp of VDU2",
    "VDU1-cp_1": "config of VDU1",
    "VDU2-cp_1": "config of VDU2",
}
LAB_USER_DATA = {
    "lcm-operation-user-data": "./UserData/userdata_standard.py",
    "lcm-operation-user-data-class": "StandardUserData",
}
