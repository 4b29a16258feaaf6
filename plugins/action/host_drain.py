# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs M(nfv.maintenance.host_drain) in the process of the controller: a line for every instance that was moved."""

from __future__ import annotations

from ansible_collections.nfv.maintenance.plugins.modules import host_drain
from ansible_collections.nfv.maintenance.plugins.plugin_utils._controller_action import ControllerAction


class ActionModule(ControllerAction):
    """The module's twin."""

    module = host_drain
