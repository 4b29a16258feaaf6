# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.nfv.maintenance.plugins.plugin_utils._decisions import maintenance_decisions


def _filter(*args: t.Any, **kwargs: t.Any) -> t.Any:
    try:
        return maintenance_decisions(*args, **kwargs)
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise AnsibleFilterError(f"maintenance_decisions: unusable input: {exc!r}") from exc


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filter by its name."""
        return {"maintenance_decisions": _filter}
