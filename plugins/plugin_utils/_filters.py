# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the filters have in common: a plain function made known to Ansible (private to this collection)."""

from __future__ import annotations

import functools
import typing as t

from ansible.errors import AnsibleFilterError

Filters = dict[str, t.Callable[..., t.Any]]


def filters(function: t.Callable[..., t.Any]) -> Filters:
    """The function as the one filter of a plug-in, under its own name; input it cannot use is said in a sentence."""

    @functools.wraps(function)
    def guarded(*args: t.Any, **kwargs: t.Any) -> t.Any:
        try:
            return function(*args, **kwargs)
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise AnsibleFilterError(f"{function.__name__}: unusable input: {exc!r}") from exc

    return {function.__name__: guarded}
