# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notifications as Tacker makes them, and what a rulebook gets of them."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extensions.eda.plugins.event_filter import vnf_lcm_event

RAW = {
    "id": "n1", "notificationType": "VnfLcmOperationOccurrenceNotification", "subscriptionId": "s1",
    "timeStamp": "2026-11-21T02:20:00Z", "operationState": "COMPLETED", "vnfInstanceId": "i1", "operation": "HEAL",
    "isAutomaticInvocation": False, "verbosity": "FULL", "vnfLcmOpOccId": "o1", "notificationStatus": "RESULT",
    "affectedVnfcs": [
        {"id": "a", "vduId": "VDU1", "changeType": "REMOVED", "computeResource": {"resourceId": "old"}},
        {"id": "b", "vduId": "VDU1", "changeType": "ADDED", "computeResource": {"resourceId": "new"}},
    ],
    "_links": {"vnfInstance": {"href": "http://elsewhere/x"}},
}  # fmt: skip
TYPED = {
    "notification_id": "n1", "subscription_id": "s1", "vnf_instance_id": "i1", "op_occ_id": "o1", "operation": "HEAL",
    "operation_state": "COMPLETED", "notification_status": "RESULT", "is_automatic": False, "error": "",
    "added": ["new"], "removed": ["old"], "modified": [],
}  # fmt: skip


def test_a_notification_and_one_behind_a_webhook():
    kept = copy.deepcopy(RAW)
    assert vnf_lcm_event.main(RAW) == {"vnf_lcm": TYPED}
    event = {"payload": RAW, "meta": {"endpoint": "lcm", "headers": {"Authorization": "secret"}}}
    assert vnf_lcm_event.main(event) == {"vnf_lcm": TYPED, "meta": {"endpoint": "lcm"}}
    assert kept == RAW


def test_what_went_wrong_is_one_line_without_templates():
    detail = "no\n{{{{ lookup('x') }}}} {%" * 99
    raw = {**RAW, "operationState": "FAILED_TEMP", "error": {"title": "Stack update failed", "detail": detail}}
    error = vnf_lcm_event.main(raw)["vnf_lcm"]["error"]
    assert error.startswith("Stack update failed: no { { { { lookup")
    assert not any(mark in error for mark in ("{{", "{%", "{#"))
    assert len(error) <= 500


@pytest.mark.parametrize("event", [None, [], "x", {}, {"payload": 1}, {"notificationType": "VnfIdentifierCreationNotification"}])
def test_other_events_pass_unchanged(event):
    assert vnf_lcm_event.main(event) == event


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"vnfInstanceId": None}, "vnfInstanceId is no identifier"),
        ({"vnfInstanceId": "{{ x }}"}, "vnfInstanceId is no identifier"),
        ({"operation": "EXPLODE"}, "operation is none of INSTANTIATE"),
        ({"operationState": ["COMPLETED"]}, "operationState is none of STARTING"),
        ({"affectedVnfcs": {}}, "affectedVnfcs is no list"),
        ({"affectedVnfcs": [{"changeType": "ADDED", "computeResource": {"resourceId": "../x"}}]}, "resourceId is no identifier"),
        ({"affectedVnfcs": [{"changeType": [], "computeResource": {}}]}, "an entry of affectedVnfcs has no changeType"),
    ],
)
def test_what_cannot_be_used_is_told(change, reason):
    assert vnf_lcm_event.main({**RAW, **change})["vnf_lcm_rejected"]["reason"].startswith(reason)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*RAW, "resourceId", "payload"]), inner),
    max_leaves=10,
)


@settings(max_examples=100, deadline=None)
@given(change=st.dictionaries(st.sampled_from(sorted(RAW)), anything))
def test_whatever_comes_nothing_breaks(change):
    result = vnf_lcm_event.main({"payload": {**RAW, **change}})
    assert isinstance(result, dict)
    assert "{{" not in str(result.get("vnf_lcm", ""))
