# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests need of the real Tacker before the collection's own modules for packages and instances exist."""

from __future__ import annotations

import typing as t
import uuid

import vnf_package
from services_under_test import OpenStack

from tests.waiting import until

Dict = dict[str, t.Any]
LCM = "/vnflcm/v2"
PACKAGES = "/vnfpkgm/v1/vnf_packages"
HEADERS = {"Version": "2.0.0"}
OPERATION_LIMIT = 240


class Tacker:
    """VNF packages and instances of one project."""

    def __init__(self, services: OpenStack, cloud: str) -> None:
        """Speak with the rights of a cloud's user, which Tacker uses towards Heat too."""
        self.services = services
        self.cloud = cloud
        self.session = services.connect(cloud).session
        self.url = f"http://127.0.0.1:{services.port('TACKER')}"

    def call(self, method: str, path: str, **options: t.Any) -> t.Any:
        """A call that must succeed."""
        url = path if path.startswith("http") else self.url + path
        answer = self.session.request(url, method, headers={**HEADERS, **options.pop("headers", {})}, raise_exc=False, **options)
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def onboard(self, content: bytes) -> str:
        """Upload a package; returns its id."""
        package = self.call("POST", PACKAGES, json={"userDefinedData": {}}).json()["id"]
        path = f"{PACKAGES}/{package}"
        self.call("PUT", f"{path}/package_content", data=content, headers={"Content-Type": "application/zip"})
        known = ("UPLOADING", "PROCESSING", "ONBOARDED")

        def onboarded() -> bool:
            state = self.call("GET", path).json()["onboardingState"]
            # Tacker falls back to CREATED when it refuses a package, and says why only in its log.
            assert state in known, f"the package was refused, see {self.services.log('tacker')}"
            return bool(state == "ONBOARDED")

        until(f"onboarding of package {package}", onboarded)
        return str(package)

    def instantiate(self, vnfd_id: str, name: str, network_id: str) -> str:
        """Create and instantiate a VNF; returns the id of the instance."""
        created = self.call("POST", f"{LCM}/vnf_instances", json={"vnfdId": vnfd_id, "vnfInstanceName": name}).json()
        protocol = {"layerProtocol": "IP_OVER_ETHERNET",
                    "ipOverEthernet": {"ipAddresses": [{"type": "IPV4", "numDynamicAddresses": 1}]}}
        link = {"id": str(uuid.uuid4()), "resourceId": network_id,
                "extCps": [{"cpdId": "ha_CP1", "cpConfig": {"ha_CP1": {"cpProtocolData": [protocol]}}}]}
        self.operate(created["id"], "instantiate", {
            "flavourId": vnf_package.DEPLOYMENT, "instantiationLevelId": "level_1", "vimConnectionInfo": {"vim1": self.vim()},
            "extVirtualLinks": [link], "additionalParams": vnf_package.USER_DATA,
        })
        return str(created["id"])

    def operate(self, instance: str, operation: str, body: Dict) -> None:
        """An operation of the lifecycle, to its end."""
        path = f"{LCM}/vnf_instances/{instance}/{operation}"
        answer = until(f"{operation} of {instance} to be taken", lambda: self._taken(path, body), limit=30)
        occurrence = answer.headers["Location"]
        going = ("STARTING", "PROCESSING", "ROLLING_BACK")

        def ended() -> Dict | None:
            found = t.cast("Dict", self.call("GET", occurrence).json())
            return None if found["operationState"] in going else found

        found = until(f"the end of {operation} of {instance}", ended, limit=OPERATION_LIMIT)
        assert found["operationState"] == "COMPLETED", found

    def _taken(self, path: str, body: Dict) -> t.Any:
        """None while the operation before still holds its lock, which it does for a moment after its end."""
        answer = self.session.post(self.url + path, headers=HEADERS, json=body, raise_exc=False)
        if answer.status_code == 409:
            return None
        assert answer.status_code == 202, answer.text
        return answer

    def instance(self, instance: str) -> Dict:
        """A VNF instance."""
        return t.cast("Dict", self.call("GET", f"{LCM}/vnf_instances/{instance}").json())

    def give_up(self, instance: str) -> None:
        """Leave the operations that failed as they are, so that others can follow."""
        blocked = f"(eq,vnfInstanceId,{instance});(eq,operationState,FAILED_TEMP)"
        for occurrence in self.call("GET", f"{LCM}/vnf_lcm_op_occs", params={"filter": blocked}).json():
            self.call("POST", f"{LCM}/vnf_lcm_op_occs/{occurrence['id']}/fail")

    def remove(self, instance: str) -> None:
        """Terminate and delete a VNF instance."""
        if self.instance(instance)["instantiationState"] == "INSTANTIATED":
            self.operate(instance, "terminate", {"terminationType": "FORCEFUL"})
        until(f"deletion of {instance}", lambda: self._deleted(instance), limit=30)

    def _deleted(self, instance: str) -> bool:
        url = f"{self.url}{LCM}/vnf_instances/{instance}"
        return bool(self.session.delete(url, headers=HEADERS, raise_exc=False).status_code == 204)

    def vim(self) -> Dict:
        """Where Tacker finds this cloud: an entry of ``vimConnectionInfo``."""
        auth = self.services.auth(self.cloud)
        return {
            "vimId": str(uuid.uuid5(uuid.NAMESPACE_URL, auth["auth_url"])),
            "vimType": "ETSINFV.OPENSTACK_KEYSTONE.V_3",
            "interfaceInfo": {"endpoint": auth["auth_url"]},
            "accessInfo": {
                "username": auth["username"], "password": auth["password"], "region": "RegionOne",
                "project": auth["project_name"], "projectDomain": "Default", "userDomain": "Default",
            },
        }
