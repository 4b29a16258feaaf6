# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's Tacker answers every call as the real one did; its answers are in recorded/.

tests/tacker/test_contract.py tells the same stories to the real Tacker.
"""

from __future__ import annotations

import pytest

from tests.contract import recorded, run, vnfs
from tests.contract.accepted import TACKER
from tests.contract.compare import differences, unaccepted, unneeded


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    with vnfs.lab(tmp_path_factory.mktemp("contract")) as site:
        return run.tell(site, lanes=run.TACKER_LANES)


@pytest.mark.parametrize("story", run.TACKER_STORIES)
def test_the_lab_answers_as_the_real_tacker_did(told, story):
    assert story not in told.failures, told.failures[story]
    found = unaccepted(differences(recorded.read(story), told.recordings[story]), TACKER)
    assert not found, "\n".join(map(str, found))


def test_every_accepted_difference_still_occurs(told):
    found = [item for story in run.TACKER_STORIES for item in differences(recorded.read(story), told.recordings[story])]
    assert unneeded(found, TACKER) == []
