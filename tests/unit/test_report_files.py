# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a report: as the schema says, one page that needs nothing and believes nothing, a summary, a live view."""

from __future__ import annotations

import datetime
import fcntl
import io
import itertools
import json
import os
import re
import select
import struct
import termios
import typing as t
from pathlib import Path

import jsonschema
import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils._report import html, live, sink, spans, text, watcher
from ansible_collections.nfv.maintenance.plugins.plugin_utils._report.schema import schema

from tests.report_samples import Sample

EVIL = "</script><script>alert(1)</script><!-- \u2028"
NOW = datetime.datetime(2026, 11, 21, 1, 0, 0, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def report() -> dict[str, t.Any]:
    return Sample(4, failing="compute-3").report()


@pytest.mark.parametrize(
    "sample", [Sample(2), Sample(5, 2, failing="compute-2"), Sample(6, 3, until=3)], ids=["done", "failing", "running"]
)
def test_a_report_is_as_its_schema_says(sample: Sample):
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.Draft202012Validator(schema()).validate(sample.report())


def test_the_checks_on_a_host_are_no_work(report: dict[str, t.Any]):
    for host in report["hosts"]:
        phases = host["spans"]
        assert [span["phase"] for span in phases] == ["draining", "working", "verifying"]
        assert all(before["to"] == after["from"] for before, after in itertools.pairwise(phases))
        assert phases[-1]["failed"] is (host["name"] == "compute-3")


def test_a_host_that_was_put_off_has_two_times_of_draining():
    told = [
        ("01", "DRAINING"),
        ("02", "WAITING: refused"),
        ("05", "DRAINING"),
        ("06", "DRAINING: again"),
        ("07", "FAILED: stuck"),
    ]
    events = [{"at": at, "kind": "host.state", "host": "h1", "text": f"h1: {state}"} for at, state in told]
    assert spans.of_hosts(events)["h1"] == [
        {"phase": "draining", "from": "01", "to": "02", "failed": False},
        {"phase": "draining", "from": "05", "to": "07", "failed": True},
    ]


def test_the_page_needs_nothing_and_allows_nothing_else(report: dict[str, t.Any]):
    page = html.render(report)
    code = re.sub(r"<script type=.application/json.*?</script>", "", page, flags=re.DOTALL)
    assert not re.findall(r"""(?:src|href|action)\s*=|@import|url\(|https?://(?!www\.gnu\.org/licenses)""", code)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert policy.count("sha256-") == 2
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "localStorage", " style="):
        assert word not in code


def test_what_is_in_a_report_stays_data(report: dict[str, t.Any]):
    made = {**report, "notes": [EVIL], "session": {**report["session"], "name": EVIL}}
    page = html.render(made)
    assert "alert(1)</script>" not in page
    (data,) = re.findall(r'<script type="application/json" id="report">(.*?)</script>', page, flags=re.DOTALL)
    assert json.loads(data) == made


def test_files_are_there_whole_or_as_they_were(tmp_path: Path, report: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch):
    written = sink.write(report, tmp_path / "a" / "b", ["json", "text"])
    assert [path.name for path in written] == ["report.json", "report.txt"]
    before = written[0].read_text()
    with pytest.raises(TypeError):
        sink.write({**report, "notes": [object()]}, tmp_path / "a" / "b", ["json"])
    assert written[0].read_text() == before

    def full(*_given: t.Any) -> t.NoReturn:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        sink.write(report, tmp_path / "a" / "b", ["json"])
    assert written[0].read_text() == before
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == ["report.json", "report.txt"]


def test_the_summary_says_what_one_wants_to_know_first(report: dict[str, t.Any]):
    said = text.summary(report)
    for part in (
        "Maintenance kernel-2026-11: MAINTENANCE_DONE",
        "3 of 4 done, 1 failed",
        "not done   compute-3: FAILED: nova-compute did not come back",
        "3 refused",
        "vnf-core: 99.97 % available, 1 gap, longest 0.31 s",
        "vnf-edge: 100 % available, no gap",
        "failure    compute-3, Wait until the host is ready: nova-compute did not come back in 600 s",
    ):
        assert part in said
    assert "nobody measured" in text.summary({**report, "vnfs": []})


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, "unknown"), (0.104, "0.104 s"), (59.4, "59.4 s"), (61, "1 min 01 s"), (7325, "2 h 02 min")]
)
def test_how_long_something_lasted(seconds: float | None, said: str):
    assert text.lasting(seconds) == said


def running() -> dict[str, t.Any]:
    waits = ["project p1 to reply to PLANNED_MAINTENANCE until later", "somebody to approve wave 2 (h2)"]
    counts = {"percent_done": 40, "hosts": 20, "hosts_done": 8, "hosts_failed": 1, "servers": 60, "servers_done": 24}
    asked = {"project_id": "p1", "project_name": "operator\033[2J", "state": "PLANNED_MAINTENANCE"}
    states = {"h1": "DRAINING", "h2": "IN_MAINTENANCE", "h3": "WAITING", "h4": "IN_MAINTENANCE"}
    return {
        "name": "rack 7",
        "state": "PLANNED_MAINTENANCE",
        "progress": {**counts, "seconds_left": 725, "waiting_for": waits},
        "hosts": [{"name": name, "state": state, "verifying": name == "h4"} for name, state in states.items()],
        "waiting_for": [{**asked, "reply_at": "2026-11-21T01:00:42.000000Z"}],
    }


def test_the_summary_does_not_call_undone_what_people_have_left_out(report: dict[str, t.Any]):
    skipped = {"name": "compute-9", "state": "WAITING", "skipped": True, "reason": None}
    said = text.summary({**report, "hosts": [*report["hosts"], skipped]})
    assert "  left out   compute-9: WAITING" in said.splitlines()


def test_the_live_view_says_how_far_it_is_and_for_whom_it_waits():
    done = "[#########---------------] 40 %, wave 3 of 10, 8 of 20 hosts, 24 of 60 instances moved, 1 failed"
    far, work, waits = live.lines(running(), {"number": 3, "waves": 10}, NOW, 200)
    assert far == f"{done}, about 12 min 05 s left"
    assert work == "rack 7 is PLANNED_MAINTENANCE: h1 draining, h2 working, h4 verifying"
    assert waits.startswith("waiting for project operator?[2J to reply to PLANNED_MAINTENANCE until 01:00:42 UTC (42 s left); ")
    assert waits.endswith("somebody to approve wave 2 (h2)")


@pytest.mark.parametrize("width", [20, 40, 80])
def test_the_live_view_fits_its_terminal(width: int):
    shown = live.lines(running(), {}, NOW, width)
    assert len(shown) == live.HEIGHT
    assert all(len(line) < width for line in shown)


def test_the_watcher_gives_the_terminal_back_when_its_run_is_gone():
    terminal, other = os.openpty()
    reading, writing = os.pipe()
    os.write(writing, b'{"number": 2, "waves": 3}\n')
    screen = watcher.Screen(other, live.HEIGHT)
    seen: list[dict[str, t.Any]] = []

    def show(session: dict[str, t.Any], wave: dict[str, t.Any]) -> None:
        seen.append(wave)
        screen.draw(lambda width: live.lines(session, wave, NOW, width))
        if len(seen) == 2:
            os.close(writing)

    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    with os.fdopen(reading, "rb", buffering=0) as source:
        watcher.follow(source, running, show, every=0.01)
    screen.give_back()
    written = ""
    while "\033[r" not in written:
        assert select.select([terminal], [], [], 10)[0], written
        written += os.read(terminal, 65536).decode()
    os.close(terminal)
    os.close(other)
    assert seen == [{}, {"number": 2, "waves": 3}]
    assert written.index("\033[1;21r") < written.index("wave 2 of 3") < written.rindex("\033[r"), (
        "kept the lines, then gave them back"
    )
    assert written.count("\033[1;21r") == 1


def test_the_watcher_goes_on_while_the_service_is_away():
    shown: list[t.Any] = []
    answers = iter([None, None])

    class Source(io.BytesIO):
        def fileno(self) -> int:
            return ready

    ready, writing = os.pipe()
    os.close(writing)
    watcher.follow(Source(b"{}\n"), lambda: next(answers), lambda *given: shown.append(given), every=0.01)
    os.close(ready)
    assert shown == []
