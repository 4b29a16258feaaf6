# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules on the real services as users run them, and what the services' own logs say about it."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
import typing as t
import uuid
from pathlib import Path

import requests
import yaml
from services_under_test import OpenStack

from lab.products import LOCAL, Products, write_private
from tests.waiting import until

COLLECTION = "nfv.maintenance"
WRONG_PASSWORD = "not-the-pass-word-4711"
LIMIT = 120

Record = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Task:
    """One task of a playbook.

    :ivar cloud: None when the options say where the cloud is.
    """

    module: str
    options: Record
    cloud: str | None = "admin"
    check: bool = False


def task(module: str, /, cloud: str | None = "admin", check: bool = False, **options: t.Any) -> Task:
    """Write a task in one line."""
    return Task(module, options, cloud, check)


class ModuleRuns(Products):
    """Plays and single modules; the session API, where it is started, is found through the cloud's own entry."""

    admin_cloud = "admin"
    vnf_cloud = "demo"
    session_api_cloud = "session-api"

    def __init__(self, folder: Path, services: OpenStack) -> None:
        """Nothing is started yet."""
        super().__init__(folder)
        self.services = services
        self.wire = Wire(services)
        write_private(self.clouds_file, services.clouds_file.read_text())

    @property
    def notifications(self) -> Record:
        """The real bus."""
        secret = (self.services.folder / "secret").read_text().strip()
        return {"transport_url": f"rabbit://openstack:{secret}@127.0.0.1:{self.services.port('AMQP')}/"}

    def publish(self, url: str) -> None:
        """Leave the catalogue as it is: the suite's other tests have an entry of their own there."""
        known = yaml.safe_load(self.clouds_file.read_text())
        for cloud in known["clouds"].values():
            cloud["maintenance_endpoint_override"] = url
        write_private(self.clouds_file, yaml.safe_dump(known))

    @property
    def vnf_policies(self) -> Record:
        """No rulebook runs here."""
        return {}

    @property
    def vnf_id(self) -> str:
        """Modules are run without a VNF."""
        raise AssertionError("there is no VNF here")

    @property
    def wrong_credentials(self) -> Record:
        """Options of a module that name the administrator with another password."""
        return {"auth": {**self.auth("admin"), "password": WRONG_PASSWORD}, "region_name": "RegionOne"}

    def play(self, *tasks: Task, verbose: bool = False) -> list[Record]:
        """Run the tasks one after the other, failed or not; the result of each in the same order."""
        results, book = self.folder / "results.json", self.folder / "modules.yml"
        results.unlink(missing_ok=True)
        written = [self._written(number, one) for number, one in enumerate(tasks)]
        names = ", ".join(f"result_{number}" for number in range(len(tasks)))
        dump = {"ansible.builtin.copy": {"content": f"{{{{ [{names}] | to_json }}}}", "dest": str(results), "mode": "0600"},
                "diff": False}
        hosts = {"hosts": "localhost", "gather_facts": False, "connection": "local", "vars": LOCAL}
        write_private(book, yaml.safe_dump([{**hosts, "tasks": [*written, dump]}]))
        done = self.run_playbook(str(book), *(["-vvv"] if verbose else []), "--diff", timeout=LIMIT)
        assert results.exists(), done.stdout + done.stderr
        self.output = done.stdout + done.stderr
        return t.cast("list[Record]", json.loads(results.read_text()))

    @staticmethod
    def _written(number: int, one: Task) -> Record:
        options = {**({"cloud": one.cloud} if one.cloud else {}), **one.options}
        return {f"{COLLECTION}.{one.module}": options, "register": f"result_{number}", "ignore_errors": True,
                "check_mode": one.check}

    def start(self, module: str, /, cloud: str | None = "admin", **options: t.Any) -> Running:
        """Start one module in a process of its own, as Ansible does on another machine."""
        process = subprocess.Popen(
            [sys.executable, "-m", f"ansible_collections.{COLLECTION}.plugins.modules.{module}"],
            env=self.env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": {**({"cloud": cloud} if cloud else {}), **options}}))
        process.stdin.close()
        process.stdin = None
        return Running(process)

    def run(self, module: str, /, cloud: str | None = "admin", **options: t.Any) -> Record:
        """One module, to its end."""
        return self.start(module, cloud, **options).result()


class Running:
    """A module that was started."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Keep the process."""
        self._process = process

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def result(self, limit: float = LIMIT) -> Record:
        """What it ends with; one that does not end is killed."""
        try:
            out, errors = self._process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        assert "Traceback" not in errors, errors
        return t.cast("Record", json.loads(out))


class Wire:
    """The requests that the web services have logged.

    Nova's own calls to its neighbours are left out where they can be told: tokens, events about ports.
    """

    SERVICES: t.ClassVar = {
        "keystone": "KEYSTONE", "nova-api": "NOVA", "placement-api": "PLACEMENT", "neutron-api": "NEUTRON", "aodh-api": "AODH",
    }
    _REQUEST = re.compile(r'(?:\] |")(GET|HEAD|POST|PUT|PATCH|DELETE) (/\S*?)"?(?: HTTP/1.1" status: | => )', re.M)
    _SERVICES_OWN = ("/v3/auth/tokens", "/os-server-external-events")

    def __init__(self, services: OpenStack) -> None:
        """Nothing is read yet."""
        self._services = services
        self._mark: dict[str, int] = {}

    def mark(self) -> None:
        """Count from here on."""
        self._mark = {name: self._end(name)[0] for name in self.SERVICES}

    def _end(self, name: str) -> tuple[int, str]:
        """How long the log is, and what is new in it, up to a request of our own: what was answered before is in it by then."""
        sign, log, begin = uuid.uuid4().hex, self._services.log(name), self._mark.get(name, 0)
        requests.get(f"http://127.0.0.1:{self._services.port(self.SERVICES[name])}/?{sign}", timeout=LIMIT)

        def logged() -> tuple[int, str] | None:
            with log.open("rb") as file:
                file.seek(begin)
                text = file.read()
            return (begin + len(text), text.decode(errors="replace").partition(sign)[0]) if sign.encode() in text else None

        return until(f"the log of {name} to name a request", logged)

    def calls(self, *services: str) -> list[str]:
        """What was asked of these services since the mark, as "METHOD path"."""
        found = []
        for name in services or self.SERVICES:
            found += [f"{method} {path}" for method, path in self._REQUEST.findall(self._end(name)[1])]
        return [call for call in found if not any(own in call for own in self._SERVICES_OWN)]

    def writes(self) -> list[str]:
        """Those that may change something. In Placement that is done by Nova alone, now and then."""
        asked = self.calls(*(name for name in self.SERVICES if name != "placement-api"))
        return [call for call in asked if not call.startswith(("GET", "HEAD"))]


def told(result: Record) -> str:
    """Why a task failed, in a sentence."""
    assert result["failed"], result
    assert "Traceback" not in str(result)
    return str(result["msg"])
