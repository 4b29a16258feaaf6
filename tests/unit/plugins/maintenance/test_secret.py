# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""maintenance_secret: a VNF's secrets in a file that several runs change at the same time."""

from __future__ import annotations

import fcntl
import re
import stat
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import keyed_file

OTHERS = {"vnf-8": "a secret of somebody else", "vnf-9": ["one of sixteen and more", "another of sixteen and more"]}
PASSWORD, SIGNING = re.compile("[A-Za-z0-9]{44}"), re.compile("whsec_[A-Za-z0-9+/]{59}=")
# Each of the processes changes the entries of its own, one after the other.
PROCESS = """
import pathlib, sys
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.keyed_file import KeyedFile
path, own, number = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
for one in range(int(number)):
    KeyedFile(pathlib.Path(path)).change(f"{own}-{one}", lambda before: [f"a secret of {own}-{one}"])
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets.yml"


@pytest.fixture
def run(conversation: t.Any, path: Path) -> t.Callable[..., dict[str, t.Any]]:
    """Run the module for vnf-1."""

    def once(check_mode: bool = False, **params: t.Any) -> dict[str, t.Any]:
        given = {"path": str(path), "vnf_instance_id": "vnf-1", **params}
        return t.cast("dict[str, t.Any]", conversation.run("maintenance_secret", given, check_mode=check_mode, auth=False))

    return once


def content(path: Path) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", yaml.safe_load(path.read_text()))


def test_a_secret_is_made_once_and_for_its_owner_alone(run: t.Any, path: Path) -> None:
    first, again = run(), run()
    assert (first["changed"], again["changed"]) == (True, False)
    assert first["maintenance_secret"] == again["maintenance_secret"]
    (password,) = first["maintenance_secret"]["password"]
    assert PASSWORD.fullmatch(password)
    assert content(path) == {"vnf-1": [password]}
    assert {stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()} == {0o600}
    assert {one.name for one in path.parent.iterdir()} == {path.name, f"{path.name}.lock"}


def test_the_present_one_stays_behind_a_new_one_for_one_run(run: t.Any) -> None:
    (old,) = run()["maintenance_secret"]["password"]
    new, kept = run(rotate=True)["maintenance_secret"]["password"]
    assert (kept, new != old) == (old, True)
    assert run()["maintenance_secret"]["password"] == [new]


def test_each_kind_is_there_as_long_as_it_is_wanted(run: t.Any) -> None:
    both = run(kinds=["password", "signing"])["maintenance_secret"]
    assert SIGNING.fullmatch(both["signing"][0])
    assert run(kinds=["signing"])["maintenance_secret"] == {"password": [], "signing": both["signing"]}


def test_the_others_stay_and_so_do_their_kinds(run: t.Any, path: Path) -> None:
    path.write_text(yaml.safe_dump(OTHERS))
    path.chmod(0o644)
    run()
    assert {name: entry for name, entry in content(path).items() if name != "vnf-1"} == OTHERS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert run(state="absent")["maintenance_secret"] == {"password": [], "signing": []}
    assert content(path) == OTHERS
    assert not run(state="absent")["changed"]


def test_a_check_makes_nothing(run: t.Any, path: Path) -> None:
    assert run(check_mode=True)["changed"]
    assert list(path.parent.iterdir()) == []


def test_a_link_stays_a_link(run: t.Any, path: Path) -> None:
    real = path.with_name("elsewhere.yml")
    path.symlink_to(real)
    run()
    assert path.is_symlink()
    assert "vnf-1" in content(real)


def test_a_policy_is_kept_beside_those_of_others(conversation: t.Any, path: Path) -> None:
    def keep(**params: t.Any) -> dict[str, t.Any]:
        given = {"path": str(path), "vnf_instance_id": "vnf-1", **params}
        return t.cast("dict[str, t.Any]", conversation.run("maintenance_policy", given, auth=False))

    others = {"default": {"actions": ["MIGRATE"]}}
    path.write_text(yaml.safe_dump(others))
    policy = {"groups": [{"vdu_ids": ["db"], "at_least": 1}]}
    done = keep(policy=policy)
    assert (done["changed"], done["maintenance_policy"]) == (True, policy)
    assert content(path) == {**others, "vnf-1": policy}
    assert not keep(policy=policy)["changed"]
    assert keep(policy={})["diff"] == {"before": policy, "after": {}}
    assert content(path) == {**others, "vnf-1": {}}, "a policy that says nothing is a policy"
    keep(state="absent")
    assert content(path) == others
    assert not keep(state="absent")["changed"]
    path.unlink()
    keep()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a list of secrets that nobody may see", "has to map the id of each VNF"),
        ("vnf-1: {a: secret that nobody may see}", "are no list of texts"),
        ("vnf-1: [a secret that nobody may see", "is neither YAML nor JSON"),
        ("vnf-1: *nobody-may-see", "is neither YAML nor JSON"),
    ],
)
def test_a_file_of_another_kind_is_left_alone_and_not_shown(run: t.Any, path: Path, *, text: str, said: str) -> None:
    path.write_text(text)
    result = run()
    assert said in result["msg"]
    assert not re.search("nobody.may.see", str(result))
    assert path.read_text() == text


def test_a_folder_that_is_not_there_is_said(run: t.Any, path: Path) -> None:
    nowhere = str(path.parent / "none" / "secrets.yml")
    assert "Cannot write" in run(path=nowhere)["msg"]
    assert not run(path=nowhere, state="absent")["changed"]


def test_of_processes_that_change_it_at_the_same_time_none_loses_anything(path: Path) -> None:
    number, names = 20, ["one", "two", "three"]
    path.write_text(yaml.safe_dump(OTHERS))
    commands = [[sys.executable, "-c", PROCESS, str(path), name, str(number)] for name in names]
    running = [subprocess.Popen(one, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for one in commands]
    for one in running:
        assert t.cast("t.IO[str]", one.stdout).readline() == "ready\n"
    for one in running:
        go = t.cast("t.IO[str]", one.stdin)
        go.write("\n")
        go.flush()
    for one in running:
        one.communicate(timeout=60)
    assert [one.returncode for one in running] == [0] * len(names)
    expected = {f"{name}-{each}": [f"a secret of {name}-{each}"] for name in names for each in range(number)}
    assert content(path) == {**OTHERS, **expected}


def test_whoever_holds_it_is_waited_for_but_not_for_ever(run: t.Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyed_file, "LONGEST_WAIT", 0.1)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert f"Next: fuser {path}.lock" in run()["msg"]
    assert run()["changed"]
