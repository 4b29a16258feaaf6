# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows how far a rolling maintenance is, and writes its report."""

from __future__ import annotations

DOCUMENTATION = r"""
name: maintenance_report
type: notification
short_description: Show how far a rolling maintenance is, and write its report
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - During a run of P(nfv.maintenance.rolling_host_maintenance#role) it keeps the last three lines of a terminal for how far the
    run is, as the session API measures it (wave, hosts, instances moved, time left), what is under work, and for whom it waits
    until when. Where the output is not a terminal it prints a line at the beginning of each wave and whenever that changes.
  - At the end it writes C(report.json) (its schema is C(plugins/plugin_utils/_report/report_schema.json)), C(report.html), which
    needs nothing but a browser, and C(report.txt), and prints the latter.
  - The report is made of the record that the session API keeps, so that it also has what earlier runs of the session did, however
    they ended. What only the run itself sees (waves, blockers, versions, when checks began, failures) is added.
  - It never fails a play. What looks like a password or a token in the text of a failure is left out.
  - Nothing is written by runs that open no session.
options:
  directory:
    description:
      - Where the reports go. Each session has a directory of its own in it, named by its id.
      - The default is below the directory in which the playbook is started.
    type: path
    default: maintenance-reports
    ini:
      - section: callback_maintenance_report
        key: directory
    env:
      - name: NFV_MAINTENANCE_REPORT_DIRECTORY
  formats:
    description: What is written.
    type: list
    elements: str
    choices: [json, html, text]
    default: [json, html, text]
    ini:
      - section: callback_maintenance_report
        key: formats
    env:
      - name: NFV_MAINTENANCE_REPORT_FORMATS
  measurements:
    description:
      - A file with what somebody measures of the service of the VNFs, read at the end. Without it the report says that nobody
        measured.
      - 'JSON: C({"since", "until", "vnfs": [{"id", "name", "availability", "down_seconds", "longest_gap_seconds", "gaps":
        [{"from", "to", "seconds"}]}]}). Times are ISO 8601 in UTC, C(availability) is between 0 and 1.'
    type: path
    ini:
      - section: callback_maintenance_report
        key: measurements
    env:
      - name: NFV_MAINTENANCE_REPORT_MEASUREMENTS
  live:
    description: Whether a terminal shows the live view (V(auto)), or only lines, as where there is no terminal (V(never)).
    type: str
    choices: [auto, never]
    default: auto
    ini:
      - section: callback_maintenance_report
        key: live
    env:
      - name: NFV_MAINTENANCE_REPORT_LIVE
  live_interval:
    description: Seconds between two looks at the session for the live view.
    type: float
    default: 2.0
    ini:
      - section: callback_maintenance_report
        key: live_interval
    env:
      - name: NFV_MAINTENANCE_REPORT_LIVE_INTERVAL
  cloud:
    description:
      - The cloud in C(clouds.yaml) with which the session is read. By default that of the run.
      - Needed where the run has its password from a variable (C(auth)), which a callback does not see.
    type: str
    ini:
      - section: callback_maintenance_report
        key: cloud
    env:
      - name: NFV_MAINTENANCE_REPORT_CLOUD
requirements:
  - enable it with C(ANSIBLE_CALLBACKS_ENABLED=nfv.maintenance.maintenance_report) or C(callbacks_enabled) in C(ansible.cfg)
"""

import functools
import sys
import typing as t
from pathlib import Path

from ansible.plugins.callback import CallbackBase
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.times import utc_now
from ansible_collections.nfv.maintenance.plugins.plugin_utils._report import ending, sink, text
from ansible_collections.nfv.maintenance.plugins.plugin_utils._report.masking import masked
from ansible_collections.nfv.maintenance.plugins.plugin_utils._report.recorder import Recorder
from ansible_collections.nfv.maintenance.plugins.plugin_utils._report.watching import Watching

Method = t.Callable[..., None]


def harmless(method: Method) -> Method:
    """Whatever goes wrong here is not the run's fault: it is said once, and the run goes on."""

    @functools.wraps(method)
    def guarded(self: CallbackModule, *given: t.Any, **named: t.Any) -> None:
        try:
            method(self, *given, **named)
        except Exception as exc:  # noqa: BLE001
            if not self.broken:
                self.broken = True
                said = f"maintenance_report: {type(exc).__name__}: {masked(exc)}. The run goes on; its report may be incomplete."
                self._display.warning(said)

    return guarded


def _now() -> str:
    """As the session API writes times."""
    return utc_now().isoformat(timespec="microseconds").replace("+00:00", "Z")


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Hands on what it hears to the recorder."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "nfv.maintenance.maintenance_report"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *given: t.Any, **named: t.Any) -> None:
        """Hear nothing yet."""
        super().__init__(*given, **named)
        self.broken = False
        self._recorder = Recorder()
        self._watching: Watching | None = None

    @harmless
    def v2_runner_on_ok(self, result: t.Any) -> None:
        """A task has ended."""
        task, wave = result._task, self._recorder.wave
        lines = self._recorder.ended(str(task.resolved_action or task.action), result._result, _now())
        if self._watching is None and self._terminal():
            self._watch()
        if self._watching is None:
            for line in lines:
                self._display.display(f"maintenance: {line}")
        elif self._recorder.wave is not wave:
            self._watching.tell(self._recorder.wave)

    @harmless
    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        """A task has failed."""
        if not ignore_errors:
            self._recorder.failed(result._host.get_name(), result._task.get_name(), result._result, _now())

    @harmless
    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        """A host was not reached."""
        self.v2_runner_on_failed(result)

    @harmless
    def v2_playbook_on_stats(self, stats: t.Any) -> None:  # pylint: disable=unused-argument
        """The run is over."""
        if self._watching is not None:
            self._watching.end()
        if self._recorder.session_id is None:
            return
        self._measured()
        report = ending.report(self._recorder, _now(), self._connection())
        folder = Path(str(self.get_option("directory"))) / str(report["session"]["id"])
        files = sink.write(report, folder, self.get_option("formats"))
        self._display.display("\n" + text.summary(report) + "".join(f"  written    {path}\n" for path in files))

    def _terminal(self) -> bool:
        return self._recorder.session_id is not None and self.get_option("live") == "auto" and sys.stdout.isatty()

    def _watch(self) -> None:
        connection = self._connection()
        if connection is not None and self._recorder.session_id is not None:
            self._watching = Watching(connection, self._recorder.session_id, float(self.get_option("live_interval")))
            self._watching.tell(self._recorder.wave)

    def _connection(self) -> dict[str, t.Any] | None:
        cloud = self.get_option("cloud")
        return {"cloud": cloud} if cloud else self._recorder.connection

    def _measured(self) -> None:
        path = self.get_option("measurements")
        if not path:
            return
        try:
            self._recorder.seen.measured = sink.measured(Path(str(path)))
        except (OSError, ValueError) as exc:
            self._recorder.seen.notes.append(f"The measurements in {path} cannot be used: {exc}.")
