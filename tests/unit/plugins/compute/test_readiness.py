# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host returns to service only when everything is as expected, and stays so (module compute_host_readiness_info)."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.readiness import (
    Expected,
    Found,
    Readiness,
    installed_versions,
)
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.versions import version_number
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError, ServiceError, WaitTimeout

HOST = "compute-1"


class Cloud:
    """A nova-compute that reports every ``every`` seconds while it is alive; time is the test's."""

    def __init__(self, every=2.0):
        self.now, self.every = 0.0, every
        self.dead = []
        self.last_words = float("inf")
        self.answers = []
        self.service = {"host": HOST, "state": "up", "forced_down": False}
        self.hypervisor = {"state": "up", "hypervisor_version": 8001000, "service": {"host": HOST}}
        self.asked = []

    def sleep(self, seconds):
        assert seconds > 0
        self.now += seconds

    def alive(self, at):
        return not any(begin <= at < end for begin, end in self.dead)

    def services(self):
        self.asked.append("services")
        if self.answers and self.now < self.answers[0]:
            raise ServiceError("Failed to list the nova-compute services: HTTP 503", status=self.answers[1])
        reports = [number * self.every for number in range(int(min(self.now, self.last_words) / self.every) + 1)]
        last = max((at for at in reports if self.alive(at)), default=-1)
        state = self.service["state"] if self.alive(self.now) else "down"
        return [{"host": "compute-2", "state": "up"}, {**self.service, "state": state, "updated_at": f"t{last:g}"}]

    def hypervisors(self):
        self.asked.append("hypervisors")
        return [{"state": "down", "service": {"host": "compute-2"}}, self.hypervisor]

    def wait(self, timeout=60.0, settle=0.0, expected=None, found=None, alerts=None, *, worked_on=True):
        ready = Readiness(
            self, HOST, expected or Expected(), found or Found(), alerts,
            worked_on=worked_on, clock=lambda: self.now, sleep=self.sleep,
        )
        return ready.wait(timeout, settle)

    def failure(self, kind=WaitTimeout, **options):
        with pytest.raises(kind) as caught:
            self.wait(**options)
        text = str(caught.value)
        assert HOST in text
        assert "Next: " in text
        return text


@pytest.fixture
def cloud():
    return Cloud()


def test_a_report_after_the_first_look_is_waited_for(cloud):
    cloud.now = 1.0
    result = cloud.wait()
    assert 2.0 <= cloud.now < 4.0
    assert [check["passed"] for check in result["checks"]] == [True, True, True]


def test_a_nova_compute_that_never_reports_again_is_not_ready_although_nova_calls_it_up(cloud):
    cloud.every = 1000.0
    text = cloud.failure(timeout=30)
    assert "last report: expected one after t0, seen t0" in text
    assert "openstack compute service list --host compute-1" in text
    assert cloud.now == 30.0


def test_without_work_on_the_host_its_last_report_will_do(cloud):
    cloud.every = 1000.0
    assert all(check["passed"] for check in cloud.wait(worked_on=False)["checks"])
    assert cloud.now == 0


def test_also_without_work_it_has_to_report_while_it_settles(cloud):
    cloud.last_words = 0.0
    assert "last report: expected one after t0, seen t0" in cloud.failure(timeout=30, settle=5.0, worked_on=False)


def test_without_work_a_nova_compute_that_is_down_is_waited_for_all_the_same(cloud):
    cloud.service["state"] = "down"
    assert "expected up, seen down" in cloud.failure(timeout=5, worked_on=False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"service": {"state": "down"}}, "nova-compute on host compute-1: expected up, seen down"),
        ({"service": {"forced_down": True}}, "nova-compute on host compute-1: expected up, seen up, forced down"),
        ({"service": {"host": "elsewhere"}}, "expected a nova-compute service, seen none"),
        ({"hypervisor": {"state": "down"}}, "hypervisor on host compute-1: expected up, seen down"),
        ({"hypervisor": {"service": {"host": "x"}}}, "hypervisor on host compute-1: expected one, seen none"),
        ({"hypervisor": {"hypervisor_version": 8000000}}, "expected >=8.1.0 (8001000), seen 8000000"),
    ],
)
def test_what_is_not_as_expected_is_named_with_what_was_seen(cloud, change, words):
    for name, values in change.items():
        getattr(cloud, name).update(values)
    assert words in cloud.failure(timeout=20, expected=Expected(hypervisor_version=">=8.1.0"))


def test_another_version_than_the_exact_one_is_not_ready(cloud):
    assert "expected 8.0.0 (8000000), seen 8001000" in cloud.failure(expected=Expected(hypervisor_version="8.0.0"))
    assert version_number("30000000") == 30_000_000
    with pytest.raises(CollectionError, match="neither a number"):
        version_number("8.x")


def test_a_wrong_kernel_or_package_fails_at_once_and_asks_nobody(cloud):
    found = Found("6.1.0-7", installed_versions({"nova-compute": [{"version": "29.0", "release": "1"}]}))
    expected = Expected(kernel="6.12.*", packages={"nova-compute": "30.*", "libvirt": "*"})
    text = cloud.failure(CollectionError, expected=expected, found=found)
    seen = ("kernel: expected 6.12.*, seen 6.1.0-7", "nova-compute: expected 30.*, seen 29.0-1", "libvirt: expected *, seen not")
    for words in seen:
        assert words in text
    assert cloud.asked == []
    cloud.wait(expected=Expected(kernel="6.1.*", packages={"nova-compute": "29.*"}), found=found)


def test_a_break_while_the_host_settles_begins_the_time_anew(cloud):
    cloud.dead = [(6.0, 9.0)]
    cloud.wait(settle=10)
    assert cloud.now >= 9.0 + 10


def test_without_another_report_while_it_settles_it_is_not_ready(cloud):
    # Dead right after its first report, and Nova has not noticed.
    cloud.last_words = 2.0
    assert "last report: expected one after t2" in cloud.failure(settle=5, timeout=40)


def test_a_host_that_comes_and_goes_is_told_as_such(cloud):
    cloud.dead = [(at + 0.0, at + 4.0) for at in range(8, 100, 12)]
    text = cloud.failure(settle=15, timeout=40)
    assert "15 s without a break within 40 s" in text or "seen down" in text


def test_a_nova_that_does_not_answer_is_waited_for_and_a_refusal_is_not(cloud):
    cloud.answers = [10.0, 503]
    cloud.wait()
    assert cloud.now >= 10.0
    cloud.answers = [1000.0, 403]
    with pytest.raises(ServiceError):
        cloud.wait()


def test_alerts_are_waited_for_until_none_fires(cloud):
    cloud.wait(alerts=lambda: ["NovaDown"] if cloud.now < 20 else [])
    assert cloud.now >= 20.0
    assert "alerts for host compute-1: expected none, seen DiskFull" in cloud.failure(alerts=lambda: ["DiskFull"])

    def away():
        raise ServiceError("Failed to read the alerts: HTTP 502", status=502)

    assert "HTTP 502" in cloud.failure(alerts=away), "no answer is not an all-clear"


def test_the_hypervisors_are_not_listed_while_nova_compute_is_down(cloud):
    cloud.service["state"] = "down"
    cloud.failure(timeout=30)
    assert "hypervisors" not in cloud.asked


def test_the_module(conversation, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    service = {"id": "s", "binary": "nova-compute", "host": HOST, "state": "up", "forced_down": False, "updated_at": "a"}
    for report in ("a", "b"):
        conversation.expect("GET", "/compute/v2.1/os-services", json={"services": [{**service, "updated_at": report}]})
        shown = {"id": "h", "state": "up", "hypervisor_version": 8001000, "service": {"host": HOST}}
        conversation.expect("GET", "/compute/v2.1/os-hypervisors/detail", json={"hypervisors": [shown]})
    result = conversation.run("compute_host_readiness_info", {"name": HOST, "expected": {"hypervisor_version": "8.1.0"}})
    assert not result["failed"], result["msg"]
    assert not result["changed"]
    assert result["compute_host_readiness"]["hypervisor_version"] == "8.1.0"
    assert {check["name"] for check in result["compute_host_readiness"]["checks"]} >= {"hypervisor version on host compute-1"}
    result = conversation.run("compute_host_readiness_info", {"name": HOST, "prometheus_url": "https://prometheus.example"})
    assert "prometheus_matchers" in result["msg"]
