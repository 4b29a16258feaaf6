# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policies of the owner: those of the rulebook and those of a file, which is read anew when it has changed."""

from __future__ import annotations

import logging
import pathlib
import threading
import typing as t

import yaml

from .._decision.policy import Policy, PolicyError

LOG = logging.getLogger("nfv.maintenance.answering")

Dict = dict[str, t.Any]
Stamp = tuple[int, int, int]


class Unusable(Exception):
    """Why there are no policies to decide by."""


class Policies:
    """The policy of each VNF by its id, and ``default``."""

    def __init__(self, inline: Dict, file: pathlib.Path | None) -> None:
        """Those of ``inline`` go before those of the file."""
        self._inline = inline
        self._file = file
        self._lock = threading.Lock()
        self._stamp: Stamp | None = None
        self._known: Dict = {}
        if file is None:
            self._known = inline
            _check(inline)

    def read(self) -> Dict:
        """All policies as they are now.

        :raises Unusable: when the file cannot be read.
        """
        if self._file is None:
            return self._known
        with self._lock:
            try:
                stamp = _stamp(self._file)
                if stamp != self._stamp:
                    found = yaml.safe_load(self._file.read_text(encoding="utf-8"))
                    self._known = {**_mapping(found), **self._inline}
                    self._stamp = stamp
                    _check(self._known)
            except (OSError, UnicodeDecodeError, yaml.YAMLError, Unusable) as exc:
                self._stamp = None
                raise Unusable(f"the policies in {self._file} cannot be read: {_first_line(exc)}") from exc
            return self._known


def _stamp(path: pathlib.Path) -> Stamp:
    found = path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _mapping(found: t.Any) -> Dict:
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Unusable("it holds no map of policies by VNF")
    return {str(key): value for key, value in found.items()}


def _check(policies: Dict) -> None:
    """Say early what would only be seen when a message comes; each VNF's messages are refused with it then."""
    for vnf_id, given in policies.items():
        try:
            Policy.read(vnf_id, given)
        except PolicyError as exc:
            LOG.warning("%s", exc)


def _first_line(exc: Exception) -> str:
    return (str(exc) or type(exc).__name__).splitlines()[0]
