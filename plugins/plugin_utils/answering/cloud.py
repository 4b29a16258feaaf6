# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One authenticated connection for everything, made anew when it was of no use."""

from __future__ import annotations

import threading
import typing as t

from ...module_utils._maintenance.proxy import MaintenanceProxy, maintenance
from ...module_utils._nfv.instances import find_instances
from ...module_utils._nfv.proxy import nfv
from ...module_utils._sdk import connect
from .picture import Picture

# Seconds for any one call. Who waits longer has the playbook do it.
CALL_SECONDS = 5


class Cloud:
    """What one connection offers.

    :ivar maintenance: the maintenance service; its calls are not repeated, because there is another way.
    :ivar picture: the VNFs.
    """

    def __init__(self, cloud: str, region_name: str | None) -> None:
        """Authenticate, and find the maintenance service and what it is."""
        connection = connect({"cloud": cloud, "region_name": region_name, "api_timeout": CALL_SECONDS})
        self.maintenance: MaintenanceProxy = maintenance(connection)
        self.maintenance.retry_seconds = 0.0
        self.maintenance.call_timeout = float(CALL_SECONDS)
        self.project_id = self.maintenance.project_id
        self.is_session_api = self.maintenance.is_session_api()
        manager = nfv(connection)
        self.picture = Picture(lambda: find_instances(manager, None, None, None))


class Clouds:
    """The present connection."""

    def __init__(self, make: t.Callable[[], Cloud]) -> None:
        """Nothing is connected yet."""
        self._make = make
        self._lock = threading.Lock()
        self._present: Cloud | None = None

    @property
    def present(self) -> Cloud | None:
        """The connection, None while there is none."""
        return self._present

    def connected(self) -> Cloud:
        """The connection, made where there is none; raises whatever keeps it from being made."""
        with self._lock:
            if self._present is None:
                self._present = self._make()
            return self._present

    def lost(self, cloud: Cloud | None) -> None:
        """This one was of no use: an endpoint may have moved, a password may have been changed."""
        with self._lock:
            if self._present is cloud:
                self._present = None
