# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a host may return to service after the work on it (private to this collection)."""

from __future__ import annotations

import dataclasses
import fnmatch
import time
import typing as t

from .._ensure import Record
from .._errors import CollectionError, ServiceError, WaitTimeout
from .versions import version_number, version_text

_AT_LEAST = ">="
# Of what was waited so far, until the next look: what is lost stays small beside the work, and a long one costs few more calls.
_SHARE = 0.25


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to be true.

    :ivar what: what is looked at, for example "hypervisor version".
    :ivar next_step: the command to run when it does not come true.
    """

    what: str
    expected: str
    seen: str
    passed: bool
    next_step: str

    def record(self) -> Record:
        """The form that the module returns."""
        return {"name": self.what, "expected": self.expected, "seen": self.seen, "passed": self.passed}

    def sentence(self) -> str:
        """What is not as expected."""
        return f"{self.what}: expected {self.expected}, seen {self.seen}"


@dataclasses.dataclass(frozen=True, slots=True)
class Expected:
    """What the administrator expects of a host beside a running nova-compute.

    :ivar hypervisor_version: as Nova's number or ``8.1.0``; with ``>=`` in front that or newer. None expects nothing.
    :ivar kernel: a shell pattern for what ``uname -r`` says.
    :ivar packages: shell patterns for the installed versions by package.
    """

    hypervisor_version: str | None = None
    kernel: str | None = None
    packages: t.Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """What was found on the host itself after the work.

    :ivar packages: installed versions by package; one that is absent is not installed.
    """

    kernel: str | None = None
    packages: t.Mapping[str, t.Sequence[str]] = dataclasses.field(default_factory=dict)


def installed_versions(facts: t.Mapping[str, t.Any]) -> dict[str, list[str]]:
    """Versions by package from the fact ``packages`` of ansible.builtin.package_facts, with the release where there is one."""
    return {
        name: [f"{one['version']}-{one['release']}" if one.get("release") else str(one.get("version")) for one in entries]
        for name, entries in facts.items()
    }


class Cloud(t.Protocol):
    """What readiness needs of Nova; :class:`.nova.Nova` is it."""

    def services(self) -> list[Record]:
        """All nova-compute services."""

    def hypervisors(self) -> list[Record]:
        """All hypervisors, with the service each belongs to."""


def host_checks(host: str, expected: Expected, found: Found) -> list[Check]:
    """What only the host itself knows; it does not change while Nova is waited for."""
    checks = []
    if expected.kernel is not None:
        seen = found.kernel or "nothing"
        passed = fnmatch.fnmatchcase(seen, expected.kernel)
        checks.append(Check("kernel", expected.kernel, seen, passed, f"reboot {host} into the kernel expected (uname -r there)"))
    for package, pattern in sorted(expected.packages.items()):
        versions = found.packages.get(package) or []
        passed = any(fnmatch.fnmatchcase(version, pattern) for version in versions)
        step = f"install {package} {pattern} on {host}"
        checks.append(Check(f"package {package}", pattern, ", ".join(versions) or "not installed", passed, step))
    return checks


def service_checks(host: str, service: Record | None, reported: str | None) -> list[Check]:
    """nova-compute is up and Nova has heard of it since ``reported``, its last report known when the work ended."""
    step = f"look at nova-compute on {host} (openstack compute service list --host {host})"
    what = f"nova-compute on host {host}"
    if service is None:
        return [Check(what, "a nova-compute service", "none", False, step)]
    state = f"{service.get('state')}{', forced down' if service.get('forced_down') else ''}"
    last = str(service.get("updated_at"))
    return [
        Check(what, "up", state, state == "up", step),
        Check(f"{what}, last report", f"one after {reported}", last, reported is not None and last != reported, step),
    ]


def hypervisor_checks(host: str, hypervisors: t.Sequence[Record], expected: str | None) -> list[Check]:
    """The host's hypervisor is up and of the version expected; a host may have several (ironic, vCenter)."""
    step = f"look at the hypervisor of {host} (openstack hypervisor show {host})"
    if not hypervisors:
        return [Check(f"hypervisor on host {host}", "one", "none", False, step)]
    states = sorted({str(one.get("state")) for one in hypervisors})
    checks = [Check(f"hypervisor on host {host}", "up", ", ".join(states), states == ["up"], step)]
    if expected is not None:
        at_least = expected.startswith(_AT_LEAST)
        wanted = version_number(expected.removeprefix(_AT_LEAST))
        versions = sorted({int(one.get("hypervisor_version") or 0) for one in hypervisors})
        passed = all(seen >= wanted if at_least else seen == wanted for seen in versions)
        seen = ", ".join(str(one) for one in versions)
        shown = f"{expected} ({wanted})"
        checks.append(Check(f"hypervisor version on host {host}", shown, seen, passed, f"upgrade the hypervisor of {host}"))
    return checks


class Readiness:
    """Looks at one host until everything has been true for ``settle`` seconds without a break.

    :param alerts: gives the names of the alerts that fire for the host; None does not look.
    :param worked_on: whether anything can have stopped nova-compute; otherwise its last report will do.
    """

    def __init__(
        self,
        cloud: Cloud,
        host: str,
        expected: Expected,
        found: Found,
        alerts: t.Callable[[], list[str]] | None = None,
        *,
        worked_on: bool = True,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        """Nothing is read yet."""
        self._cloud = cloud
        self._host = host
        self._expected = expected
        self._alerts = alerts
        self._of_host = host_checks(host, expected, found)
        self._clock = clock
        self._sleep = sleep
        self._report: str | None = None
        self._version: str | None = None
        # Every report is another one than this.
        self._baseline = None if worked_on else ""

    def wait(self, timeout: float, settle: float, *, interval: float = 0.5, longest: float = 5.0) -> Record:
        """Return what was seen when the host was ready.

        nova-compute has to report after the first look, and again while the host settles: Nova calls a service up for a minute
        after its last report, so one that dies in the work, or right after its start, would seem well.

        :param timeout: seconds for all of it.
        :raises CollectionError: at once, when the host itself is not as expected, because waiting does not change that.
        :raises WaitTimeout: naming the host, what was expected and what was seen.
        """
        wrong = [check for check in self._of_host if not check.passed]
        if wrong:
            raise CollectionError(self._told(f"Host {self._host} is not ready", wrong), **self._details(wrong))
        end = self._clock() + timeout
        since: float | None = None
        origin, baseline = self._clock(), self._baseline
        while True:
            checks = self._look(baseline)
            wrong = [check for check in checks if not check.passed]
            baseline = baseline if baseline is not None else self._report
            if wrong and since is not None and not self._only_a_report(wrong):
                since, baseline, origin = None, self._report, self._clock()
            elif not wrong and since is None:
                since = self._clock()
                if settle > 0:
                    baseline, origin = self._report, self._clock()
            if not wrong and since is not None and self._clock() >= since + settle:
                shown = [check.record() for check in (*self._of_host, *checks)]
                return {"host": self._host, "hypervisor_version": self._version, "checks": shown}
            left = end - self._clock()
            if left <= 0:
                raise WaitTimeout(self._late(timeout, settle, wrong), timeout=timeout, **self._details(wrong))
            self._sleep(min(max(interval, _SHARE * (self._clock() - origin)), longest, left))

    def _look(self, reported: str | None) -> list[Check]:
        try:
            return self._read(reported)
        except ServiceError as exc:
            if exc.status is not None and exc.status < 500:
                raise
            return [Check("Nova", "an answer", str(exc), False, "see whether Nova's API can be reached (openstack catalog list)")]

    def _read(self, reported: str | None) -> list[Check]:
        """The hypervisors, all of a cloud in one list, and the alerts are only asked for once nova-compute is there."""
        service = next((one for one in self._cloud.services() if one.get("host") == self._host), None)
        self._report = str(service.get("updated_at")) if service else self._report
        checks = service_checks(self._host, service, reported)
        if not self._only_a_report([check for check in checks if not check.passed]):
            return checks
        hypervisors = [one for one in self._cloud.hypervisors() if (one.get("service") or {}).get("host") == self._host]
        self._version = next((version_text(one.get("hypervisor_version")) for one in hypervisors), None)
        checks += hypervisor_checks(self._host, hypervisors, self._expected.hypervisor_version)
        if self._alerts is not None:
            checks.append(self._alert_check(self._alerts))
        return checks

    def _alert_check(self, alerts: t.Callable[[], list[str]]) -> Check:
        step = f"see in Prometheus what fires for {self._host}"
        try:
            firing = alerts()
        except ServiceError as exc:
            return Check(f"alerts for host {self._host}", "none", f"no answer ({exc})", False, step)
        return Check(f"alerts for host {self._host}", "none", ", ".join(firing) or "none", not firing, step)

    @staticmethod
    def _only_a_report(wrong: t.Sequence[Check]) -> bool:
        """Whether just the next report is still to come, which is no break."""
        return all(check.what.endswith(", last report") for check in wrong)

    def _told(self, begin: str, wrong: t.Sequence[Check]) -> str:
        steps = list(dict.fromkeys(check.next_step for check in wrong))
        return f"{begin}: {'; '.join(check.sentence() for check in wrong)}. Next: {'; '.join(steps)}"

    def _late(self, timeout: float, settle: float, wrong: t.Sequence[Check]) -> str:
        if wrong:
            return self._told(f"Host {self._host} was not ready within {timeout:g} s", wrong)
        return (
            f"Host {self._host} was ready at last, but not for {settle:g} s without a break within {timeout:g} s. "
            "Next: see why it comes and goes, or give it more time (timeout)"
        )

    def _details(self, wrong: t.Sequence[Check]) -> Record:
        return {"host": self._host, "checks": [check.record() for check in wrong]}
