# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role as an operator applies it: what it writes, what it leaves, and when it restarts the agent."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

BIN = Path(sys.executable).parent
DEFINITIONS = "# mine\n- event_type: image.delete\n  traits: {id: payload.id}   # and a remark\n"
PIPELINE = """\
sources:
  - name: all
    events: ["*"]
    sinks: [gnocchi]   # metrics
sinks:
  - name: gnocchi
    publishers: [gnocchi://]
"""
# What systemctl answers; the module looks for it in the path.
SYSTEMCTL = """\
#!/bin/sh
echo "$@" >> {log}
case "$*" in *show*) printf 'LoadState=loaded\\nActiveState=active\\nUnitFileState=enabled\\n';; esac
"""


@dataclasses.dataclass
class Run:
    """One application of the role."""

    output: str
    changed: int
    failed: bool


class Host:
    """A host with Ceilometer's configuration in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.etc = folder / "etc"
        self.etc.mkdir()
        self.definitions = self.etc / "event_definitions.yaml"
        self.pipeline = self.etc / "event_pipeline.yaml"
        self.log = folder / "systemctl.log"
        self.log.touch()
        bin_ = folder / "bin"
        bin_.mkdir()
        (bin_ / "systemctl").write_text(SYSTEMCTL.format(log=self.log))
        (bin_ / "systemctl").chmod(0o755)

    def apply(self, *options: str, **variables: t.Any) -> Run:
        given = {
            "telemetry_events_directory": str(self.etc), "ansible_python_interpreter": sys.executable,
            "ansible_connection": "local", **variables,
        }  # fmt: skip
        playbook = [str(BIN / "ansible-playbook"), "nfv.maintenance.telemetry_events", "-i", "localhost,"]
        done = subprocess.run(
            [*playbook, "-e", json.dumps(given), *options],
            env={
                **os.environ, "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_LOCAL_TEMP": str(self.folder / "ansible"), "ANSIBLE_HOME": str(self.folder / "ansible"),
            },
            cwd=self.folder, text=True, capture_output=True, check=False, timeout=120, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        counts = done.stdout.rsplit("changed=", 1)
        return Run(done.stdout + done.stderr, int(counts[1].split()[0]) if len(counts) > 1 else -1, done.returncode != 0)

    @property
    def restarts(self) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if line.startswith("restart")]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.fixture
def configured(host: Host) -> Host:
    host.definitions.write_text(DEFINITIONS)
    host.definitions.chmod(0o640)
    host.pipeline.write_text(PIPELINE)
    return host


def test_first_and_second_time(configured: Host):
    first = configured.apply()
    assert not first.failed, first.output
    assert first.changed == 3, first.output  # two files and the restart
    assert configured.definitions.read_text().startswith(DEFINITIONS)
    assert all(line in configured.pipeline.read_text() for line in PIPELINE.splitlines())
    types = [entry["event_type"] for entry in yaml.safe_load(configured.definitions.read_text())]
    assert types == ["image.delete", ["maintenance.planned", "maintenance.scheduled"], "maintenance.host", "maintenance.session"]
    assert {"name": "maintenance_sink", "publishers": ["notifier://?topic=alarm.all"]} in yaml.safe_load(
        configured.pipeline.read_text()
    )["sinks"]
    assert configured.definitions.stat().st_mode & 0o777 == 0o640
    assert [path.read_text() for path in sorted(configured.etc.glob("*~"))] == [DEFINITIONS, PIPELINE]
    assert configured.restarts == ["restart ceilometer-agent-notification"]
    before = {path: path.read_bytes() for path in configured.etc.iterdir()}
    second = configured.apply()
    assert second.changed == 0, second.output
    assert {path: path.read_bytes() for path in configured.etc.iterdir()} == before
    assert len(configured.restarts) == 1


def test_check_mode_shows_and_writes_nothing(configured: Host):
    run = configured.apply("--check", "--diff", telemetry_events_service="")
    assert not run.failed, run.output
    assert run.changed == 2
    for line in ("+- event_type: maintenance.host", "+  - name: maintenance_sink", " # mine"):
        assert line in run.output
    assert sorted(path.name for path in configured.etc.iterdir()) == ["event_definitions.yaml", "event_pipeline.yaml"]
    assert configured.definitions.read_text() == DEFINITIONS
    assert configured.restarts == []


def test_no_service_and_no_backup(configured: Host):
    run = configured.apply(telemetry_events_service="", telemetry_events_backup=False)
    assert not run.failed, run.output
    assert run.changed == 2
    assert configured.log.read_text() == ""
    assert len(list(configured.etc.iterdir())) == 2


def test_a_host_without_files_gets_what_ceilometer_brings_along(host: Host):
    packaged = host.folder / "packaged"
    packaged.mkdir()
    (packaged / "event_definitions.yaml").write_text(DEFINITIONS)
    (packaged / "event_pipeline.yaml").write_text(PIPELINE)
    run = host.apply(telemetry_events_packaged_directory=str(packaged), telemetry_events_service="")
    assert not run.failed, run.output
    assert host.definitions.read_text().startswith(DEFINITIONS)
    assert all(line in host.pipeline.read_text() for line in PIPELINE.splitlines())
    assert (packaged / "event_definitions.yaml").read_text() == DEFINITIONS


def test_without_files_and_without_ceilometer_nothing_is_made_up(host: Host):
    run = host.apply(telemetry_events_service="")
    assert run.failed
    assert "Next: name it with the option packaged" in " ".join(run.output.split())
    assert list(host.etc.iterdir()) == []


def test_a_broken_file_is_left_as_it_is(configured: Host):
    configured.definitions.write_text("- [")
    run = configured.apply()
    assert run.failed
    assert "Next: mend it" in " ".join(run.output.split())
    assert configured.definitions.read_text() == "- ["
    assert configured.restarts == []


def test_a_link_stays_a_link(configured: Host):
    real = configured.folder / "real.yaml"
    configured.definitions.rename(real)
    configured.definitions.symlink_to(real)
    assert not configured.apply(telemetry_events_service="").failed
    assert configured.definitions.is_symlink()
    assert "maintenance.host" in real.read_text()


def test_another_way_to_aodh(configured: Host):
    publisher = "notifier://?topic=alarms"
    assert not configured.apply(telemetry_events_publisher=publisher, telemetry_events_service="").failed
    assert publisher in configured.pipeline.read_text()
