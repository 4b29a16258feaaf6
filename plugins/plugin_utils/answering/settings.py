# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the process is told at its start."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t


@dataclasses.dataclass(frozen=True)
class Settings:
    """All of it; nothing here is secret, credentials come from ``clouds.yaml`` and the environment.

    :ivar cloud: the name in ``clouds.yaml``.
    :ivar policies: by VNF id, and ``default``; they go before those of the file.
    :ivar reconcile: whether to ask for what never came.
    """

    cloud: str
    region_name: str | None
    policies: dict[str, t.Any]
    policy_file: pathlib.Path | None
    reconcile: bool

    @classmethod
    def read(cls, given: dict[str, t.Any]) -> Settings:
        """Take them from the first line."""
        file = given.get("policy_file")
        return cls(
            cloud=str(given["cloud"]),
            region_name=given.get("region_name") or None,
            policies=dict(given.get("policies") or {}),
            policy_file=pathlib.Path(file) if file else None,
            reconcile=bool(given.get("reconcile")),
        )
