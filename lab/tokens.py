# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens and who is behind a request."""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiohttp import web

from .clock import now
from .state import Cloud, Project, User
from .web import MIDDLEWARE, ApiError, service_of

UNAUTHENTICATED = "The request you have made requires authentication."
IMPLIED = {"admin": {"member", "reader"}, "member": {"reader"}}


@dataclass(slots=True, eq=False)
class Credential:
    """An application credential."""

    id: str
    name: str
    secret: str
    user_id: str
    project_id: str
    roles: set[str]
    # None is what Keystone shows when nothing was said; it means no.
    unrestricted: bool | None = None
    description: str | None = None
    expires: datetime | None = None


@dataclass(slots=True, eq=False)
class Token:
    """A token; without a project it is unscoped."""

    text: str
    user: User
    project: Project | None
    roles: set[str]
    methods: list[str]
    issued: datetime
    expires: datetime
    audit_ids: list[str] = field(default_factory=list)
    credential: Credential | None = None

    @property
    def is_admin(self) -> bool:
        """Whether it carries the role admin."""
        return "admin" in self.roles

    @property
    def project_id(self) -> str:
        """The project's id, or nothing."""
        return self.project.id if self.project else ""

    def sees(self, project_id: str) -> bool:
        """Whether things of a project exist for the bearer."""
        return self.is_admin or self.project_id == project_id


class Tokens:
    """Issues, finds and revokes tokens."""

    def __init__(self, cloud: Cloud, ttl: float, cache_ttl: float = 0.0) -> None:
        """Keep tokens of the cloud's users for so many seconds; services remember those they have seen for cache_ttl."""
        self.cloud = cloud
        self.ttl = ttl
        self.cache_ttl = cache_ttl
        self._seen: dict[tuple[str, str], tuple[float, Token]] = {}
        self.credentials: dict[str, Credential] = {}
        self._tokens: dict[str, Token] = {}
        self._ended: deque[str] = deque(maxlen=1000)

    def issue(
        self,
        user: User,
        project: Project | None,
        methods: Iterable[str],
        credential: Credential | None = None,
        parent: Token | None = None,
    ) -> Token:
        """Make a token; a rescoped one ends with its parent."""
        roles = self.roles(user, project) if project else set()
        if credential:
            # Only these: Keystone does not add what they imply.
            roles = credential.roles & implied(user.roles.get(credential.project_id, set()))
        if project and not roles:
            raise ApiError(401, UNAUTHENTICATED)
        token = Token(
            text=f"gAAAAA{secrets.token_urlsafe(60)}",
            user=user,
            project=project,
            roles=roles,
            methods=list(methods),
            issued=now(),
            expires=parent.expires if parent else now() + timedelta(seconds=self.ttl),
            audit_ids=[secrets.token_urlsafe(16)] + (parent.audit_ids[-1:] if parent else []),
            credential=credential,
        )
        self._tokens[token.text] = token
        self._sweep()
        return token

    def roles(self, user: User, project: Project) -> set[str]:
        """Return a user's roles in a project, with the implied ones."""
        return implied(user.roles.get(project.id, set()))

    def find(self, text: str | None) -> Token | None:
        """Return a token that is valid now."""
        token = self._tokens.get(text or "")
        if token is None or token.expires <= now():
            return None
        return token

    def missing(self, text: str | None) -> str:
        """Say why there is no such token."""
        return "Failed to validate token" if text in self._ended else "Could not recognize Fernet token"

    def revoke(self, text: str) -> None:
        """End a token."""
        self._tokens.pop(text, None)
        self._ended.append(text)

    def require(self, request: web.Request) -> Token:
        """Return the token of a request, or answer as keystonemiddleware does."""
        service = service_of(request)
        text = request.headers.get("X-Auth-Token", "")
        token = self.find(text)
        if service == "identity":
            if token is None:
                raise unauthenticated(request)
            return token
        if token is None:
            token = self._remembered(service, text)
        else:
            self._seen.setdefault((service, text), (time.monotonic(), token))
        if token is None:
            raise ApiError(401, UNAUTHENTICATED, MIDDLEWARE, _challenge(request, ""))
        return token

    def _remembered(self, service: str, text: str) -> Token | None:
        """A service believes for a while what it has validated, and does not hear of a revocation."""
        since, token = self._seen.get((service, text), (0.0, None))
        if token is None or token.expires <= now() or time.monotonic() - since > self.cache_ttl:
            return None
        return token

    def _sweep(self) -> None:
        if len(self._tokens) > 5000:
            moment = now()
            self._tokens = {text: token for text, token in self._tokens.items() if token.expires > moment}
            self._seen = {key: entry for key, entry in self._seen.items() if entry[1].expires > moment}


def unauthenticated(request: web.Request) -> ApiError:
    """Return Keystone's own refusal."""
    return ApiError(401, UNAUTHENTICATED, headers=_challenge(request, "/v3"))


def _challenge(request: web.Request, path: str) -> dict[str, str]:
    return {"WWW-Authenticate": f'Keystone uri="{request.scheme}://{request.host}/identity{path}"'}


def implied(roles: set[str]) -> set[str]:
    """Add the roles that others imply."""
    return roles.union(*(IMPLIED.get(role, set()) for role in roles))
