# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session API: the service that owns the maintenance conversation (private to this collection).

Start it with ``python -m ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api --config-file FILE``.
"""
