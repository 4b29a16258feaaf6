# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real Tacker answers the calls of tests/contract as recorded; the lab's is held to the same in "make test"."""

from __future__ import annotations

import pytest

from tests.contract import recorded, run
from tests.contract.compare import differences
from tests.tacker import contract_site

# The first test tells all stories, of which one waits until Tacker has given up waiting.
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def real(running_tacker):
    running_tacker.reset()
    return run.tell(contract_site.site(running_tacker), lanes=run.TACKER_IN_TURN)


@pytest.mark.parametrize("story", run.TACKER_STORIES)
def test_the_real_tacker_answers_as_recorded(real, story):
    assert story not in real.failures, real.failures[story]
    found = differences(recorded.read(story), real.recordings[story])
    assert not found, "\n".join(map(str, found)).replace("    lab ", "    now ").replace("    real ", "    then ")
