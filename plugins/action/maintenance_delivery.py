# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports to the event source from the controller (see the module of the same name), and keeps what is held."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import callback
from ansible_collections.nfv.maintenance.plugins.modules import maintenance_delivery
from ansible_collections.nfv.maintenance.plugins.plugin_utils import _lease_keeper
from ansible_collections.nfv.maintenance.plugins.plugin_utils._controller_action import ControllerAction

# Of the environment; the rest, in which there may be passwords, is none of the keeper's business.
KEPT = ("PATH", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR")


class ActionModule(ControllerAction):
    """Runs the module here."""

    module = maintenance_delivery

    def _renews(self, params: dict[str, t.Any]) -> bool:
        asked = params["state"] == callback.HELD and params["deliveries"]
        return bool(asked) and params["renew_for"] > 0 and not self._task.check_mode

    def _outcome(self, params: dict[str, t.Any]) -> dict[str, t.Any]:
        outcome = super()._outcome(params)
        held = any(one["status"] == callback.HELD for one in outcome.get(self.module.RETURNS, []))
        if self._renews(params) and held and not _kept(params):
            outcome["warnings"] = ["No process could be started, or watched, to renew the lease; it is not renewed"]
        return outcome


def _kept(params: dict[str, t.Any]) -> bool:
    """Start the keeper; False where that cannot be done."""
    # A task runs in a worker of its own; its parent is the playbook.
    watched = os.getppid()
    started = _lease_keeper.started(watched)
    if started is None:
        return False
    task = {
        "client": callback.__file__, "pid": watched, "started": started, "seconds": params["seconds"],
        "limit": params["renew_for"], "tls": [*maintenance_delivery.tls(params)],
        "vnf_ids": params["vnf_ids"], "deliveries": params["deliveries"],
    }  # fmt: skip
    try:
        # Nobody waits for it; it ends with the delivery, or shortly after the playbook.
        keeper = subprocess.Popen(  # noqa: S603 (our own program)
            # Without the user's site: nothing but the standard library is needed.
            [sys.executable, "-I", _lease_keeper.__file__, str(watched)],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True,
            env={name: value for name, value in os.environ.items() if name in KEPT},
        )  # fmt: skip
        with t.cast("t.IO[bytes]", keeper.stdin) as pipe:
            pipe.write(json.dumps(task).encode())
    except OSError:
        return False
    return True
