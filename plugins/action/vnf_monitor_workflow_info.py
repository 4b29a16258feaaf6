# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads monitoring workflows from the controller (see the module of the same name)."""

from __future__ import annotations

from ansible_collections.nfv.maintenance.plugins.modules import vnf_monitor_workflow_info
from ansible_collections.nfv.maintenance.plugins.plugin_utils._controller_action import ControllerAction


class ActionModule(ControllerAction):
    """Runs the module here."""

    module = vnf_monitor_workflow_info
