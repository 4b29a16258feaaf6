# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Tacker would refuse a VNF package for, found out beforehand (private to this collection).

Tacker says of a refused package only that it is not on board; the reason stands in its log.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import typing as t
import zipfile

from .._errors import CollectionError
from .csar import UNREADABLE, tosca_files
from .definitions import TOSCA_META, Definitions, mapping
from .proxy import Raw
from .vnfd import POLICY, Vnfd, parse_all, policies
from .yaml_reading import read_yaml

ALGORITHMS = ("sha-224", "sha-256", "sha-384", "sha-512")
_MANIFEST = re.compile(rb"^ETSI-Entry-Manifest:[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)
_IMAGE = "tosca.artifacts.nfv.SwImage"
_LEVELS = (POLICY + "VduInstantiationLevels", POLICY + "VirtualLinkInstantiationLevels")
_ENCRYPTED = 0x1
_CHUNK = 1 << 20


def check(archive: zipfile.ZipFile) -> list[Vnfd]:
    """Refuse what Tacker would refuse; returns the deployment flavours.

    :raises CollectionError: with everything that was found, in one text.
    """
    files = tosca_files(archive)
    definitions = Definitions.read(files)
    vnfds = parse_all(definitions)
    problems = [*_members(archive)]
    names = {*archive.namelist()}
    for path in definitions.documents:
        problems += _nodes(definitions.topology(path), path, names)
    for vnfd in vnfds:
        problems += _levels(vnfd)
    problems += _artefacts(archive, files)
    if problems:
        raise CollectionError(f"The VNF package would be refused: {'; '.join(problems)}")
    return vnfds


def _members(archive: zipfile.ZipFile) -> t.Iterator[str]:
    """Names that lead out of the directory into which the archive is unpacked, or stand for two files; and what is encrypted."""
    seen: set[str] = set()
    for member in archive.infolist():
        name = member.filename
        if name.startswith("/") or ".." in name.split("/"):
            yield f"path {name} leads out of the package"
        if name in seen:
            yield f"path {name} is there twice"
        if member.flag_bits & _ENCRYPTED:
            yield f"file {name} is encrypted"
        seen.add(name)


def _nodes(topology: Raw, path: str, names: set[str]) -> t.Iterator[str]:
    """Artefacts of nodes whose file is missing, and software images that are said incompletely."""
    for name, node in mapping(topology.get("node_templates"), f"node_templates of {path}").items():
        artefacts = mapping(mapping(node, f"node {name} of {path}").get("artifacts"), f"artifacts of node {name} of {path}")
        images = [key for key, value in artefacts.items() if not isinstance(value, dict) or value.get("type") == _IMAGE]
        if len(images) > 1:
            yield f"node {name} of {path} has more than one artefact of type {_IMAGE}: {', '.join(images)}"
        if images and node.get("properties") and not node["properties"].get("sw_image_data"):
            yield f"node {name} of {path} has the image artefact {images[0]} but no sw_image_data"
        for key, value in artefacts.items():
            file = value.get("file") if isinstance(value, dict) else value
            if not isinstance(file, str) or "://" in file:
                continue
            if posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) not in names:
                yield f"artefact {key} of node {name} of {path} is {file}, which is not in the package"


def _levels(vnfd: Vnfd) -> t.Iterator[str]:
    """Instantiation levels of VDUs and links that the VNF does not have."""
    for policy_type in _LEVELS:
        for policy in policies(vnfd.template, policy_type):
            properties = mapping(policy.get("properties"), f"properties of a policy of type {policy_type}")
            unknown = sorted({*mapping(properties.get("levels"), f"levels of a {policy_type}")} - {*vnfd.levels})
            if unknown:
                known = ", ".join(vnfd.levels) or "none"
                yield f"{policy_type} has levels {', '.join(unknown)}, deployment flavour {vnfd.flavour_id} has {known}"


def _artefacts(archive: zipfile.ZipFile, files: t.Mapping[str, bytes]) -> t.Iterator[str]:
    """Files whose checksum ``TOSCA.meta`` or the manifest tells, and which are others."""
    meta = files.get(TOSCA_META, b"")
    sources = [(TOSCA_META, meta)]
    manifest = _MANIFEST.search(meta)
    if manifest:
        name = manifest[1].decode("utf-8", "replace")
        if not name.lower().endswith(".mf") or name not in archive.namelist():
            yield f"{TOSCA_META} names {name} as manifest, which is not a .mf file of the package"
        else:
            sources.append((name, _read(archive, name)))
    for place, text in sources:
        for block in re.split(rb"\r?\n(?:\r?\n)+", text):
            if re.search(rb"^(?:Algorithm|Hash):", block, re.MULTILINE):
                yield from _artefact(archive, mapping(read_yaml(block, place), f"A block of {place}"), place)


def _artefact(archive: zipfile.ZipFile, said: Raw, place: str) -> t.Iterator[str]:
    keys = {"Source" if key == "Name" else key: value for key, value in said.items() if key != "Content-Type"}
    if sorted(keys) != ["Algorithm", "Hash", "Source"] or not all(keys.values()):
        yield f"an artefact in {place} has {', '.join(map(str, said))}; it needs Name or Source, Algorithm and Hash with values"
        return
    source, algorithm = str(keys["Source"]), str(keys["Algorithm"]).lower()
    if algorithm not in ALGORITHMS:
        yield f"the checksum of {source} in {place} is of algorithm {keys['Algorithm']}; possible are {', '.join(ALGORITHMS)}"
    elif source not in archive.namelist():
        if "://" not in source:
            yield f"{place} has a checksum of {source}, which is not in the package"
    elif _digest(archive, source, algorithm) != str(keys["Hash"]):
        yield f"file {source} does not have the checksum ({keys['Algorithm']}) that {place} tells"


def _digest(archive: zipfile.ZipFile, name: str, algorithm: str) -> str:
    found = hashlib.new(algorithm.replace("-", ""))
    try:
        with archive.open(name) as stream:
            while chunk := stream.read(_CHUNK):
                found.update(chunk)
    except UNREADABLE as exc:
        raise CollectionError(f"{name} of the VNF package cannot be read: {exc}") from exc
    return found.hexdigest()


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as stream:
            return stream.read(_CHUNK)
    except UNREADABLE as exc:
        raise CollectionError(f"{name} of the VNF package cannot be read: {exc}") from exc
