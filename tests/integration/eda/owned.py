# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab whose owner listens with our rulebook, and a look at what the rulebook does."""

from __future__ import annotations

import abc
import contextlib
import secrets
import typing as t

import psutil
import requests
import yaml

from lab.processes import free_port
from lab.products import REQUEST_TIMEOUT, Products, write_private
from lab.stack import Stack

RULEBOOK = "vnf-owner-rulebook"
ANSWERING = "ansible_collections.nfv.maintenance.plugins.plugin_utils.answering"
BEGUN = "PLAY [Answer what wants no action]"


class Listening(Products):
    """An owner's rulebook, and what it does.

    :ivar more: variables of the rulebook beside those of the products.
    """

    @property
    @abc.abstractmethod
    def project_id(self) -> str:
        """The owner's project."""

    def __init__(self, *args: t.Any, more: dict[str, t.Any] | None = None, **kwargs: t.Any) -> None:
        """Nothing is started yet."""
        super().__init__(*args, **kwargs)
        self.more = more or {}
        self._secrets: dict[str, str] = {}

    @property
    def vnf_owner_variables(self) -> dict[str, t.Any]:
        """What the VNF owner writes for the rulebook."""
        return {**super().vnf_owner_variables, **self.more}

    def make_secrets(self, *vnf_ids: str) -> None:
        """A secret for each VNF, in the owner's file."""
        self.listener_port = self.listener_port or free_port()
        self._secrets = {vnf_id: secrets.token_hex(32) for vnf_id in vnf_ids}
        write_private(self.secrets_file, yaml.safe_dump({vnf_id: [secret] for vnf_id, secret in self._secrets.items()}))

    def restart_rulebook(self, **more: t.Any) -> None:
        """Killed, as by a power cut, with all that it runs, if it runs; and started again."""
        if RULEBOOK in self.processes.children:
            self.processes.kill(RULEBOOK)
        self.more = more
        self.start_rulebook()

    def post(self, vnf_id: str, body: t.Any, secret: str | None = None) -> int:
        """POST a webhook, with the right secret unless another is given; returns the status."""
        auth = ("aodh", secret or self._secrets[vnf_id])
        return requests.post(f"http://{self.address(vnf_id)}", json=body, auth=auth, timeout=30).status_code

    def address(self, vnf_id: str) -> str:
        """Where alarms for a VNF go."""
        return f"127.0.0.1:{self.listener_port}/v1.0/vnfs/{vnf_id}/maintenance/{self.project_id}"

    @property
    def log(self) -> str:
        """All that the rulebook and its playbooks have said."""
        return (self.processes.log_dir / f"{RULEBOOK}.log").read_text()

    @property
    def plays(self) -> int:
        """How many playbooks have begun."""
        return self.log.count(BEGUN)

    @property
    def playbooks(self) -> list[psutil.Process]:
        """The main processes of the playbooks that run."""
        found = self._children(lambda line: any(part.endswith("bin/ansible-playbook") for part in line))
        pids = {one.pid for one in found}
        return [one for one in found if one.ppid() not in pids]

    @property
    def answering(self) -> psutil.Process | None:
        """The process that answers, None when there is none."""
        return next(iter(self._children(lambda line: ANSWERING in line)), None)

    @staticmethod
    def keepers(playbook: psutil.Process) -> list[psutil.Process]:
        """The processes that keep the leases of a playbook."""
        return [
            one
            for one in psutil.process_iter(["cmdline"])
            if (one.info["cmdline"] or [""])[-1] == str(playbook.pid) and "_lease_keeper.py" in one.info["cmdline"][-2]
        ]

    def counted(self, name: str) -> float:
        """A counter of the listener, over all its labels where the name has none."""
        text = requests.get(f"http://127.0.0.1:{self.listener_port}/metrics", timeout=REQUEST_TIMEOUT).text
        lines = [line for line in text.splitlines() if line.startswith(f"nfv_maintenance_intake_{name}")]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    def _children(self, is_one: t.Callable[[list[str]], bool]) -> list[psutil.Process]:
        found = []
        with contextlib.suppress(psutil.NoSuchProcess):
            for one in psutil.Process(self.processes.children[RULEBOOK].pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    if is_one(one.cmdline()):
                        found.append(one)
        return found


class OwnedStack(Listening, Stack):
    """A lab with its session API, and an owner's rulebook."""

    @property
    def project_id(self) -> str:
        """The owner's project."""
        return str(self.lab["projects"]["vnf-owner"])

    def start(self) -> None:
        """Everything."""
        self.start_lab()
        self.start_session_api()
        self.subscribe()
        self.start_rulebook()

    def subscribe(self) -> None:
        """Secrets and alarms for all VNFs, as the playbook of this name would make them."""
        self.make_secrets(*(vnf["id"] for vnf in self.lab["vnfs"]))
        headers = {"X-Auth-Token": self.token(self.vnf_cloud)}
        for vnf_id, secret in self._secrets.items():
            alarm = {
                "name": vnf_id, "type": "event", "event_rule": {"event_type": "maintenance.scheduled"},
                "alarm_actions": [f"http://aodh:{secret}@{self.address(vnf_id)}"], "repeat_actions": True,
            }  # fmt: skip
            url = f"{self.lab_url}/alarming/v2/alarms"
            requests.post(url, json=alarm, headers=headers, timeout=REQUEST_TIMEOUT).raise_for_status()

    @contextlib.contextmanager
    def faults(self, *faults: dict[str, t.Any]) -> t.Iterator[None]:
        """Faults of the lab for a while."""
        ids = [self.control("POST", "faults", fault)["id"] for fault in faults]
        try:
            yield
        finally:
            for one in ids:
                self.control("DELETE", f"faults/{one}")
