# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The level of an aspect before a change, noted in the metadata of the VNF instance (private to this collection).

``worker@1f2e3d4c=3``: aspect, who has it in hand, level. Tacker does not look at its own lock when it is told to scale, so of
several who want to make the same change each puts its own sign there, and only the one whose sign stands there last goes on. A
note without a sign is nobody's.
"""

from __future__ import annotations

import dataclasses
import re
import secrets

from .._errors import CollectionError

# What Tacker allows as a key of an instance's metadata.
_KEY = re.compile(r"[a-zA-Z0-9\-_:. /]{1,1024}")


@dataclasses.dataclass(frozen=True)
class Note:
    """A level to go back to.

    :ivar sign: whose it is, empty for nobody's.
    """

    aspect_id: str
    level: int
    sign: str = ""

    def __str__(self) -> str:
        """As it stands in the metadata."""
        return f"{self.aspect_id}{'@' if self.sign else ''}{self.sign}={self.level}"

    @property
    def shown(self) -> str:
        """Without the sign."""
        return f"{self.aspect_id}={self.level}"

    @classmethod
    def read(cls, metadata: object, record: str, aspect_id: str) -> Note | None:
        """What is noted under a key, None without a note.

        :raises CollectionError: for a key that Tacker would refuse, and for a note about something else.
        """
        if not _KEY.fullmatch(record):
            raise CollectionError(f"Record {record!r} cannot be a key of metadata: letters, digits and -_:. / are allowed")
        value = metadata.get(record) if isinstance(metadata, dict) else None
        if value is None:
            return None
        whose, _equals, level = str(value).rpartition("=")
        aspect, _at, sign = whose.partition("@")
        if aspect != aspect_id or not level.isdecimal():
            raise CollectionError(
                f"The metadata of the VNF instance has {value!r} under {record}, which is not a level of aspect "
                f"{aspect_id}. Next: use another record for each aspect"
            )
        return cls(aspect, int(level), sign)


def new_sign() -> str:
    """A sign that nobody else has."""
    return secrets.token_hex(4)
