# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real Tacker on a make-believe cloud, and the collection's modules run on it."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import openstack
import pytest
import yaml
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from lab.processes import Processes, answers, free_port
from lab.products import COLLECTIONS, LOCAL, ROOT, write_private
from tests.tacker.http_server import Raw
from tests.tacker.make_believe import REGION, Cloud
from tests.tacker.package import DEPLOYMENT, USER_DATA, Package
from tests.tacker.wire import Wire
from tests.waiting import until

MODULES = "ansible_collections.nfv.maintenance.plugins.modules"
VENV = Path(os.environ.get("TACKER_VENV") or ROOT / ".cache" / "tacker-venv")
PASSWORD = "not-a-real-password"
# Entries of clouds.yaml: a member of a project, one of another, and an administrator, by user and project.
PROJECT = "lab"
OTHER_PROJECT = "other"
ADMIN = "admin"
CLOUDS = {PROJECT: (PROJECT, PROJECT), OTHER_PROJECT: (OTHER_PROJECT, OTHER_PROJECT), ADMIN: ("admin", PROJECT)}
LCM = "/vnflcm/v2"
PACKAGES = "/vnfpkgm/v1/vnf_packages"
GOING = ("STARTING", "PROCESSING", "ROLLING_BACK")
# Absolute addresses in Tacker's answers begin so, as they do where it stands behind a load balancer.
ADVERTISED = "http://tacker.invalid:9890"
LIMIT = 120


class Exit(Exception):
    """What a module ends with."""

    def __init__(self, result: Raw) -> None:
        """Keep it."""
        super().__init__(result)
        self.result = result


class Tacker:
    """Tacker with all that it needs.

    :ivar cloud: Keystone, Heat and Glance, which a test can let fail.
    :ivar wire: what the modules asked Tacker; a test can put answers in.
    """

    def __init__(self, folder: Path) -> None:
        """Start it; :meth:`stop` ends it."""
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.cloud = Cloud()
        self.wire = Wire(self.address)
        self.cloud.tacker_url = self.wire.url
        self.clouds_file = folder / "clouds.yaml"
        self._processes = Processes(folder / "logs")
        self._configure()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "PYTHON", "ANSIBLE_"))}
        environment |= {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
        command = [str(VENV / "bin" / "python"), str(Path(__file__).with_name("serve.py")), "--config-file"]
        child = self._processes.start("tacker", [*command, str(folder / "tacker.conf")], environment, folder)
        self._processes.wait_ready(child, lambda: answers(self.port))
        self.session = openstack.connect(
            load_yaml_config=False, load_envvars=False, auth=self._auth(PROJECT), region_name=REGION).session

    def stop(self) -> None:
        """End everything; Tacker's state is not needed again."""
        self._processes.kill("tacker")
        self.wire.stop()
        self.cloud.stop()

    @property
    def log(self) -> Path:
        """Tacker's log."""
        return self.folder / "logs" / "tacker.log"

    def reset(self) -> None:
        """What a test has put in is over, and the requests are counted anew."""
        self.cloud.reset()
        self.wire.reset()
        self.wire.mark()

    # -- running ------------------------------------------------------------------------------------------------------------

    def run(self, name: str, params: Raw | None = None, *, check: bool = False, diff: bool = True, cloud: str = PROJECT) -> Raw:
        """Run ``main()`` of a module here; returns what it ends with, with ``failed`` set."""
        module = importlib.import_module(f"{MODULES}.{name}")
        arguments = {"cloud": cloud, **(params or {}), "_ansible_check_mode": check, "_ansible_diff": diff}

        def end(failed: bool) -> t.Callable[..., t.NoReturn]:
            def exit_(_module: basic.AnsibleModule, msg: str = "", **result: t.Any) -> t.NoReturn:
                raise Exit({"failed": failed, **({"msg": msg} if msg else {}), **result})
            return exit_

        with pytest.MonkeyPatch.context() as patch, patch_module_args(arguments):
            patch.setenv("OS_CLIENT_CONFIG_FILE", str(self.clouds_file))
            patch.setattr(basic.AnsibleModule, "exit_json", end(False))
            patch.setattr(basic.AnsibleModule, "fail_json", end(True))
            try:
                module.main()
            except Exit as exit_:
                assert PASSWORD not in json.dumps(exit_.result, default=str), "the password is in the module's result"
                return exit_.result
        raise AssertionError(f"module {name} returned without exit_json or fail_json")

    def play(
        self, *tasks: Raw, check: bool = False, limit: float = LIMIT, **variables: t.Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a playbook of these tasks on localhost with ``--diff``, with the collection's modules in action group and cloud."""
        play = {"hosts": "localhost", "gather_facts": False, "vars": {**LOCAL, **variables}, "tasks": [*tasks],
                "module_defaults": {"group/nfv.maintenance.openstack": {"cloud": PROJECT}}}  # fmt: skip
        return self.playbook([play], *(["--check"] if check else []), limit=limit)

    def playbook(self, plays: t.Sequence[Raw], *options: str, limit: float = LIMIT) -> subprocess.CompletedProcess[str]:
        """Run plays with ``--diff``."""
        book = self.folder / "play.yml"
        write_private(book, yaml.safe_dump([*plays]))
        command = [str(Path(sys.executable).parent / "ansible-playbook"), str(book), "--diff", *options]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "ANSIBLE_"))}
        environment = {
            **kept, "PYTHONPATH": f"{COLLECTIONS}{os.pathsep}{ROOT}", "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_HOME": str(self.folder / "ansible"), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false", "OS_CLIENT_CONFIG_FILE": str(self.clouds_file),
        }  # fmt: skip
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=limit, check=False)

    # -- what tests set up without our modules --------------------------------------------------------------------------------

    def call(self, method: str, path: str, **options: t.Any) -> t.Any:
        """A call past the recording; one that must succeed unless ``fine=False``."""
        fine = options.pop("fine", True)
        headers = {"Version": "2.0.0", **options.pop("headers", {})}
        answer = self.session.request(self.address + path, method, headers=headers, raise_exc=False, **options)
        assert answer.status_code < 400 or not fine, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def onboard(self, package: Package) -> str:
        """Upload a package; returns its id."""
        package_id = str(self.call("POST", PACKAGES, json={"userDefinedData": {}}).json()["id"])
        path = f"{PACKAGES}/{package_id}"
        self.call("PUT", f"{path}/package_content", data=package.csar(), headers={"Content-Type": "application/zip"})

        def onboarded() -> bool:
            state = self.call("GET", path).json()["onboardingState"]
            assert state in ("UPLOADING", "PROCESSING", "ONBOARDED"), f"the package was refused, see {self.log}"
            return bool(state == "ONBOARDED")

        until(f"onboarding of package {package_id}", onboarded)
        return package_id

    def create(self, vnfd_id: str, name: str = "vnf", **more: t.Any) -> str:
        """A VNF instance that does not run; returns its id."""
        body = {"vnfdId": vnfd_id, "vnfInstanceName": name, **more}
        return str(self.call("POST", f"{LCM}/vnf_instances", json=body).json()["id"])

    def instantiate(self, vnfd_id: str, name: str = "vnf", **more: t.Any) -> str:
        """A VNF instance that runs, with all external connection points of the default package on ``net-a``."""
        instance_id = self.create(vnfd_id, name)
        body = {
            "flavourId": DEPLOYMENT, "instantiationLevelId": "level_1", "vimConnectionInfo": self.vim(),
            "extVirtualLinks": [link("link-a", "net-a", "VDU1_CP1", "VDU2_CP1")], "additionalParams": {**USER_DATA}, **more,
        }  # fmt: skip
        self.operate(instance_id, "instantiate", body)
        return instance_id

    def operate(self, instance_id: str, verb: str, body: Raw, *, state: str = "COMPLETED") -> Raw:
        """An operation to its end; returns the op occ."""
        occ = self.ended(self.order(instance_id, verb, body))
        assert occ["operationState"] == state, occ
        return occ

    def order(self, instance_id: str, verb: str, body: Raw) -> str:
        """Begin an operation; returns the id of its op occ."""
        path = f"{LCM}/vnf_instances/{instance_id}/{verb}"

        def taken() -> t.Any:
            answer = self.call("POST", path, json=body, fine=False)
            # The operation before holds its lock for a moment after its end.
            return None if answer.status_code == 409 else answer

        answer = until(f"{verb} of {instance_id} to be taken", taken, limit=30)
        assert answer.status_code == 202, answer.text
        return str(answer.headers["Location"].rpartition("/")[2])

    def ended(self, op_occ_id: str) -> Raw:
        """The op occ when it has come to an end."""

        def look() -> Raw | None:
            occ = self.occ(op_occ_id)
            return None if occ["operationState"] in GOING else occ

        return until(f"the end of {op_occ_id}", look, limit=60)

    def occ(self, op_occ_id: str) -> Raw:
        """An op occ."""
        return t.cast("Raw", self.call("GET", f"{LCM}/vnf_lcm_op_occs/{op_occ_id}").json())

    def instance(self, instance_id: str) -> Raw:
        """A VNF instance."""
        return t.cast("Raw", self.call("GET", f"{LCM}/vnf_instances/{instance_id}").json())

    def remove(self, instance_id: str) -> None:
        """Give up what failed, terminate and delete."""
        self.reset()
        answer = self.call("GET", f"{LCM}/vnf_instances/{instance_id}", fine=False)
        if answer.status_code == 404:
            return
        blocked = f"(eq,vnfInstanceId,{instance_id});(eq,operationState,FAILED_TEMP)"
        for occ in self.call("GET", f"{LCM}/vnf_lcm_op_occs", params={"filter": blocked}).json():
            self.call("POST", f"{LCM}/vnf_lcm_op_occs/{occ['id']}/fail")
        if answer.json()["instantiationState"] == "INSTANTIATED":
            self.operate(instance_id, "terminate", {"terminationType": "FORCEFUL"})
        path = f"{LCM}/vnf_instances/{instance_id}"
        until(f"deletion of {instance_id}", lambda: self.call("DELETE", path, fine=False).status_code == 204, limit=30)

    def remove_package(self, package_id: str) -> None:
        """Disable and delete; one that is gone is no error."""
        path = f"{PACKAGES}/{package_id}"
        self.call("PATCH", path, json={"operationalState": "DISABLED"}, fine=False)
        self.call("DELETE", path, fine=False)

    @contextlib.contextmanager
    def vnf(self, package: Package, **more: t.Any) -> t.Iterator[str]:
        """A package and a VNF instance of it that runs, and nothing left behind."""
        package_id = self.onboard(package)
        instance_id = self.instantiate(package.vnfd_id, **more)
        self.reset()
        try:
            yield instance_id
        finally:
            self.remove(instance_id)
            self.remove_package(package_id)

    def vim(self) -> Raw:
        """``vimConnectionInfo`` for the make-believe cloud."""
        return {"vim1": {
            "vimId": "c0000000-0000-4000-8000-0000000000aa", "vimType": "ETSINFV.OPENSTACK_KEYSTONE.V_3",
            "interfaceInfo": {"endpoint": self.cloud.auth_url},
            "accessInfo": {"username": "tacker", "password": PASSWORD, "region": REGION, "project": PROJECT,
                           "projectDomain": "Default", "userDomain": "Default"},
        }}  # fmt: skip

    def _auth(self, cloud: str) -> Raw:
        user, project = CLOUDS[cloud]
        return {
            "auth_url": self.cloud.auth_url, "username": user, "password": PASSWORD, "project_name": project,
            "user_domain_name": "Default", "project_domain_name": "Default",
        }  # fmt: skip

    def _configure(self) -> None:
        more = {"region_name": REGION, "identity_api_version": "3"}
        clouds = {name: {"auth": self._auth(name), **more} for name in CLOUDS}
        write_private(self.clouds_file, yaml.safe_dump({"clouds": clouds}))
        for name in ("state", "csar", "images"):
            (self.folder / name).mkdir()
        write_private(self.folder / "tacker.conf", CONFIGURATION.format(
            port=self.port, folder=self.folder, venv=VENV, keystone=self.cloud.auth_url, password=PASSWORD,
            advertised=ADVERTISED))  # fmt: skip


CONFIGURATION = """\
[DEFAULT]
auth_strategy = keystone
bind_host = 127.0.0.1
bind_port = {port}
api_paste_config = {venv}/etc/tacker/api-paste.ini
state_path = {folder}/state
transport_url = fake:///
use_stderr = true
[database]
connection = sqlite:///{folder}/tacker.sqlite
[coordination]
backend_url = file://{folder}/state
[vnf_package]
vnf_package_csar_path = {folder}/csar
[glance_store]
default_backend = file
filesystem_store_datadir = {folder}/images
[v2_vnfm]
endpoint = {advertised}
# Small, so that the tests see more than one page.
vnf_instance_page_size = 5
lcm_op_occ_page_size = 5
subscription_page_size = 5
[v2_nfvo]
test_callback_uri = false
test_grant_zone_list = nova
[keystone_authtoken]
www_authenticate_uri = {keystone}
auth_url = {keystone}
auth_type = password
username = tacker
password = {password}
project_name = lab
user_domain_name = Default
project_domain_name = Default
[oslo_messaging_notifications]
driver = noop
"""


def link(link_id: str, network: str, *cpd_ids: str) -> Raw:
    """An external virtual link with an address for each connection point."""
    protocol = {"layerProtocol": "IP_OVER_ETHERNET", "ipOverEthernet": {"ipAddresses": [
        {"type": "IPV4", "numDynamicAddresses": 1}]}}  # fmt: skip
    return {"id": link_id, "resourceId": network, "extCps": [
        {"cpdId": cpd_id, "cpConfig": {f"{cpd_id}_1": {"cpProtocolData": [protocol]}}} for cpd_id in cpd_ids]}  # fmt: skip
