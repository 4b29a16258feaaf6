# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keeper of a lease, as the process that it is: it lives no longer than what it keeps the lease for."""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import callback
from ansible_collections.nfv.maintenance.plugins.plugin_utils import _lease_keeper

from tests.unit.plugins.maintenance.source_stand_in import BUSY, KEY, OVER, STALE, Source
from tests.waiting import until

Keep = t.Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def source() -> t.Iterator[Source]:
    source = Source()
    yield source
    source.close()


@pytest.fixture
def watched() -> t.Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.fixture
def keep(source: Source, watched: subprocess.Popen[bytes]) -> t.Iterator[Keep]:
    keepers: list[subprocess.Popen[bytes]] = []

    def start(**changes: t.Any) -> subprocess.Popen[bytes]:
        process = {"pid": watched.pid, "started": _lease_keeper.started(watched.pid)}
        leases = {
            "vnf_ids": ["vnf-1"],
            "deliveries": [source.delivery("d-1"), source.delivery("d-2")],
            "seconds": 3,
            "limit": 600,
        }
        task = {"client": callback.__file__, "tls": [*callback.Tls()], **process, **leases, **changes}
        keeper = subprocess.Popen([sys.executable, "-I", _lease_keeper.__file__], stdin=subprocess.PIPE, env={})
        keepers.append(keeper)
        with t.cast("t.IO[bytes]", keeper.stdin) as pipe:
            pipe.write(json.dumps(task).encode())
        return keeper

    yield start
    for keeper in keepers:
        keeper.kill()
        keeper.wait()


def test_a_lease_is_renewed_while_the_playbook_lives(source: Source, keep: Keep) -> None:
    keeper = keep()
    bodies = source.hears(3)
    assert bodies[:3] == [{"attempt": 1, "state": "held", "vnf_ids": ["vnf-1"], "seconds": 3.0}] * 3
    assert {name for name, _key, _body in source.heard} == {"d-1"}
    assert keeper.poll() is None


def test_what_a_dead_playbook_leaves_is_given_back_at_once(source: Source, keep: Keep, watched: t.Any) -> None:
    # So long a lease that nothing is given back for being at its end.
    keeper = keep(seconds=300)
    watched.kill()
    # A zombie is dead too: nobody has waited for it yet.
    source.hears(2)
    keeper.wait(10)
    assert sorted((name, body["state"]) for name, _key, body in source.heard) == [("d-1", "released"), ("d-2", "released")]


def test_another_process_with_the_number_of_the_playbook_is_not_the_playbook(source: Source, keep: Keep) -> None:
    keep(started="1").wait(10)
    assert [body["state"] for body in source.bodies] == ["released", "released"]


@pytest.mark.parametrize("answer", [STALE, OVER, (401, {})])
def test_there_is_nothing_to_keep_any_more(source: Source, keep: Keep, answer: t.Any) -> None:
    source.answers = [answer]
    keep().wait(20)
    assert len(source.heard) == 1, "neither renewed again nor given back"


def test_a_source_that_is_away_for_a_moment_is_asked_again(source: Source, keep: Keep) -> None:
    source.answers = [(503, {}), BUSY]
    keep(seconds=6)
    assert len(source.hears(3)) >= 3


def test_nobody_renews_what_has_long_run_out(source: Source, keep: Keep) -> None:
    source.answers = [(503, {})] * 100
    keep().wait(20)
    assert len(source.heard) <= 4


def test_there_is_a_limit(source: Source, keep: Keep) -> None:
    keep(limit=1, seconds=300).wait(20)
    assert source.heard == []


def test_its_secrets_are_in_no_list_of_processes(source: Source, keep: Keep) -> None:
    keeper = keep()
    source.hears(1)
    shown = [Path(f"/proc/{keeper.pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
    assert KEY.encode() not in b"".join(shown)


def test_when_a_process_began_tells_it_from_others(watched: t.Any) -> None:
    began = until("the process is there", lambda: _lease_keeper.started(watched.pid))
    assert began.isdecimal()
    watched.kill()
    until("a zombie counts as gone", lambda: _lease_keeper.started(watched.pid) is None)
    watched.wait()
    assert _lease_keeper.started(watched.pid) is None
