# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests on the real OpenStack services ("make test-openstack")."""

from __future__ import annotations

import pytest
from services_under_test import OpenStack


@pytest.fixture(scope="session")
def openstack() -> OpenStack:
    """The services that ``make openstack-up`` has started."""
    services = OpenStack()
    assert services.clouds_file.exists(), f"nothing runs in {services.folder}; start it with: make openstack-up"
    return services
