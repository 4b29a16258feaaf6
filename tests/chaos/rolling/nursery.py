# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stack whose processes are forked from one that has imported the libraries: the same programs, without the cost of imports.

What is forked is a process of its own: with its own session, files and environment, it can be killed as any other.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import threading
import typing as t
from multiprocessing import forkserver
from pathlib import Path
from unittest import mock

import psutil

from lab.processes import Child, Processes, end_with_parent
from lab.products import COLLECTIONS, ROOT
from lab.stack import Stack

# Only libraries of others: Ansible wants to import the collection in its own way. A playbook forks for each task, which costs as
# much as it has in memory; so it gets nothing of what the services want.
OF_PLAYBOOKS = [
    "ansible.cli.playbook", "ansible.executor.playbook_executor", "ansible.plugins.strategy.linear", "ansible.plugins.action",
    "openstack.connection", "openstack.compute.v2._proxy", "openstack.placement.v1._proxy", "keystoneauth1.loading",
    "requests", "jsonschema", "tests.chaos.rolling.nursery",
]  # fmt: skip
OF_SERVICES = [
    "aiohttp.web", "alembic.command", "flask", "jsonschema", "keystonemiddleware.auth_token", "oslo_config.cfg", "oslo_log.log",
    "oslo_policy.policy", "prometheus_client", "requests", "sqlalchemy.orm", "sqlalchemy.dialects.sqlite", "waitress",
    "tests.chaos.rolling.nursery",
]  # fmt: skip
PLAYBOOKS = "ansible-playbook"
# Ansible reads its settings when it is imported. Its strategy looks at its workers a thousand times a second otherwise.
SETTINGS = "[defaults]\ninternal_poll_interval = 0.01\nlocalhost_warning = false\n"


class Grown:
    """A forked process with the face of ``subprocess.Popen``."""

    def __init__(self, process: multiprocessing.process.BaseProcess, command: t.Sequence[str]) -> None:
        self._process = process
        self.args = [*command]
        self.pid = t.cast("int", process.pid)

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self.args, t.cast("float", timeout))
        return self._process.exitcode


class Nursery:
    """Forks programs; one for all stacks of a test process."""

    def __init__(self, folder: Path) -> None:
        settings = folder / "ansible.cfg"
        settings.write_text(SETTINGS)
        self._context = multiprocessing.get_context("forkserver")
        self._lock = threading.Lock()
        env = {
            "ANSIBLE_CONFIG": str(settings), "ANSIBLE_HOME": str(folder / "ansible"), "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "PYTHONPATH": f"{COLLECTIONS}{os.pathsep}{ROOT}",
            "ANSIBLE_DEPRECATION_WARNINGS": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false", "PYTHONWARNINGS": "ignore",
        }  # fmt: skip
        self._playbooks, self._services = forkserver.ForkServer(), forkserver.ForkServer()
        # The libraries are imported in an environment that nobody has meddled with.
        with mock.patch.dict(os.environ, env):
            for server, libraries in ((self._playbooks, OF_PLAYBOOKS), (self._services, OF_SERVICES)):
                server.set_forkserver_preload(libraries)
                self._start(server, gc.collect).join()

    def _start(self, server: forkserver.ForkServer, target: t.Callable[..., t.Any], *args: t.Any) -> t.Any:
        process = self._context.Process(target=target, args=args)
        # The library knows one server of its own only.
        with self._lock, mock.patch.object(forkserver, "connect_to_new_process", server.connect_to_new_process):
            process.start()
        return process

    @property
    def processor_seconds(self) -> float:
        """What all that was forked and is over has used, and the imports."""
        times = [psutil.Process(server._forkserver_pid).cpu_times() for server in (self._playbooks, self._services)]
        return float(sum(one.user + one.system + one.children_user + one.children_system for one in times))

    def fork(self, command: t.Sequence[str], env: t.Mapping[str, str], cwd: Path, log: Path) -> Grown:
        """Run ``python -m MODULE …`` or ``ansible-playbook …``; what it says is added to ``log``."""
        server = self._playbooks if command[0] == PLAYBOOKS else self._services
        return Grown(self._start(server, live, [*command], dict(env), str(cwd), str(log)), command)


def live(command: list[str], env: dict[str, str], cwd: str, log: str) -> None:
    """What a forked process does with its life."""
    os.setsid()
    end_with_parent()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with open(os.devnull) as nothing, open(log, "a") as out:  # noqa: PTH123
        for number, file in ((0, nothing), (1, out), (2, out)):
            os.dup2(file.fileno(), number)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode, 1, closefd=False) for number, mode in enumerate("rww"))
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.path[:0] = [one for one in env["PYTHONPATH"].split(os.pathsep) if one not in sys.path]
    gc.freeze()
    if command[0] == PLAYBOOKS:
        from ansible.cli.playbook import main  # noqa: PLC0415

        sys.argv = command
        sys.exit(main())
    assert command[:2] == [sys.executable, "-m"], command
    sys.argv = command[2:]
    runpy.run_module(command[2], run_name="__main__", alter_sys=True)


class Forked(Processes):
    """Children that are forked."""

    def __init__(self, log_dir: Path, nursery: Nursery) -> None:
        super().__init__(log_dir)
        self.nursery = nursery

    def start(self, name: str, command: t.Sequence[str], env: t.Mapping[str, str], cwd: Path | None = None) -> Child:
        log = self.log_dir / f"{name}.log"
        grown = self.nursery.fork(command, env, cwd or Path.cwd(), log)
        child = Child(name, t.cast("subprocess.Popen[bytes]", grown), log)
        self.children[name] = child
        return child


class ForkedStack(Stack):
    """A stack whose session API tries again soon, as the pauses of a service are too long for a lab."""

    def __init__(self, folder: Path, nursery: Nursery, **options: t.Any) -> None:
        super().__init__(folder, **options)
        self.processes = Forked(folder / "logs", nursery)

    def _session_api_config(self, url: str) -> str:
        return super()._session_api_config(url) + "\n[webhooks]\nretry_first = 0.2\nretry_longest = 1\n"
