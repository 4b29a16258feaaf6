# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the record of a session at the end of its run (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.conversation import project_names
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import connect

Dict = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Read:
    """A session with all that is kept of it.

    :ivar projects: names by id, as far as Keystone tells them.
    """

    session: Dict
    messages: list[Dict]
    events: list[Dict]
    projects: dict[str, str]


def read(params: t.Mapping[str, t.Any], session_id: str) -> Read:
    """Read it all.

    :param params: options of the connection, as the modules take them.
    :raises CollectionError: when the service cannot be reached, or does not know the session.
    """
    cloud = connect(params)
    proxy = maintenance(cloud)
    session = proxy.session_record(session_id)
    if session is None:
        raise CollectionError(f"there is no session {session_id} at {proxy.base}")
    told = proxy.messages(session_id) or []
    events = proxy.events(session_id)
    name = project_names(cloud)
    projects = {str(one["project_id"]): name(str(one["project_id"])) for one in [*told, *session["instances"]]}
    return Read(session, told, events, projects)
