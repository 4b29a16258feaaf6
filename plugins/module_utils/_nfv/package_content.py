# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The content that a VNF package is to have (private to this collection)."""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
import typing as t
from pathlib import Path

from .csar import build, digest, opened, tosca_files
from .csar_check import check
from .definitions import Definitions
from .vnfd import parse_all


@dataclasses.dataclass(frozen=True)
class Address:
    """Where Tacker shall fetch the content.

    :ivar checksum: of the content, as in ``sha512:<hexadecimal digits>``, so that another content can be seen.
    """

    uri: str
    user: str | None = None
    password: str | None = None
    checksum: str | None = None


@dataclasses.dataclass(frozen=True)
class Content:
    """The archive that is to be on board.

    :ivar known: what its VNFD says of itself, by the names of :meth:`.Packages.find`.
    """

    path: Path
    known: t.Mapping[str, str]

    @classmethod
    @contextlib.contextmanager
    def of(cls, path: Path) -> t.Iterator[Content]:
        """A file, or a directory, of which an archive is made for the time being."""
        with tempfile.TemporaryDirectory() as folder:
            if path.is_dir():
                archive = Path(folder) / "package.csar"
                build(path, archive)
                path = archive
            with opened(path) as archived:
                vnfd = parse_all(Definitions.read(tosca_files(archived)))[0]
            known = {"provider": vnfd.provider, "product_name": vnfd.product_name, "software_version": vnfd.software_version}
            yield cls(path, {"vnfd_id": vnfd.vnfd_id, **known, "vnfd_version": vnfd.version})

    def check(self) -> None:
        """Refuse what Tacker would refuse."""
        with opened(self.path) as archive:
            check(archive)

    def checksum(self, algorithm: str) -> str:
        """As Tacker computes it."""
        return digest(self.path, algorithm)
