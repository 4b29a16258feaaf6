# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's Masakari, through openstacksdk, which has its own idea of the API."""

from __future__ import annotations

import pytest
from openstack import exceptions


@pytest.fixture
def masakari(lab):
    lab.http.put(f"{lab.url}/lab/catalog/instance-ha", json={"url": f"{lab.url}/instance-ha/v1"}, timeout=10).raise_for_status()
    return lab.connect()


def test_failures_of_a_host_under_maintenance_are_ignored(lab, masakari):
    (segment,) = masakari.instance_ha.segments()
    hosts = {host.name: host for host in masakari.instance_ha.hosts(segment.uuid)}
    assert "compute-1" in hosts
    told = {"type": "COMPUTE_HOST", "generated_time": "2026-11-21T01:02:03", "payload": {"event": "STOPPED"}}
    masakari.instance_ha.create_notification(hostname="compute-1", **told)
    body = {"host": {"on_maintenance": True, "control_attributes": "SSH, ours"}}
    path = f"/segments/{segment.uuid}/hosts/{hosts['compute-1'].uuid}"
    answer = masakari.instance_ha.put(path, json=body)
    assert (answer.status_code, answer.json()["host"]["on_maintenance"]) == (200, True)
    with pytest.raises(exceptions.ConflictException, match="already under maintenance"):
        masakari.instance_ha.create_notification(hostname="compute-1", **told)
    masakari.instance_ha.create_notification(hostname="compute-2", **told)
    shown = next(host for host in masakari.instance_ha.hosts(segment.uuid) if host.name == "compute-1")
    assert (shown.on_maintenance, shown.control_attributes) == (True, "SSH, ours")


def test_what_masakari_refuses(lab, masakari):
    (segment,) = masakari.instance_ha.segments()
    host = next(iter(masakari.instance_ha.hosts(segment.uuid)))
    path = f"/segments/{segment.uuid}/hosts/{host.uuid}"
    assert masakari.instance_ha.put(path, json={"host": {"on_maintenance": "perhaps"}}).status_code == 400
    assert masakari.instance_ha.put(path, json={"host": {"rack": "r1"}}).status_code == 400
    assert masakari.instance_ha.put(f"/segments/{segment.uuid}/hosts/none", json={"host": {"reserved": True}}).status_code == 404
    assert masakari.instance_ha.get("/segments/none/hosts").status_code == 404
    with pytest.raises(exceptions.ForbiddenException):
        list(lab.connect("lab-vnf").instance_ha.segments())
