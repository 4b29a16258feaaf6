# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base of the action plug-ins: as if the module had been run, without a second Python."""

from __future__ import annotations

import importlib
import os
import types
import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.nfv.maintenance.plugins import action
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.plugin_utils import _controller_action
from ansible_collections.nfv.maintenance.plugins.plugin_utils._controller_action import ControllerAction, plain

SECRET = "correct-horse-battery"
DELIVERY = {"id": "d-1", "attempt": 1, "key": "k", "url": "http://127.0.0.1:1/"}


class Probe:
    """A module that says what it was given."""

    RETURNS = "probe"
    SPEC: t.ClassVar = {
        "kind": {"type": "str", "choices": ["a", "b"], "default": "a", "aliases": ["sort"]},
        "number": {"type": "int"},
        "items_": {"type": "list", "elements": "dict", "options": {"name": {"type": "str", "required": True}}},
    }
    RULES: t.ClassVar = {"required_if": [("kind", "b", ["number"])]}

    error: t.ClassVar[Exception | None] = None

    @classmethod
    def run(cls, params: t.Any, cloud: t.Any, check_mode: bool, progress: t.Any = None) -> Result:
        progress("half of it")
        if cls.error is not None:
            raise cls.error
        record = {"kind": params["kind"], "number": params["number"], "check": check_mode, "seen": f"password {SECRET}",
                  "environment": os.environ.get("OS_CLOUD"), "cloud": cloud}  # fmt: skip
        return Result(True, record, before={"a": 1}, after={"a": 2}, extra={"more": 3})


Probe.__name__ = "probe"


class Action(ControllerAction):
    module = Probe


class Screen:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.warnings: list[str] = []

    def warning(self, line: str) -> None:
        self.warnings.append(line)

    def display(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., t.Any]:
    """Run the action on a connection; ``environment``, ``check_mode``, ``async_val`` are the task's."""
    monkeypatch.setattr(Probe, "error", None)
    monkeypatch.setattr(_controller_action, "connect", lambda params: "connection")

    def run(transport: str = "local", *, check_mode: bool = False, become: t.Any = None, environment: t.Any = None,
            async_val: int = 0, plugin: type[ControllerAction] = Action, **args: t.Any) -> t.Any:  # fmt: skip
        shell = types.SimpleNamespace(tmpdir="/nowhere", env_prefix=lambda **values: "")
        connection = types.SimpleNamespace(transport=transport, become=become, _shell=shell, has_native_async=False)
        task = types.SimpleNamespace(
            args=args, async_val=async_val, check_mode=check_mode, environment=environment, action="probe"
        )
        templar = types.SimpleNamespace(template=lambda value: value)
        action = plugin(task, connection, None, None, templar)
        action._display = screen = Screen()
        action._execute_module = lambda **given: {
            "ran": given["module_name"],
            "async": given["wrap_async"],
            "args": given["module_args"],
        }
        return types.SimpleNamespace(result=action.run(task_vars={}), lines=screen.lines, warnings=screen.warnings)

    return run


def test_the_result_is_that_of_the_module(act: t.Any) -> None:
    done = act(number="7", auth={"password": SECRET}, validate_certs="yes")
    record = done.result.pop("probe")
    assert (record["kind"], record["number"], record["check"], record["cloud"]) == ("a", 7, False, "connection")
    assert done.result.pop("invocation")["module_args"]["validate_certs"] is True
    assert done.result == {"changed": True, "diff": {"before": {"a": 1}, "after": {"a": 2}}, "more": 3}
    assert done.lines == ["  half of it"]


def test_secrets_do_not_come_back(act: t.Any) -> None:
    result = act(auth={"password": SECRET}).result
    assert SECRET not in str(result)
    assert result["probe"]["seen"] == "password ********"


def test_secrets_do_not_come_back_with_an_error(act: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Probe, "error", CollectionError(f"no entry with {SECRET}", tried=SECRET))
    result = act(auth={"password": SECRET}).result
    assert result["failed"]
    assert result["msg"] == "no entry with ********"
    assert SECRET not in str(result)


def test_a_failure_is_that_of_the_module(act: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Probe, "error", CollectionError("no", host="compute-1"))
    result = act().result
    assert (result["failed"], result["msg"], result["failure"]) == (True, "no", {"host": "compute-1"})


def test_a_defect_of_ours_keeps_its_traceback(act: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Probe, "error", KeyError("x"))
    with pytest.raises(KeyError):
        act()


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ({"kind": "c"}, "value of kind must be one of: a, b, got: c"),
        ({"kind": "b"}, "kind is b but all of the following are missing: number"),
        ({"sort": "b"}, "kind is b but all of the following are missing: number"),
        ({"number": "many"}, "argument 'number' is of type str and we were unable to convert to int"),
        ({"items_": [{}]}, "missing required arguments: name found in items_"),
        (
            {"colour": 1},
            "Unsupported parameters for (nfv.maintenance.probe) module: colour. Supported parameters include: ",
        ),
        ({"colour": 1, "auth": {"password": "colour"}}, "Unsupported parameters"),
    ],
)
def test_options_are_checked_as_the_module_would(act: t.Any, args: dict[str, t.Any], text: str) -> None:
    with pytest.raises(AnsibleActionFail) as caught:
        act(**args)
    assert text in str(caught.value)


def test_an_option_given_twice_is_warned_about(act: t.Any) -> None:
    assert act(kind="a", sort="a").result["warnings"] == ["Both option kind and its alias sort are set."]


def test_check_mode_reaches_the_module(act: t.Any) -> None:
    assert act(check_mode=True).result["probe"]["check"] is True


def test_the_environment_of_the_task_is_that_of_the_module_and_gone_afterwards(
    act: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLOUD", "before")
    monkeypatch.delenv("OS_REGION_NAME", raising=False)
    result = act(environment=[{"OS_CLOUD": "lab"}, {"OS_REGION_NAME": "one"}]).result
    assert result["probe"]["environment"] == "lab"
    assert os.environ["OS_CLOUD"] == "before"
    assert "OS_REGION_NAME" not in os.environ


@pytest.mark.parametrize(
    "elsewhere", [{"transport": "ssh"}, {"become": object()}, {"async_val": 30}], ids=["another machine", "another user", "async"]
)
def test_what_cannot_be_done_here_is_done_by_the_module(act: t.Any, elsewhere: dict[str, t.Any]) -> None:
    result = act(**elsewhere, number=7).result
    assert result["ran"] == "nfv.maintenance.probe"
    assert result["args"] == {"number": 7}
    assert bool(result["async"]) is ("async_val" in elsewhere)


@pytest.mark.parametrize(
    ("name", "args", "warned"),
    [
        ("fenix_session", {"name": "kernel", "runner": "deploy-1", "renew_for": "600"}, True),
        ("fenix_session", {"name": "kernel", "runner": "deploy-1"}, False),
        ("fenix_session", {"name": "kernel", "renew_for": 600}, False),
        ("fenix_session", {"name": "kernel", "runner": "deploy-1", "renew_for": "long"}, False),
        ("maintenance_delivery", {"state": "held", "deliveries": [DELIVERY], "renew_for": 600}, True),
        ("maintenance_delivery", {"state": "held", "deliveries": [DELIVERY], "renew_for": 0}, False),
        ("maintenance_delivery", {"state": "held", "deliveries": [], "renew_for": 600}, False),
        ("maintenance_delivery", {"state": "done", "deliveries": [DELIVERY], "renew_for": 600}, False),
    ],
)
def test_what_is_not_renewed_elsewhere_is_warned_about(act: t.Any, name: str, args: dict[str, t.Any], warned: bool) -> None:
    plugin = importlib.import_module(f"{action.__name__}.{name}").ActionModule
    warnings = act("ssh", plugin=plugin, **args).warnings
    assert warnings == ([_controller_action.NOT_RENEWED] if warned else [])
    assert act("ssh", plugin=plugin, check_mode=True, **args).warnings == []


def test_without_openstacksdk_the_module_says_so(act: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_controller_action, "IMPORT_ERROR", ImportError("openstack"))
    assert act().result["ran"] == "nfv.maintenance.probe"


def test_options_need_not_be_plain(act: t.Any) -> None:
    """Ansible's own containers are lazy, and not all of them are dicts."""
    done = act(auth=types.MappingProxyType({"password": SECRET}), items_=({"name": "a"},))
    assert done.result["changed"]
    assert done.result["invocation"]["module_args"]["items_"] == [{"name": "a"}]


def test_values_of_ansible_become_plain(act: t.Any) -> None:
    class Tagged(dict[str, t.Any]):
        pass

    value = plain(Tagged(a=(1, Tagged(b=None)), c={"x"}, d=True, e=1.5))
    assert value == {"a": [1, {"b": None}], "c": ["x"], "d": True, "e": 1.5}
    assert value.__class__ is dict
    assert value["a"][1].__class__ is dict


def test_a_module_that_only_reads(act: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Probe, "read", lambda params, cloud: [params["kind"], cloud], raising=False)
    result = act(kind="b", number=1).result
    assert (result["changed"], result["probe"]) == (False, ["b", "connection"])
    assert "diff" not in result


def test_a_module_without_a_cloud(act: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Probe, "NEEDS_CLOUD", False, raising=False)
    assert act().result["probe"]["cloud"] is None
    with pytest.raises(AnsibleActionFail, match="Unsupported parameters"):
        act(cloud="lab")


PLUGINS = sorted(path.stem for path in Path(action.__path__[0]).glob("*.py"))


@pytest.mark.parametrize("name", PLUGINS)
def test_each_plug_in_runs_the_module_of_its_name(name: str) -> None:
    module = importlib.import_module(f"{action.__name__}.{name}").ActionModule.module
    assert module.__name__.rsplit(".", 1)[-1] == name
    assert {"SPEC", "RETURNS"} <= set(vars(module))
    assert callable(getattr(module, "read", None) or module.run)
