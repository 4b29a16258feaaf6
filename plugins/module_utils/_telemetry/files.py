# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration files of Ceilometer: read, changed, written in one step (private to this collection)."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import tempfile
import typing as t

from .._arguments import Spec
from .._ensure import Result
from .._errors import CollectionError

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

Change = t.Callable[[str, str], tuple[str, list[str]]]

FILE_SPEC: Spec = {
    "path": {"type": "path", "required": True},
    "packaged": {"type": "path"},
    "backup": {"type": "bool", "default": False},
}


def change_file(module: AnsibleModule, packaged_name: str, change: Change, check_mode: bool) -> Result:
    """Put what ``change`` makes of a file in its place, with owner, mode and security context as they were.

    :param packaged_name: name of the file that Ceilometer brings along and reads while there is none at ``path``.
    """
    path = pathlib.Path(os.path.realpath(module.params["path"]))
    before = _read(path)
    if before is None:
        base = _packaged(path, module.params["packaged"], packaged_name)
        start = _read(base) or ""
    else:
        start = before
    after, told = change(start, str(path))
    changed = after != before
    backup = None
    if changed and not check_mode:
        if before is not None and module.params["backup"]:
            backup = module.backup_local(str(path))
        _write(module, path, after)
    if before is None:
        told = [f"{path} is made of {base}", *told]
    return Result(changed, {"path": str(path), "changes": told, "backup_file": backup}, before or "", after)


def _read(path: pathlib.Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8") if path.exists() else None
    except (OSError, UnicodeDecodeError) as exc:
        raise CollectionError(f"Cannot read {path}: {exc}", path=str(path)) from exc


def _packaged(path: pathlib.Path, given: str | None, name: str) -> pathlib.Path:
    """The file that Ceilometer reads as long as ``path`` does not exist: a new one without its content would switch it off."""
    found = pathlib.Path(given) if given else _beside_ceilometer(name)
    if found is None or not found.exists():
        raise CollectionError(
            f"There is no {path}, and the {name} that Ceilometer brings along and uses instead was not found"
            f"{f' at {found}' if found else ''}. Next: name it with the option packaged (/dev/null to begin with nothing), "
            "or its folder with the variable telemetry_events_packaged_directory of the role",
            path=str(path),
        )
    return found


def _beside_ceilometer(name: str) -> pathlib.Path | None:
    spec = importlib.util.find_spec("ceilometer")
    return pathlib.Path(spec.origin).parent / "pipeline" / "data" / name if spec is not None and spec.origin else None


def _write(module: AnsibleModule, path: pathlib.Path, text: str) -> None:
    try:
        handle, written = tempfile.mkstemp(dir=module.tmpdir)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
    except OSError as exc:
        raise CollectionError(f"Cannot write {path}: {exc}", path=str(path)) from exc
    module.atomic_move(written, str(path))
