# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets inside webhook addresses: found, hidden, compared (private to this collection)."""

from __future__ import annotations

import re
import typing as t
import urllib.parse

from .._errors import ServiceError

HIDDEN = "********"
# user:password@ of an address anywhere in a text
_PASSWORD = re.compile(r"(?P<before>[a-zA-Z][\w+.-]*://[^\s/:@?#]*:)[^\s/?#]*@")
# With these, Aodh itself puts the id of a trust into the address that it stores.
_TRUST = "trust+"


def hide(url: str) -> str:
    """The address with its password and the values of its query hidden."""
    parts = urllib.parse.urlsplit(_PASSWORD.sub(rf"\g<before>{HIDDEN}@", url))
    if not parts.query:
        return parts.geturl()
    names = [name for name, _value in urllib.parse.parse_qsl(parts.query, keep_blank_values=True)]
    return parts._replace(query="&".join(f"{name}={HIDDEN}" for name in names)).geturl()


def hide_all(urls: t.Iterable[str] | None) -> list[str]:
    """The addresses, each hidden."""
    return [hide(url) for url in urls or ()]


def hide_in(text: str, urls: t.Iterable[str] = ()) -> str:
    """A text, for example a server's error, in which addresses may occur.

    :param urls: addresses whose secrets are known.
    """
    for url in sorted(urls, key=len, reverse=True):
        text = text.replace(url, hide(url))
    return _PASSWORD.sub(rf"\g<before>{HIDDEN}@", text)


def hidden_error(exc: ServiceError, urls: t.Iterable[str]) -> ServiceError:
    """The same error with the secrets of the addresses hidden: Aodh quotes an address that it does not like."""
    return ServiceError(hide_in(str(exc), urls), **exc.details)


def same(wanted: str, present: str) -> bool:
    """Whether two addresses mean the same, although Aodh added a trust to the present one."""
    if wanted == present:
        return True
    first, second = urllib.parse.urlsplit(wanted), urllib.parse.urlsplit(present)
    if not first.scheme.startswith(_TRUST) or "@" in first.netloc:
        return False
    return first == second._replace(netloc=second.netloc.rpartition("@")[2])


def adopt(wanted: t.Sequence[str], present: t.Sequence[str]) -> list[str]:
    """The wanted addresses in the form and order Aodh holds them, if it holds just these; else the wanted ones.

    Aodh takes doubles out and may change the order in doing so.
    """
    unique = list(dict.fromkeys(wanted))
    matched = [found for url in unique for found in present if same(url, found)]
    if len(unique) == len(present) and set(matched) == set(present):
        return list(present)
    return [next((found for found in present if same(url, found)), url) for url in unique]
