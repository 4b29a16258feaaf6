# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stories of tests/contract, told to the real services and to the lab, and compared field by field."""

from __future__ import annotations

import pytest

from tests.contract import recorded, run, sites
from tests.contract.accepted import ACCEPTED
from tests.contract.compare import differences, unaccepted, unneeded
from tests.contract.sweep import sweep

# The first test tells all stories to the real services.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def real(openstack):
    secret = (openstack.folder / "secret").read_text().strip()
    emit = sites.bus(f"rabbit://openstack:{secret}@127.0.0.1:{openstack.port('AMQP')}/")
    site = sites.Site({user: openstack.auth(user) for user in sites.USERS}, emit)
    sweep(site)
    return run.tell(site)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with sites.lab(tmp_path_factory.mktemp("contract")) as site:
        return run.tell(site)


@pytest.mark.parametrize("story", run.STORIES)
def test_the_real_services_answer_as_recorded(real, story):
    assert story not in real.failures, real.failures[story]
    found = differences(recorded.read(story), real.recordings[story])
    assert not found, "\n".join(map(str, found)).replace("    lab ", "    now ").replace("    real ", "    then ")


@pytest.mark.parametrize("story", run.STORIES)
def test_the_lab_answers_as_the_real_services(real, lab, story):
    assert story not in lab.failures, lab.failures[story]
    found = unaccepted(differences(real.recordings[story], lab.recordings[story]), ACCEPTED)
    assert not found, "\n".join(map(str, found))


def test_every_accepted_difference_still_occurs(real, lab):
    found = [item for story in run.STORIES for item in differences(real.recordings[story], lab.recordings[story])]
    assert unneeded(found, ACCEPTED) == []
