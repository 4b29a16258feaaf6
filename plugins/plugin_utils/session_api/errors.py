# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service refuses, each with its status and a sentence that says why."""

from __future__ import annotations

import typing as t


class ApiError(Exception):
    """A request that is answered with an error body; nothing of it has been stored."""

    status = 500

    def __init__(self, message: str, **extra: t.Any) -> None:
        """Say why; ``extra`` goes into the body."""
        super().__init__(message)
        self.body: dict[str, t.Any] = {"error": message, **extra}


class BadRequest(ApiError):
    """The request itself is wrong; ``field`` names the part."""

    status = 400

    def __init__(self, field: str, message: str) -> None:
        """Name the part that is wrong."""
        super().__init__(message, field=field)


class Unauthorized(ApiError):
    """No token, or one that Keystone does not know."""

    status = 401


class Forbidden(ApiError):
    """The token's roles or project do not allow it."""

    status = 403


class NotFound(ApiError):
    """There is no such thing, or it is not the caller's to see."""

    status = 404


class Conflict(ApiError):
    """Right in itself, but not now."""

    status = 409


class TooMany(ApiError):
    """No room for one more session; the code is the predecessor's."""

    status = 509


class Unavailable(ApiError):
    """Something the service needs does not answer; try again."""

    status = 503


class SessionNotFound(NotFound):
    """The predecessor's answer to an unknown session."""

    def __init__(self) -> None:
        """Use the predecessor's words."""
        super().__init__("Invalid session")
