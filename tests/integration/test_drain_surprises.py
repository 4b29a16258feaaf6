# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drain in a lab that changes under it: targets that fill up, servers that come, a nova-compute that is killed."""

from __future__ import annotations

import functools
import threading
import typing as t

import openstack
import pytest
import yaml
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.capacity import free_memory
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.drain import Settings
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.host_drain import HostDrain, Task
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.limits import Limits
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.moves import WAYS
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.nova import Nova
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError

from lab.stack import Stack
from tests.waiting import until

Record = dict[str, t.Any]
TOPOLOGY = {
    "projects": ["admin", "mine"],
    "users": [
        {"name": "admin", "roles": {"admin": ["admin"]}, "cloud": "lab-admin"},
        {"name": "me", "roles": {"mine": ["member"]}, "cloud": "lab-mine"},
    ],
    "flavors": [{"name": "half", "vcpus": 4, "memory_mb": 8192, "disk_gb": 10}],
    "hosts": [{"name": name} for name in ("from", "full", "later", "done")],
    "servers": [
        {"name": "one", "project": "mine", "flavor": "half", "host": "from"},
        {"name": "filling", "project": "mine", "flavor": "half", "host": "full", "count": 2},
        {"name": "busy", "project": "mine", "flavor": "half", "host": "done"},
    ],
    "durations": {"live_migration": 1.0, "live_cleanup": 2.0},
}


class Cloud:
    """The lab, and drains of its host "from" in this process."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        auth = yaml.safe_load(stack.clouds_file.read_text())["clouds"]["lab-admin"]
        self.connection = openstack.connect(load_envvars=False, load_yaml_config=False, **auth)
        self.nova = Nova(self.connection)
        self.lines: list[str] = []

    def state(self) -> Record:
        return t.cast("Record", self.stack.control("GET", "state"))

    def server(self, name: str = "one") -> Record:
        return next(one for one in self.state()["servers"] if one["name"] == name)

    def drain(self, target: str | None, targets: t.Collection[str] | None, **limits: float) -> t.Any:
        move = {"instance": self.server()["id"], "name": "one", "from": "from", "to": target, "group": None, "ways": [*WAYS]}
        others = None if targets is None else frozenset(targets)
        settings = Settings(limits=Limits(**limits), poll_interval=0.2)
        room = functools.partial(free_memory, self.nova)
        task = Task([move], ["from"], WAYS, targets=others)
        return HostDrain(self.nova, task, settings, room=room, progress=self.lines.append).run(check_mode=False)

    def migration(self) -> str | None:
        """How Nova's record of the newest one stands."""
        migrations = self.state()["migrations"]
        return migrations[-1]["status"] if migrations else None

    def while_draining(self, act: t.Callable[[], None], *arguments: t.Any, **limits: float) -> t.Any:
        """A drain during which something happens; its result, or its error."""
        found: list[t.Any] = []

        def run() -> None:
            try:
                found.append(self.drain(*arguments, **limits))
            except CollectionError as exc:
                found.append(exc)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            act()
        finally:
            thread.join(120)
        return found[0]

    def bring_back(self) -> None:
        """Everything as it was at the beginning, except for records."""
        self.stack.control("DELETE", "faults")
        if self.server()["host"] != "from":
            self.connection.compute.live_migrate_server(self.server()["id"], host="from", block_migration="auto")
            until("the server to be back, and its room given back", lambda: self.migration() == "completed", 60)
        assert self.server()["host"] == "from"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Cloud]:
    """One lab for all of them."""
    folder = tmp_path_factory.mktemp("stack")
    (folder / "topology.yaml").write_text(yaml.safe_dump(TOPOLOGY))
    stack = Stack(folder, hosts=0, speed=2, topology=folder / "topology.yaml")
    try:
        stack.start_lab()
        yield Cloud(stack)
    finally:
        stack.stop()


@pytest.fixture
def cloud(shared: Cloud) -> t.Iterator[Cloud]:
    """As it was at the beginning."""
    shared.lines.clear()
    yield shared
    shared.bring_back()


def test_a_host_that_filled_up_is_replaced_and_never_by_one_that_is_still_to_be_maintained(cloud: Cloud):
    """Most room has "later"."""
    result = cloud.drain("full", ["full", "done"])
    assert [one["to"] for one in result.record["moved"]] == ["done"]
    assert [line for line in cloud.lines if "full does not take it, so it goes to done" in line]


def test_without_another_that_takes_it_the_drain_fails_and_the_server_stays(cloud: Cloud):
    with pytest.raises(CollectionError) as caught:
        cloud.drain("full", ["full"])
    assert "no other host that it may go to has room for it" in str(caught.value)
    assert cloud.server()["host"] == "from"


def test_a_server_that_comes_meanwhile_is_moved_too(cloud: Cloud):
    cloud.stack.control("POST", "faults", {"kind": "migration_slow", "match": {"server": "one"}, "factor": 4, "times": 1})

    def come() -> None:
        until("the move to be under way", lambda: cloud.migration() == "running", 60, every=0.02)
        create = cloud.connection.compute.create_server
        flavor = cloud.connection.compute.find_flavor("half").id
        create(name="late", flavor_id=flavor, image_id="", networks="none", availability_zone="nova:from")

    result = cloud.while_draining(come, "done", ["later"])
    assert not isinstance(result, CollectionError), str(result)
    assert [(one["name"], one["to"]) for one in result.record["moved"]] == [("one", "done"), ("late", "later")]
    cloud.connection.compute.delete_server(cloud.server("late")["id"])


@pytest.mark.parametrize(("at", "to"), [("running", "later"), ("arrived", "done")])
def test_a_nova_compute_that_is_killed_under_a_live_migration_does_not_hold_up_the_drain(cloud: Cloud, at: str, to: str):
    """Its records say "running" for good: nobody works there any more, and the drain finds that out, moves on and warns.

    Broken off in the middle, the migration holds its room on the target for good too, so the second one goes elsewhere.
    """
    before = len(cloud.state()["migrations"])
    factor = 4 if at == "running" else 1
    cloud.stack.control("POST", "faults", {"kind": "migration_slow", "match": {"server": "one"}, "factor": factor, "times": 1})

    def kill() -> None:
        def there() -> bool:
            new = cloud.state()["migrations"][before:]
            server = cloud.server()
            copying = bool(new) and new[0]["status"] == "running" and server["host"] == "from"
            return copying if at == "running" else bool(new) and server["host"] == "done" and new[0]["status"] == "running"

        until("the right moment", there, 60, every=0.005)
        cloud.stack.control("POST", "hosts/from/kill", {"seconds": 1})

    result = cloud.while_draining(kill, "done", ["later"], silent=2, settle=1)
    assert not isinstance(result, CollectionError), str(result)
    assert [one["to"] for one in result.record["moved"]] == [to]
    assert cloud.server()["host"] == to
    [warning] = result.extra["warnings"]
    assert "Nobody works at it any more" in warning
    statuses = [one["status"] for one in cloud.state()["migrations"][before:]]
    assert statuses == (["running", "error", "completed"] if at == "running" else ["running"])
