# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``vimConnectionInfo``: what a patch of it changes, and what Tacker cannot do with it (private to this collection)."""

from __future__ import annotations

import typing as t

from .._errors import CollectionError
from .instances import public
from .merge import effective, managed
from .proxy import Raw
from .requests import SECRETS

# What of accessInfo may be shown and can be compared; of the rest Tacker shows a part at best.
_SHOWN = ("username", "region", "project", "projectDomain", "userDomain", "vimVerify")
_ACCESS = "accessInfo"


def with_credentials(vims: t.Mapping[str, t.Any] | None, credentials: t.Mapping[str, t.Any] | None) -> Raw | None:
    """``vimConnectionInfo`` with its credentials, which come in an option of their own since Ansible logs the others.

    :param credentials: what belongs into ``accessInfo``, by VIM.
    :raises CollectionError: for a secret that stands among what is logged, and for credentials of a VIM that is not there.
    """
    whole = {key: dict(entry) if isinstance(entry, dict) else entry for key, entry in (vims or {}).items()}
    for key, entry in whole.items():
        found = sorted(SECRETS & set(entry.get(_ACCESS) or ())) if isinstance(entry, dict) else []
        if found:
            raise CollectionError(
                f"vim_connection_info.{key}.{_ACCESS}.{found[0]} would be logged. "
                f"Next: give it as vim_credentials.{key}.{found[0]}"
            )
    for key, secrets in (credentials or {}).items():
        if not isinstance(whole.get(key), dict) or not isinstance(secrets, dict):
            raise CollectionError(f"vim_credentials.{key} has to be a dictionary, beside vim_connection_info.{key}")
        whole[key][_ACCESS] = {**(whole[key].get(_ACCESS) or {}), **secrets}
    return whole if vims is not None else None


def completed(present: t.Mapping[str, Raw] | None, patch: t.Mapping[str, t.Any]) -> Raw:
    """The patch as Tacker takes it on a VNF instance that runs: each entry with its ``vimType``.

    :raises CollectionError: for what cannot be done: to remove an entry, ``vimId`` or ``vimType``, or to add an entry without
        credentials (Tacker would take it, and answer 500 for that operation from then on).
    """
    now = present or {}
    whole: Raw = {}
    for key, entry in patch.items():
        if entry is None:
            raise CollectionError(
                f"vim_connection_info.{key} cannot be removed: Tacker keeps every VIM of a VNF instance until it is terminated. "
                f"Next: leave it out, or terminate the VNF instance"
            )
        if not isinstance(entry, dict):
            raise CollectionError(f"vim_connection_info.{key} is {entry!r}; allowed is a value of type object")
        for name in ("vimId", "vimType"):
            if name in entry and entry[name] is None:
                raise CollectionError(f"vim_connection_info.{key}.{name} cannot be removed by Tacker. Next: leave it out")
        if key not in now and not entry.get(_ACCESS):
            raise CollectionError(f"vim_connection_info.{key} is new and has no {_ACCESS}. Next: give the credentials of the VIM")
        kind = (now.get(key) or {}).get("vimType")
        whole[key] = {**({"vimType": kind} if kind else {}), **entry}
    return whole


def changed(present: t.Mapping[str, Raw] | None, patch: t.Mapping[str, t.Any]) -> list[str]:
    """The entries that a patch changes, as far as can be seen: Tacker shows no passwords, so that a new one is not noticed."""
    return effective(_visible(present), _visible(patch))


def diff(present: t.Mapping[str, Raw] | None, patch: t.Mapping[str, t.Any]) -> tuple[Raw, Raw]:
    """The entries that a patch names, before and after, without credentials."""
    return managed(_visible(present), _visible(patch))


def _visible(vims: t.Mapping[str, t.Any] | None) -> Raw:
    return {key: _shown(entry) if isinstance(entry, dict) else entry for key, entry in (vims or {}).items()}


def _shown(entry: Raw) -> Raw:
    access = entry.get(_ACCESS)
    kept = public(entry)
    return {**kept, _ACCESS: {name: access[name] for name in _SHOWN if name in access}} if isinstance(access, dict) else kept
