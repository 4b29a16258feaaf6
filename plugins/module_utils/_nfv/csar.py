# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""VNF packages as archives (CSAR, ETSI NFV-SOL004) (private to this collection)."""

from __future__ import annotations

import io
import zipfile
import zlib

from .._errors import CollectionError
from .definitions import TOSCA_META
from .yaml_reading import MOST_BYTES

MOST_MEMBERS = 10_000
# What a damaged or encrypted member raises when it is read.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)


def unpack(data: bytes) -> dict[str, bytes]:
    """The TOSCA files of an archive by their paths; for the form see :func:`.vnfd.parse`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return tosca_files(archive)
    except zipfile.BadZipFile as exc:
        raise CollectionError(f"The VNF package is not a ZIP archive: {exc}") from exc


def tosca_files(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """The YAML files and ``TOSCA.meta`` of an open archive, of which all together may have 20 MB."""
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise CollectionError(f"The VNF package has {len(members)} files; at most {MOST_MEMBERS} are read")
    found: dict[str, bytes] = {}
    left = 4 * MOST_BYTES
    for member in members:
        if member.filename != TOSCA_META and not member.filename.endswith((".yaml", ".yml")):
            continue
        try:
            with archive.open(member) as stream:
                found[member.filename] = stream.read(left + 1)
        except UNREADABLE as exc:
            raise CollectionError(f"{member.filename} of the VNF package cannot be read: {exc}") from exc
        left -= len(found[member.filename])
        if left < 0:
            raise CollectionError(f"The YAML files of the VNF package have more than {4 * MOST_BYTES} bytes")
    return found
