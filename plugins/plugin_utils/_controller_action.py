# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Base of the action plug-ins: the module of the same name, run inside the controller's process (private to this collection).

What is won is the start of a second Python (half a second a task, which counts inside a reply window) and lines on the screen
while something is waited for. Everything else is as if the module had been run: options and their checks, ``module_defaults``
(Ansible has merged them into the arguments before an action plug-in starts), check mode, ``environment``, secrets, return values.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import inspect
import os
import typing as t
from collections.abc import Mapping, Sequence

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase
from ansible.utils.vars import merge_hash
from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import AUTH_SPEC
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import failure
from ansible_collections.nfv.maintenance.plugins.module_utils._module import REPORTED, Params
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import IMPORT_ERROR, connect
from ansible_collections.nfv.maintenance.plugins.plugin_utils._shared_knowledge import SharedKnowledge
from ansible_collections.nfv.maintenance.plugins.plugin_utils._warm import warm_up

COLLECTION = "nfv.maintenance"
NOT_RENEWED = (
    "renew_for is ignored, so the lease is not renewed: that needs a local connection without become and async, and openstacksdk "
    "in Ansible's own Python"
)

# Both in the process of the run, before it forks: an action plug-in is looked up there.
warm_up()
KNOWLEDGE = SharedKnowledge()

Progress = t.Callable[[str], None]


class ControllerAction(ActionBase):  # type: ignore[misc]
    """Runs :attr:`module` here, or as an ordinary module where "here" would be wrong.

    :ivar module: the imported module file. It has SPEC, RETURNS, RULES if there are any, and ``run(params, cloud, check_mode)``,
        which may take ``progress`` for lines to be shown at once, or ``read(params, cloud)`` when it only reads.
    """

    _supports_async = True

    module: t.Any

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Entry point."""
        result = t.cast("dict[str, t.Any]", super().run(tmp, task_vars))
        if not self._belongs_here():
            wrap_async = self._task.async_val and not self._connection.has_native_async
            name = f"{COLLECTION}.{self._name}"
            self._warn_elsewhere()
            done = self._execute_module(module_name=name, module_args=self._task.args, task_vars=task_vars, wrap_async=wrap_async)
            return t.cast("dict[str, t.Any]", merge_hash(result, done))
        params, secrets, warnings = self._validated()
        with self._environment():
            outcome = self._outcome(params)
        result.update(remove_values({**outcome, "invocation": {"module_args": params}}, secrets))
        if warnings:
            result["warnings"] = [*warnings, *result.get("warnings", [])]
        return result

    @property
    def _name(self) -> str:
        return str(self.module.__name__).rsplit(".", 1)[-1]

    @property
    def _needs_cloud(self) -> bool:
        return bool(getattr(self.module, "NEEDS_CLOUD", True))

    def _belongs_here(self) -> bool:
        """Whether this process may stand in for the module's: same machine, same user, openstacksdk is here."""
        if IMPORT_ERROR is not None or self._task.async_val:
            return False
        return getattr(self._connection, "transport", None) == "local" and not getattr(self._connection, "become", None)

    def _renews(self, params: Params) -> bool:
        """Whether a process of its own is to renew what the task takes; only an action plug-in starts one."""
        return False

    def _warn_elsewhere(self) -> None:
        # Wrong options are the module's to refuse.
        validation = self._validation()
        if not validation.errors.errors and self._renews(validation.validated_parameters):
            self._display.warning(NOT_RENEWED)

    def _outcome(self, params: Params) -> dict[str, t.Any]:
        module = self.module
        try:
            cloud = connect(params) if self._needs_cloud else None
            with KNOWLEDGE.of(cloud):
                if hasattr(module, "read"):
                    return {"changed": False, module.RETURNS: module.read(params, cloud)}
                shown = {"progress": self._show} if "progress" in inspect.signature(module.run).parameters else {}
                done: Result = module.run(params, cloud, bool(self._task.check_mode), **shown)
        except REPORTED as exc:
            return {"failed": True, **failure(exc)}
        return {"changed": done.changed, "diff": done.diff, module.RETURNS: done.record, **done.extra}

    def _show(self, line: str) -> None:
        self._display.display(f"  {line}")

    def _validated(self) -> tuple[Params, set[str], list[str]]:
        """Options as the module would see them, the values that must not be shown, and warnings."""
        validation = self._validation()
        secrets = set(validation._no_log_values)
        if validation.errors.errors:
            text = str(validation.errors.msg)
            if isinstance(validation.errors[0], UnsupportedError):
                text = f"Unsupported parameters for ({COLLECTION}.{self._name}) module: {text}"
            raise AnsibleActionFail(str(remove_values(text, secrets)))
        warnings = [f"Both option {one['option']} and its alias {one['alias']} are set." for one in validation._warnings]
        return validation.validated_parameters, secrets, warnings

    def _validation(self) -> ValidationResult:
        spec = {**AUTH_SPEC, **self.module.SPEC} if self._needs_cloud else self.module.SPEC
        validator = ArgumentSpecValidator(spec, **getattr(self.module, "RULES", {}))
        return validator.validate(plain(dict(self._task.args)))

    @contextlib.contextmanager
    def _environment(self) -> t.Iterator[None]:
        """The keyword ``environment`` of the task, for as long as it runs."""
        wanted: dict[str, t.Any] = {}
        self._compute_environment_string(wanted)
        before = {name: os.environ.get(name) for name in wanted}
        os.environ.update({name: str(value) for name, value in wanted.items()})
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def plain(value: t.Any) -> t.Any:
    """A value without Ansible's own containers and tags, as a module gets it through JSON."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        return [plain(one) for one in value]
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return str(value)
