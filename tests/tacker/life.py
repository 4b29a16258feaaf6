# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole life of a VNF in one playbook, on whatever cloud: each step in check mode, then done, then again.

After each step the cloud below Tacker is looked at, while the playbook waits; Tacker's own record is believed nowhere.
"""

from __future__ import annotations

import collections
import dataclasses
import json
import re
import subprocess
import typing as t
import uuid
from pathlib import Path

from lab.products import LOCAL
from tests.tacker.http_server import Answer, Raw, Request, Server, answer
from tests.tacker.package import ASPECT, DEPLOYMENT, USER_DATA, Package
from tests.tacker.real_tacker import LCM, PACKAGES, link
from tests.tacker.wire import Wire

NAME = "life"
# The product names of its packages begin so.
PRODUCT = "life-"
LIMIT = 400
# No cloud of ours has it.
MISSING_FLAVOR = "missing.flavor"
NO_FLAVOR = (
    f"resources.VDU2-0: Property error: resources.VDU2.properties.flavor: Error validating value '{MISSING_FLAVOR}': "
    f"No Flavor matching {{'name': '{MISSING_FLAVOR}'}}. (HTTP 404)"
)


@dataclasses.dataclass(frozen=True)
class Port:
    """A port: its connection point, the network that it is on, the server that has it."""

    cp: str
    network: str
    server: str


@dataclasses.dataclass(frozen=True)
class Seen:
    """What there is in the cloud.

    :ivar stacks: ids.
    :ivar servers: VDU and name of the flavor by id.
    :ivar ports: by id.
    """

    stacks: frozenset[str]
    servers: t.Mapping[str, tuple[str, str]]
    ports: t.Mapping[str, Port]

    def without(self, other: Seen) -> Seen:
        """What is not in the other one."""
        return Seen(
            self.stacks - other.stacks,
            {key: value for key, value in self.servers.items() if key not in other.servers},
            {key: value for key, value in self.ports.items() if key not in other.ports})

    def vdus(self) -> dict[str, int]:
        """How many servers each VDU has."""
        return dict(collections.Counter(vdu for vdu, _flavor in self.servers.values()))

    def flavors(self) -> dict[str, set[str]]:
        """The flavors of each VDU's servers."""
        found: dict[str, set[str]] = {}
        for vdu, flavor in self.servers.values():
            found.setdefault(vdu, set()).add(flavor)
        return found

    def networks(self) -> dict[str, set[str]]:
        """The networks that each connection point's ports are on."""
        found: dict[str, set[str]] = {}
        for port in self.ports.values():
            found.setdefault(port.cp, set()).add(port.network)
        return found

    def plugged(self) -> dict[tuple[str, str], int]:
        """How many ports there are of each connection point at each server."""
        return dict(collections.Counter((port.server, port.cp) for port in self.ports.values()))


class Site(t.Protocol):
    """A cloud, Tacker on it, and what a VNF of ours needs there.

    :ivar cloud: entry of clouds.yaml.
    :ivar wire: stands before Tacker.
    :ivar image: in every server.
    :ivar flavors: that of the first package, and the larger one of the second.
    :ivar networks: three networks for external connection points, as ports name them.
    """

    cloud: str
    wire: Wire
    image: str
    flavors: tuple[str, str]
    networks: tuple[str, str, str]

    def vim(self) -> Raw:
        """``vimConnectionInfo``, with the password."""

    def playbook(self, plays: t.Sequence[Raw], *options: str, limit: float) -> subprocess.CompletedProcess[str]:
        """Run plays with ``--diff``."""

    def look(self) -> Seen:
        """What there is in the cloud, asked of Heat, Nova and Neutron."""


class Life:
    """A life that is over.

    :ivar versions: the packages. Version 2.0 has the larger flavor for VDU1, an external connection point more and an internal
        link more.
    :ivar steps: what happened, each by name, module and options.
    :ivar seen: the cloud after each step, by the step's name.
    :ivar told: results of the playbook.
    """

    def __init__(self, site: Site, folder: Path) -> None:
        """Live it, in the folder."""
        self.site, self.folder = site, folder
        self.seen: dict[str, Seen] = {}
        small, large = site.flavors
        first = Package(
            str(uuid.uuid4()), product=f"{PRODUCT}{uuid.uuid4()}", image=site.image, flavors={"VDU1": small, "VDU2": small})
        cps = {**first.cps, "VDU1_CP3": None, "VDU2_CP2": "internalVL2"}
        second = dataclasses.replace(
            first, vnfd_id=str(uuid.uuid4()), version="2.0", flavors={"VDU1": large, "VDU2": small}, cps=cps)
        self.versions = first, second
        self.steps = self._steps()
        self._before = site.look()
        eyes = Server(self._look)
        try:
            self.told = self._play(eyes.url)
        finally:
            eyes.stop()

    def _look(self, request: Request) -> Answer:
        try:
            self.seen[request.path.strip("/")] = self.site.look().without(self._before)
        except AssertionError as error:
            # The playbook ends and prints it.
            return answer(500, {"wrong": str(error)})
        return answer(204)

    def _steps(self) -> list[tuple[str, str, Raw]]:
        """What happens, each by name, module and options."""
        first, second = self.versions
        net_a, net_b, net_c = self.site.networks
        vims = self.site.vim()
        password = vims["vim1"]["accessInfo"].pop("password")
        runs = {
            "name": NAME, "vnfd_id": first.vnfd_id, "flavour_id": DEPLOYMENT, "additional_params": USER_DATA,
            "vim_connection_info": vims, "vim_credentials": {"vim1": {"password": password}},
            "ext_virtual_links": [link("link-a", net_a, "VDU1_CP1", "VDU2_CP1")],
        }  # fmt: skip
        changed = {"description": "renewed", "metadata": {"owner": "somebody"}, "extensions": {"a": 1}}
        return [
            ("first-package", "vnf_package", {"src": str(first.write(self.folder / "first"))}),
            ("second-package", "vnf_package", {"src": str(second.write(self.folder / "second"))}),
            ("create", "vnf_instance", {"name": NAME, "vnfd_id": first.vnfd_id, "state": "present"}),
            ("instantiate", "vnf_instance", runs),
            ("modify", "vnf_instance", {"name": NAME, **changed}),
            ("scale-out", "vnf_scale", {"name": NAME, "aspect_id": ASPECT, "level": 1}),
            ("heal", "vnf_heal", {"name": NAME, "server_ids": ["{{ broken }}"]}),
            ("ext-connectivity", "vnf_ext_connectivity", {
                "name": NAME, "ext_virtual_links": [link("link-b", net_b, "VDU1_CP1")]}),
            ("change-package", "change_vnfpkg", {
                "name": NAME, "vnfd_id": second.vnfd_id, "ext_virtual_links": [link("link-c", net_c, "VDU1_CP3")],
                "extensions": {"a": None, "b": 2}}),
            ("scale-in", "vnf_scale", {"name": NAME, "aspect_id": ASPECT, "level": 0}),
            ("terminate", "vnf_instance", {"name": NAME, "state": "terminated", "termination_type": "FORCEFUL"}),
            ("delete", "vnf_instance", {"name": NAME, "state": "absent"}),
            ("remove-first", "vnf_package", {"vnfd_id": first.vnfd_id, "state": "absent"}),
            ("remove-second", "vnf_package", {"vnfd_id": second.vnfd_id, "state": "absent"}),
        ]  # fmt: skip

    def _play(self, eyes: str) -> Raw:
        tasks: list[Raw] = []
        names: list[str] = []

        def look(step: str) -> None:
            tasks.append({"ansible.builtin.uri": {"url": f"{eyes}/{step}", "status_code": 204, "use_proxy": False}})

        for step, module, options in self.steps:
            if step == "heal":
                tasks.append({"nfv.maintenance.vnf_instance_info": {"name": NAME}, "register": "found"})
                tasks.append({"ansible.builtin.set_fact": {"broken": "{{ found.vnf_instances[0].servers[0].id }}"}})
            if step == "terminate":
                # Last, because Tacker forgets the scale levels when it rolls a change of the package back.
                refused = {"name": NAME, "vdus": [{"vdu_id": "VDU2", "flavor": MISSING_FLAVOR}], "on_failure": ["rollback"]}
                tasks.append({"nfv.maintenance.change_vnfpkg": refused, "register": "refused", "ignore_errors": True})
                look("rollback")
            for more in ({"check_mode": True}, {}, {}):
                names.append(f"result_{len(names)}")
                run = {"name": f"{step}, {names[-1]}", f"nfv.maintenance.{module}": options, "register": names[-1]}
                tasks.append({**run, **more})
            look(step)
        results = self.folder / "results.json"
        content = f"{{{{ {{'broken': broken, 'refused': refused, 'steps': [{', '.join(names)}]}} | to_json }}}}"
        tasks.append({"ansible.builtin.copy": {"content": content, "dest": str(results), "mode": "0600"}, "diff": False})
        play = {
            "hosts": "localhost", "gather_facts": False, "vars": LOCAL, "tasks": tasks,
            "module_defaults": {"group/nfv.maintenance.openstack": {"cloud": self.site.cloud}},
        }  # fmt: skip
        done = self.site.playbook([play], limit=LIMIT)
        (self.folder / "output.txt").write_text(done.stdout + done.stderr)
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr
        return t.cast("Raw", json.loads(results.read_text()))


def check_results(life: Life) -> None:
    """Each step changed something, as its check mode had said, and nothing more the second time; nothing was sent for nothing."""
    results = life.told["steps"]
    for number, (step, _module, _options) in enumerate(life.steps):
        changed = [one["changed"] for one in results[number * 3 : number * 3 + 3]]
        assert changed == [True, True, False], f"{step}: {changed}"
    writes = [re.sub(r"/[0-9a-f]{8}-[0-9a-f-]{27}", "/ID", call) for call in life.site.wire.writes]
    assert writes == SENT, writes
    failure = life.told["refused"]["failure"]
    assert failure["operation_state"] == "ROLLED_BACK", failure
    assert failure["error"]["detail"] == NO_FLAVOR, failure


def check_cloud(life: Life) -> None:
    """After each step the cloud is what the step is for, and no more of it was touched."""
    seen, (net_a, net_b, net_c), (small, large) = life.seen, life.site.networks, life.site.flavors
    nothing = Seen(frozenset(), {}, {})
    for step in ("first-package", "second-package", "create", "terminate", "delete", "remove-first", "remove-second"):
        assert seen[step] == nothing, f"{step}: {seen[step]}"

    born = seen["instantiate"]
    assert len(born.stacks) == 1, born
    assert (born.vdus(), born.flavors()) == ({"VDU1": 1, "VDU2": 1}, {"VDU1": {small}, "VDU2": {small}}), born
    inner = _check_ports(born, {"VDU1_CP1": net_a, "VDU1_CP2": None, "VDU2_CP1": net_a})
    assert seen["modify"] == born, seen["modify"]

    out = seen["scale-out"]
    assert out.vdus() == {"VDU1": 2, "VDU2": 1}, out
    assert born.servers.items() <= out.servers.items(), (born, out)

    healed = seen["heal"]
    assert out.servers.keys() - healed.servers.keys() == {life.told["broken"]}, (out, healed)
    assert (healed.vdus(), healed.ports.keys()) == (out.vdus(), out.ports.keys()), (out, healed)

    moved = seen["ext-connectivity"]
    assert moved.servers == healed.servers, (healed, moved)
    # A port stays on its network for life: those that are elsewhere now are others, and they are the only ones.
    gone, came = healed.without(moved).ports.values(), moved.without(healed).ports.values()
    assert [[port.cp for port in ports] for ports in (gone, came)] == [["VDU1_CP1"] * 2] * 2, (healed, moved)
    assert _check_ports(moved, {"VDU1_CP1": net_b, "VDU1_CP2": None, "VDU2_CP1": net_a}) == inner, moved

    changed = seen["change-package"]
    assert changed.servers.keys() == moved.servers.keys(), (moved, changed)
    assert changed.flavors() == {"VDU1": {large}, "VDU2": {small}}, changed
    wanted = {"VDU1_CP1": net_b, "VDU1_CP2": None, "VDU1_CP3": net_c, "VDU2_CP1": net_a, "VDU2_CP2": None}
    assert _check_ports(changed, wanted) > inner, (inner, changed)

    in_ = seen["scale-in"]
    assert in_.vdus() == {"VDU1": 1, "VDU2": 1}, in_
    assert in_.servers.items() <= changed.servers.items(), (changed, in_)
    rolled_back = seen["rollback"]
    assert (rolled_back.servers, rolled_back.networks()) == (in_.servers, in_.networks()), (in_, rolled_back)
    assert {one.stacks for step, one in seen.items() if one.stacks} == {born.stacks}, "the stack was made anew"


def _check_ports(seen: Seen, wanted: t.Mapping[str, str | None]) -> set[str]:
    """Each server has one port of each connection point of its VDU, and external ones (with a network) are where they belong.

    :return: the networks of the internal ones.
    """
    plugs = {(server, cp): 1 for server, (vdu, _flavor) in seen.servers.items() for cp in wanted if cp.startswith(f"{vdu}_")}
    assert seen.plugged() == plugs, seen
    networks = seen.networks()
    external = {cp: {network} for cp, network in wanted.items() if network}
    assert {cp: networks[cp] for cp in external} == external, (external, networks)
    inner = {network for cp in wanted.keys() - external.keys() for network in networks[cp]}
    assert not inner & {*wanted.values()}, networks
    return inner


SENT = [
    *[f"POST {PACKAGES}", f"PUT {PACKAGES}/ID/package_content"] * 2,
    f"POST {LCM}/vnf_instances", f"POST {LCM}/vnf_instances/ID/instantiate", f"PATCH {LCM}/vnf_instances/ID",
    f"POST {LCM}/vnf_instances/ID/scale", f"POST {LCM}/vnf_instances/ID/heal", f"POST {LCM}/vnf_instances/ID/change_ext_conn",
    f"POST {LCM}/vnf_instances/ID/change_vnfpkg", f"POST {LCM}/vnf_instances/ID/scale",
    # The change that fails, and its rollback.
    f"POST {LCM}/vnf_instances/ID/change_vnfpkg", f"POST {LCM}/vnf_lcm_op_occs/ID/rollback",
    f"POST {LCM}/vnf_instances/ID/terminate", f"DELETE {LCM}/vnf_instances/ID",
    *[f"PATCH {PACKAGES}/ID", f"DELETE {PACKAGES}/ID"] * 2,
]  # fmt: skip
