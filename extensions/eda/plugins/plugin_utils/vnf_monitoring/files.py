# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Targets from files of the VNF owner: a list of targets, or an Ansible inventory in YAML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from .asking import check_files
from .errors import ArgumentError
from .log import logger
from .target import Target, read_targets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Reader = Callable[[Any, Mapping[str, Any], str], list[Target]]

LARGEST = 64 * 1024 * 1024
DEEPEST = 32
# The variable of a host or group that says how it is probed, in the words of a target.
VARIABLE = "vnf_monitor"


class TargetFile:
    """A file that may change at any time; a change that cannot be used leaves the targets as they were."""

    def __init__(self, path: str, read: Reader, defaults: Mapping[str, Any]) -> None:
        """Read it; ArgumentError when it cannot be used."""
        self._path = Path(path).expanduser()
        self._read = read
        self._defaults = defaults
        self._mark = self._look()
        self.targets = self._load()

    def _look(self) -> tuple[int, ...] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    def has_changed(self) -> bool:
        """Read it anew where it has changed, and say whether there may be other targets."""
        mark = self._look()
        if mark == self._mark:
            return False
        self._mark = mark
        try:
            self.targets = self._load()
        except ArgumentError as exc:
            logger.error("The targets stay as they were: %s", exc)
            return False
        logger.info("Read %d targets from %s", len(self.targets), self._path)
        return True

    def _load(self) -> list[Target]:
        try:
            with self._path.open("rb") as file:
                content = file.read(LARGEST + 1)
        except OSError as exc:
            raise ArgumentError(f"{self._path} cannot be read: {exc.strerror}") from None
        if len(content) > LARGEST:
            raise ArgumentError(f"{self._path} is larger than {LARGEST} bytes")
        try:
            loaded = yaml.load(content, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as exc:
            raise ArgumentError(f"{self._path} is neither YAML nor JSON: {str(exc)[:200]}") from None
        targets = self._read(loaded, self._defaults, str(self._path))
        for how in {target.how for target in targets}:
            check_files(how)
        return targets


def from_list(loaded: Any, defaults: Mapping[str, Any], where: str) -> list[Target]:
    """Return the targets of a list, or of a map that has it as C(targets)."""
    return read_targets(loaded.get("targets") if isinstance(loaded, dict) else loaded, defaults, where)


def from_inventory(loaded: Any, defaults: Mapping[str, Any], where: str) -> list[Target]:
    """Return one target for each host of an inventory that it, or a group of it, has a variable ``vnf_monitor``."""
    if not isinstance(loaded, dict):
        raise ArgumentError(f"{where} is no inventory: it must be a map of groups")
    hosts: dict[str, dict[str, Any]] = {}
    for group in loaded.values():
        _collect(group, {}, hosts, where, 0)
    found = []
    for name, variables in hosts.items():
        wanted = variables.get(VARIABLE)
        if wanted is None:
            continue
        if not isinstance(wanted, dict):
            raise ArgumentError(f"{VARIABLE} of host {name} of {where} must be a map")
        found.append({"name": name, "address": variables.get("ansible_host", name), **wanted})
    return read_targets(found, defaults, where)


def _collect(group: Any, above: Mapping[str, Any], hosts: dict[str, dict[str, Any]], where: str, depth: int) -> None:
    """Take in the hosts of a group and those below it; what is nearer to the host goes first."""
    if group is None:
        return
    if not isinstance(group, dict) or depth > DEEPEST:
        raise ArgumentError(f"a group of {where} is not a map, or deeper than {DEEPEST}")
    variables = {**above, **(group.get("vars") or {})}
    for child in (group.get("children") or {}).values():
        _collect(child, variables, hosts, where, depth + 1)
    for name, own in (group.get("hosts") or {}).items():
        hosts[str(name)] = {**variables, **hosts.get(str(name), {}), **(own or {})}
