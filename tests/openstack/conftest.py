# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests on the real OpenStack services ("make test-openstack")."""

from __future__ import annotations

import typing as t

import pytest
from guests import Guests
from module_runs import ModuleRuns
from services_under_test import OpenStack


@pytest.fixture(scope="session")
def openstack() -> OpenStack:
    """The services that ``make openstack-up`` has started."""
    services = OpenStack()
    assert services.clouds_file.exists(), f"nothing runs in {services.folder}; start it with: make openstack-up"
    return services


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, openstack: OpenStack) -> ModuleRuns:
    """Modules on the real services."""
    return ModuleRuns(tmp_path_factory.mktemp("modules"), openstack)


@pytest.fixture(scope="module")
def guests(openstack: OpenStack) -> t.Iterator[Guests]:
    """Servers and hosts, with nothing left behind."""
    made = Guests(openstack)
    try:
        made.tidy()
        yield made
    finally:
        made.tidy()
