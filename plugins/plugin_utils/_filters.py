# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the filters have in common: a plain function made known to Ansible (private to this collection)."""

from __future__ import annotations

import importlib
import typing as t

from ansible.errors import AnsibleFilterError

Filters = dict[str, t.Callable[..., t.Any]]
_HERE = __name__.rpartition(".")[0]


def filters(module: str, name: str) -> Filters:
    """A function of this folder as the one filter of a plug-in, under its own name; input it cannot use is said in a sentence.

    It is imported when it is used: every worker of Ansible loads all filters of a collection as soon as a task uses one.

    :param module: where the function is, below ``plugin_utils``.
    """

    def guarded(*args: t.Any, **kwargs: t.Any) -> t.Any:
        function = getattr(importlib.import_module(f"{_HERE}.{module}"), name)
        try:
            return function(*args, **kwargs)
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            # Our own is a sentence for whoever wrote the input. Ansible would say what it comes from once more.
            if type(exc).__module__.startswith(_HERE.partition(".plugins")[0]):
                raise AnsibleFilterError(f"{name}: {exc}") from None
            raise AnsibleFilterError(f"{name}: unusable input: {exc!r}") from exc

    return {name: guarded}
