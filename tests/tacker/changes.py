# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of a VNF's package, as the tests of change_vnfpkg make and look at them."""

from __future__ import annotations

import typing as t

from tests.tacker.http_server import Raw
from tests.tacker.real_tacker import Tacker

MODULE = "change_vnfpkg"


def flavors(tacker: Tacker, instance_id: str) -> Raw:
    """The flavors that the servers in Heat have."""
    servers = tacker.cloud.resources(instance_id, "OS::Nova::Server")
    return {server.name: server.properties["flavor"] for server in servers}


def change(tacker: Tacker, instance_id: str, params: Raw, **run: t.Any) -> Raw:
    """Run the module."""
    return tacker.run(MODULE, {"vnf_instance_id": instance_id, **params}, **run)


def changed_once(tacker: Tacker, instance_id: str, params: Raw, differences: list[str]) -> Raw:
    """In check mode nothing is sent; then it is done; then there is nothing to do. Returns what the module said of the second."""
    tacker.wire.mark()
    foreseen = change(tacker, instance_id, params, check=True)
    assert (foreseen["failed"], foreseen["changed"], tacker.wire.writes) == (False, True, [])
    assert foreseen[MODULE]["differences"] == differences
    done = change(tacker, instance_id, params)
    assert (done["failed"], done["changed"]) == (False, True), done
    assert done["diff"] == foreseen["diff"]
    assert len(tacker.wire.writes) == 1
    tacker.wire.mark()
    again = change(tacker, instance_id, params)
    assert (again["failed"], again["changed"], tacker.wire.writes) == (False, False, []), again
    return done
