# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real services that tests/openstack/services has started, as the tests see them."""

from __future__ import annotations

import os
import subprocess
import typing as t
from pathlib import Path

import openstack
import yaml

SERVICES = Path(__file__).resolve().parent / "services"


class OpenStack:
    """Keystone, Nova, Placement, Neutron, Glance, Aodh, Ceilometer, Heat and Tacker on loopback.

    Clouds: ``admin``; ``demo`` and ``demo2`` with the role member, each in a project of its own; ``session-api``, a service user.
    """

    def __init__(self) -> None:
        """Nothing is started here: services/up.sh does that."""
        settings = subprocess.run(
            ["bash", "-c", f'. {SERVICES}/settings.sh && env -0'], capture_output=True, check=True, text=True,
        ).stdout
        self.settings = dict(line.split("=", 1) for line in settings.split("\0") if line.startswith(("OPENSTACK_", "PORT_")))
        self.folder = Path(self.settings["OPENSTACK_DIR"])
        self.clouds_file = self.folder / "clouds.yaml"
        self._connections: dict[str, t.Any] = {}

    def port(self, service: str) -> int:
        """The port of a service by its name in settings.sh, such as ``NOVA``."""
        return int(self.settings[f"PORT_{service}"])

    def auth(self, cloud: str) -> dict[str, str]:
        """The ``auth`` part of an entry of clouds.yaml."""
        return t.cast("dict[str, str]", yaml.safe_load(self.clouds_file.read_text())["clouds"][cloud]["auth"])

    def connect(self, cloud: str = "admin") -> t.Any:
        """openstacksdk's connection of a cloud; the same one each time."""
        if cloud not in self._connections:
            config = openstack.config.OpenStackConfig(config_files=[str(self.clouds_file)], load_envvars=False)
            self._connections[cloud] = openstack.connection.Connection(config=config.get_one(cloud))
        return self._connections[cloud]

    def log(self, service: str) -> Path:
        """What a process has written; the web services name each request."""
        return self.folder / "log" / f"{service}.log"

    def service(self, verb: str, *names: str) -> None:
        """``start``, ``stop`` or ``kill`` processes of the installation."""
        subprocess.run([SERVICES / "service.sh", verb, *names], check=True, timeout=180)

    def nova_manage(self, *arguments: str) -> None:
        """What the administrator of Nova runs beside its database."""
        command = ["/usr/bin/nova-manage", "--config-file", str(self.folder / "etc/nova/nova.conf"), *arguments]
        subprocess.run(command, check=True, timeout=180, cwd=self.folder, env={"PATH": "/usr/bin:/bin", "no_proxy": "127.0.0.1"})


def command_environment(openstack_services: OpenStack) -> dict[str, str]:
    """What a command of the tests sees: these clouds and none of the user's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "ANSIBLE_", "EDA_"))}
    return {**kept, "OS_CLIENT_CONFIG_FILE": str(openstack_services.clouds_file)}
