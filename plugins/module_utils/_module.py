# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module file has in common: the connection, the one ``try``, the way out (private to this collection)."""

from __future__ import annotations

import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ._arguments import AUTH_SPEC, Spec
from ._errors import CollectionError, failure
from ._sdk import CLIENT_ERRORS, IMPORT_ERROR, Connection, connect

if t.TYPE_CHECKING:
    from ._ensure import Result

# What may go wrong outside and is told in a sentence; anything else is a defect of ours and keeps its traceback.
REPORTED: tuple[type[Exception], ...] = (CollectionError, *CLIENT_ERRORS)

Params = dict[str, t.Any]
Run = t.Callable[[Params, Connection, bool], "Result"]
FileRun = t.Callable[[Params, AnsibleModule, bool], "Result"]
Read = t.Callable[[Params, Connection], t.Any]


def run_module(run: Run, returns: str, spec: Spec, *, needs_cloud: bool = True, **rules: t.Any) -> None:
    """Run an acting module: ``run(params, cloud, check_mode)`` decides and acts, its record is returned under ``returns``.

    :param needs_cloud: False for a module that only computes: it has no authentication options, and ``cloud`` is None.
    """
    module = _module(spec, rules, needs_cloud)
    try:
        cloud = connect(module.params) if needs_cloud else None
        result = run(module.params, cloud, module.check_mode)
    except REPORTED as exc:
        module.fail_json(**failure(exc))
    _exit(module, returns, result)


def run_file_module(run: FileRun, returns: str, spec: Spec, **rules: t.Any) -> None:
    """Run a module that changes a file on its host and needs no cloud: ``run(params, module, check_mode)``.

    It gets the AnsibleModule for what only that can do: put a file in another one's place with owner, mode and security context.
    """
    module = _module(spec, rules, needs_cloud=False)
    try:
        result = run(module.params, module, module.check_mode)
    except REPORTED as exc:
        module.fail_json(**failure(exc))
    _exit(module, returns, result)


def run_info_module(read: Read, returns: str, spec: Spec, **rules: t.Any) -> None:
    """Run a reading module: what ``read(params, cloud)`` gives is returned under ``returns``; nothing is ever changed."""
    module = _module(spec, rules)
    try:
        found = read(module.params, connect(module.params))
    except REPORTED as exc:
        module.fail_json(**failure(exc))
    module.exit_json(changed=False, **{returns: found})


def _exit(module: AnsibleModule, returns: str, result: Result) -> None:
    module.exit_json(changed=result.changed, diff=result.diff, **{returns: result.record}, **result.extra)


def _module(spec: Spec, rules: Params, needs_cloud: bool = True) -> AnsibleModule:
    whole = {**AUTH_SPEC, **spec} if needs_cloud else spec
    module = AnsibleModule(argument_spec=whole, supports_check_mode=True, **rules)
    if needs_cloud and IMPORT_ERROR is not None:
        text = missing_required_lib("openstacksdk", url="https://docs.openstack.org/openstacksdk/")
        module.fail_json(msg=text, exception="".join(traceback.format_exception(IMPORT_ERROR)))
    return module
