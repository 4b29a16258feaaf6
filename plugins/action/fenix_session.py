# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the session from the controller (see the module of the same name), and keeps the lease that was taken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import AUTH_SPEC
from ansible_collections.nfv.maintenance.plugins.modules import fenix_session
from ansible_collections.nfv.maintenance.plugins.plugin_utils import _runner_keeper
from ansible_collections.nfv.maintenance.plugins.plugin_utils._controller_action import ControllerAction

Record = dict[str, t.Any]


class ActionModule(ControllerAction):
    """Runs the module here."""

    module = fenix_session

    def _renews(self, params: Record) -> bool:
        return bool(params["runner"]) and params["renew_for"] > 0 and not self._task.check_mode

    def _outcome(self, params: Record) -> Record:
        outcome = super()._outcome(params)
        session = outcome.get(self.module.RETURNS) or {}
        if self._renews(params) and session.get("lease") and not _kept(params, session):
            outcome["warnings"] = ["No process could be started, or watched, to renew the lease; it is not renewed"]
        return outcome


def _kept(params: Record, session: Record) -> bool:
    """Start the keeper; False where that cannot be done."""
    # A task runs in a worker of its own; its parent is the playbook.
    watched = os.getppid()
    started = _runner_keeper.started(watched)
    if started is None:
        return False
    task = {
        "root": str(Path(_runner_keeper.__file__).absolute().parents[5]), "params": {name: params[name] for name in AUTH_SPEC},
        "session_id": session["session_id"], "holder": session["lease"]["holder"], "token": session["lease"]["token"],
        "ttl": params["lease_ttl"], "pid": watched, "started": started, "limit": params["renew_for"],
    }  # fmt: skip
    try:
        # Nobody waits for it; it ends with the lease, or shortly after the playbook. It finds the cloud where the playbook does.
        keeper = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-P", _runner_keeper.__file__, str(watched)],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        with t.cast("t.IO[bytes]", keeper.stdin) as pipe:
            pipe.write(json.dumps(task).encode())
    except OSError:
        return False
    return True
