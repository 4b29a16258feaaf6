# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The embedded lab answers every call as the real services did; their answers are in recorded/.

tests/openstack/test_contract.py tells the same stories to the real services. tests/contract/README.md says how to record.
"""

from __future__ import annotations

import copy

import pytest

from tests.contract import recorded, run, sites
from tests.contract.accepted import ACCEPTED
from tests.contract.compare import Accepted, Difference, differences, unaccepted, unneeded
from tests.contract.masks import Masker


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    with sites.lab(tmp_path_factory.mktemp("contract")) as site:
        return run.tell(site)


@pytest.mark.parametrize("story", run.STORIES)
def test_the_lab_answers_as_the_real_services_did(told, story):
    assert story not in told.failures, told.failures[story]
    found = unaccepted(differences(recorded.read(story), told.recordings[story]), ACCEPTED)
    assert not found, "\n".join(map(str, found))


def test_every_accepted_difference_still_occurs(told):
    found = [item for story in run.STORIES for item in differences(recorded.read(story), told.recordings[story])]
    assert unneeded(found, ACCEPTED) == []


def test_nothing_is_recorded_that_is_not_told():
    assert sorted(path.name for path in recorded.FOLDER.glob("*.json")) == sorted(
        recorded.path(story).name for story in [*run.STORIES, *run.TACKER_STORIES]
    )


# --- the instruments themselves


def test_a_changed_field_a_lost_one_and_a_new_one_are_seen():
    real = {"a: b": {"status": 200, "headers": {"vary": "x"}, "body": {"list": [1, {"deep": None}], "flag": True}}}
    lab = copy.deepcopy(real)
    assert differences(real, lab) == []
    lab["a: b"]["body"]["list"][1]["deep"] = ""
    lab["a: b"]["body"]["flag"] = 1
    del lab["a: b"]["headers"]["vary"]
    lab["a: b"]["body"]["more"] = 2
    assert [item.path for item in differences(real, lab)] == ["headers.vary", "body.list.1.deep", "body.flag", "body.more"]
    assert [item.path for item in differences(real, {})] == ["the call"]
    assert [item.path for item in differences({}, real)] == ["the call"]


def test_the_table_covers_what_it_names_and_nothing_else():
    first, second = Difference("a: b", "body.x", 1, 2), Difference("a: c", "body.x", 1, 2)
    table = [Accepted("a: b", "body.*", "why"), Accepted("a: z", "*", "why")]
    assert unaccepted([first, second], table) == [second]
    assert unneeded([first, second], table) == [table[1]]


def test_masks_keep_who_is_who_and_the_form_of_times():
    masker = Masker({"compute": "http://127.0.0.1:8774", "placement": "http://127.0.0.1:80/placement"})
    first, second = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
    masker.name("server one", first)
    body = {
        "id": first, "other": second, "again": second, "self": f"http://127.0.0.1:8774/v2.1/servers/{first}",
        "link": "/placement/x", "at": ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.123456", "2026-01-01 00:00:00+00:00"],
        "text": f"req-{second} of 127.0.0.1", "used": 7, "near": f"{first}0 {first}.",
    }  # fmt: skip
    assert masker.body(body, ["used"]) == {
        "id": "<server one>", "other": "<uuid 1>", "again": "<uuid 1>", "self": "<compute>/v2.1/servers/<server one>",
        "link": "/x", "at": ["<timeTZ>", "<timeT.ffffff>", "<time +zone>"], "text": "<request 1> of <ipv4>", "used": "<int>",
        "near": "<uuid 2>0 <server one>.",
    }  # fmt: skip
