# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The next command about a server that could not be moved; ``{id}`` stands for the server (private to this collection)."""

from __future__ import annotations

# What the operator, or the owner, does about a server that cannot be moved in its state.
BY_STATE = {
    "ERROR": "find out why (openstack server show {id}), then repair it (openstack server set --state active {id}, then "
    "openstack server reboot --hard {id}, since its guest may not run) or delete it",
    "RESCUE": "end the rescue (openstack server unrescue {id})",
    "SUSPENDED": "resume it (openstack server resume {id})",
    "SHELVED": "take it off the host (openstack server shelve --offload {id}), or unshelve it",
    "VERIFY_RESIZE": "confirm or revert it (openstack server resize confirm {id}, or revert)",
    "PAUSED": "unpause it (openstack server unpause {id}), or allow live migration",
}
LOOK_AT_IT = "openstack server show {id}"
LOOK_AT_EVENTS = "see who does what with it (openstack server event list {id})"
LOOK_AT_MIGRATIONS = "openstack server migration list --server {id}"
# A message of Nova's that got lost leaves a server in the middle of a migration for ever.
LOST = f"{LOOK_AT_MIGRATIONS}; when nothing goes on with it any more, openstack server set --state active {{id}}"
