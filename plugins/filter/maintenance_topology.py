# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.nfv.maintenance.plugins.plugin_utils import _filters


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> _filters.Filters:
        """The filter by its name."""
        return _filters.filters("_topology", "maintenance_topology")
