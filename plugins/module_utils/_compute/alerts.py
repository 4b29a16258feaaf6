# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Prometheus alerts of (private to this collection)."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import typing as t
import urllib.parse
from http.client import HTTPException
from urllib.error import HTTPError

from ansible.module_utils.urls import open_url

from .._errors import CollectionError, ServiceError

_MAX_ANSWER = 4 * 1024 * 1024
_MAX_TOKEN = 16 * 1024
_CALL_TIMEOUT = 10
_SHOWN = 5

Opener = t.Callable[..., t.Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Prometheus:
    """Where to ask, and with what.

    :ivar url: base address, without ``/api/v1``.
    :ivar token_file: file with a bearer token; it is read at each call, as tokens are renewed in place.
    """

    url: str
    token_file: str | None = None
    ca_cert: str | None = None
    validate_certs: bool = True
    opener: Opener = open_url

    def firing(self, matchers: str) -> list[str]:
        """Names of the alerts that fire and match, as PromQL writes label matchers (``instance=~"compute-1.*"``).

        :raises ServiceError: when Prometheus does not answer, or with an error; the token is in no message.
        :raises CollectionError: when the token cannot be read or the matchers are none.
        """
        address = self.url.rstrip("/")
        if urllib.parse.urlsplit(address).scheme not in ("http", "https") or "@" in urllib.parse.urlsplit(address).netloc:
            raise CollectionError("The URL of Prometheus has to be http or https and to hold no password; a token comes by file")
        query = f'ALERTS{{alertstate="firing",{matchers}}}'
        body = self._read(f"{address}/api/v1/query?{urllib.parse.urlencode({'query': query})}")
        results = (body.get("data") or {}).get("result") if isinstance(body, dict) else None
        if not isinstance(results, list):
            raise ServiceError("Failed to read the alerts: Prometheus answers with something else than a result")
        names = sorted({str((one.get("metric") or {}).get("alertname", "?")) for one in results if isinstance(one, dict)})
        return names if len(names) <= _SHOWN else [*names[:_SHOWN], f"and {len(names) - _SHOWN} more"]

    def _read(self, url: str) -> t.Any:
        headers = {"Accept": "application/json"}
        if self.token_file:
            headers["Authorization"] = f"Bearer {self._token(self.token_file)}"
        try:
            # No redirects: the token is for this address only.
            response = self.opener(
                url, headers=headers, timeout=_CALL_TIMEOUT, validate_certs=self.validate_certs, ca_path=self.ca_cert,
                follow_redirects="none",
            )  # fmt: skip
            text = response.read(_MAX_ANSWER + 1)
        except HTTPError as exc:
            raise _refused(exc) from exc
        except (OSError, HTTPException, ValueError) as exc:
            raise ServiceError(f"Failed to read the alerts: {type(exc).__name__}: {exc}") from exc
        if len(text) > _MAX_ANSWER:
            raise ServiceError(f"Failed to read the alerts: Prometheus answers with more than {_MAX_ANSWER} bytes")
        try:
            return json.loads(text)
        except ValueError as exc:
            raise ServiceError("Failed to read the alerts: the answer of Prometheus is not JSON") from exc

    @staticmethod
    def _token(path: str) -> str:
        try:
            with pathlib.Path(path).open("rb") as file:
                token = file.read(_MAX_TOKEN).decode("ascii").strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise CollectionError(f"The token file {path} cannot be used: {type(exc).__name__}") from exc
        if not token or any(char.isspace() for char in token):
            raise CollectionError(f"The token file {path} holds no token of one word")
        return token


def _refused(exc: HTTPError) -> Exception:
    """A bad query or token will not get better by waiting; anything else may."""
    with exc:
        reason = exc.read(300).decode(errors="replace").strip()
    text = f"Failed to read the alerts: HTTP {exc.code} from Prometheus: {reason}"
    if exc.code < 500:
        return CollectionError(f"{text}. Next: check the matchers and the token", status=exc.code)
    return ServiceError(text, status=exc.code)
