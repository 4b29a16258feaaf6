# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all tasks of a run know: one login, and what they found out about the cloud with it (private to this collection).

Ansible runs every task in a child of its own, so each would log in anew: with a password that is two requests and the work of a
slow hash on Keystone's side, and every service has to ask Keystone about a token that it has not seen. What keystoneauth
knows of a login (token, expiry, catalogue; ``get_auth_state`` of its plug-ins) is kept in anonymous memory that the children
inherit: it has no name in the file system, is not passed on to other programs, and is gone with the run. So is what kind of
maintenance service there is, which each task would ask anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import FOUND_OUT

Knowledge = dict[str, dict[str, t.Any]]

# Some logins with the catalogues of large clouds. What does not fit is not shared.
_LIMIT = 1 << 20


class SharedKnowledge:
    """Knowledge by the id that keystoneauth gives a login, in memory shared with all children forked after it was made.

    An id is a hash of everything that makes the login: the address of Keystone, the user, the secret, the project.
    """

    def __init__(self) -> None:
        """Without such memory (macOS) nothing is shared."""
        self._memory = os.memfd_create("nfv.maintenance") if hasattr(os, "memfd_create") else None

    @contextlib.contextmanager
    def of(self, cloud: t.Any) -> t.Iterator[None]:
        """Let a connection begin with what earlier tasks knew, and keep what it knows at the end for later ones.

        A login that has expired or was revoked is renewed by keystoneauth as ever.
        """
        auth = getattr(getattr(cloud, "session", None), "auth", None)
        # Plug-ins that cannot tell themselves apart have no id.
        name = auth.get_cache_id() if auth is not None and self._memory is not None else None
        if auth is None or name is None:
            yield
            return
        known = self._read().get(name, {})
        if known.get("login"):
            auth.set_auth_state(known["login"])
        found = {key: value for key, value in known.items() if key != "login"}
        setattr(cloud, FOUND_OUT, found)
        try:
            yield
        finally:
            learnt = {**found, "login": auth.get_auth_state()}
            if learnt != known:
                self._write(name, learnt)

    def _read(self) -> Knowledge:
        with self._locked(fcntl.LOCK_SH) as memory:
            return _parsed(os.pread(memory, _LIMIT, 0))

    def _write(self, name: str, learnt: dict[str, t.Any]) -> None:
        with self._locked(fcntl.LOCK_EX) as memory:
            text = json.dumps({**_parsed(os.pread(memory, _LIMIT, 0)), name: learnt}).encode()
            if len(text) > _LIMIT:
                text = b""
            os.ftruncate(memory, 0)
            os.pwrite(memory, text, 0)

    @contextlib.contextmanager
    def _locked(self, kind: int) -> t.Iterator[int]:
        # A lock of the process: a child that is killed gives it back.
        memory = t.cast("int", self._memory)
        fcntl.lockf(memory, kind)
        try:
            yield memory
        finally:
            fcntl.lockf(memory, fcntl.LOCK_UN)


def _parsed(text: bytes) -> Knowledge:
    """Nothing when there is nothing yet, or when whoever wrote it was killed meanwhile."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {name: one for name, one in found.items() if isinstance(one, dict)} if isinstance(found, dict) else {}
