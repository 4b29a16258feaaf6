# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The TOSCA files of a VNF package: where they begin, what they import, which types they declare (private to this collection).

The form is that of ETSI NFV-SOL004 for the archive and of TOSCA Simple Profile in YAML for the files.
"""

from __future__ import annotations

import dataclasses
import posixpath
import re
import typing as t

from .._errors import CollectionError
from .proxy import Raw
from .yaml_reading import MOST_BYTES, read_yaml

TOSCA_META = "TOSCA-Metadata/TOSCA.meta"
MOST_FILES = 200
_ENTRY = re.compile(rb"^Entry-Definitions:[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)
_YAML = (".yaml", ".yml")


@dataclasses.dataclass(frozen=True)
class Definitions:
    """The entry file and all that it imports from the archive.

    :ivar entry: path of the entry file.
    :ivar documents: contents by path.
    """

    entry: str
    documents: t.Mapping[str, Raw]

    @classmethod
    def read(cls, files: t.Mapping[str, bytes]) -> Definitions:
        """Follow the imports from the entry file.

        :param files: contents by path in the archive; a single YAML file is an archive too.
        :raises CollectionError: which file is wrong, and how.
        """
        entry = entry_file(files)
        documents: dict[str, Raw] = {}
        total = 0
        ahead = [(entry, "")]
        while ahead:
            path, importer = ahead.pop()
            if path in documents:
                continue
            if path not in files:
                raise CollectionError(f"{importer} imports {path}, which is not in the VNF package")
            total += len(files[path])
            if len(documents) >= MOST_FILES or total > MOST_BYTES:
                raise CollectionError(f"The VNFD has more than {MOST_FILES} files or {MOST_BYTES} bytes")
            documents[path] = _document(files[path], path)
            ahead += [(found, path) for found in _imports(documents[path], path)]
        return cls(entry, documents)

    def topology(self, path: str) -> Raw:
        """The ``topology_template`` of a file."""
        return mapping(self.documents[path].get("topology_template"), f"topology_template of {path}")

    def type_properties(self, node_type: str) -> Raw:
        """The properties that a node type and those it derives from declare."""
        found: Raw = {}
        for name in self._lineage(node_type):
            found = {**mapping(self._node_types.get(name, {}).get("properties"), f"properties of {name}"), **found}
        return found

    def is_a(self, node: t.Any, node_type: str) -> bool:
        """Whether a node template is of a type or of one that derives from it."""
        return isinstance(node, dict) and node_type in self._lineage(str(node.get("type")))

    def _lineage(self, node_type: str) -> list[str]:
        found: list[str] = []
        while node_type and node_type not in found:
            found.append(node_type)
            node_type = str(self._node_types.get(node_type, {}).get("derived_from") or "")
        return found

    @property
    def _node_types(self) -> dict[str, Raw]:
        return {
            name: node_type
            for path, document in self.documents.items()
            for name, node_type in mapping(document.get("node_types"), f"node_types of {path}").items()
            if isinstance(node_type, dict)
        }


def entry_file(files: t.Mapping[str, bytes]) -> str:
    """Where the VNFD begins: what ``TOSCA.meta`` says, else the one YAML file beside the directories."""
    if TOSCA_META in files:
        said = _ENTRY.search(files[TOSCA_META])
        if said is None or not said[1]:
            raise CollectionError(f"{TOSCA_META} has no Entry-Definitions")
        entry = posixpath.normpath(said[1].decode("utf-8", "replace").strip("'\""))
        if entry not in files:
            raise CollectionError(f"{TOSCA_META} names {entry} as Entry-Definitions, which is not in the VNF package")
        return entry
    beside = sorted(path for path in files if path.endswith(_YAML) and "/" not in path)
    if len(beside) != 1:
        found = ", ".join(beside) or "none"
        raise CollectionError(
            f"The VNF package has no {TOSCA_META}, and then exactly one YAML file has to be at its top. Found: {found}"
        )
    return beside[0]


def mapping(value: t.Any, place: str) -> Raw:
    """A mapping, empty for null."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise CollectionError(f"{place} is not a mapping")
    return value


def entries(value: t.Any, place: str) -> list[tuple[str, t.Any]]:
    """What TOSCA writes as a list of mappings with one key each, or as one mapping."""
    if isinstance(value, list):
        return [pair for part in value for pair in mapping(part, f"An entry of {place}").items()]
    return list(mapping(value, place).items())


def _document(data: bytes, path: str) -> Raw:
    document = read_yaml(data, path)
    if not isinstance(document, dict):
        raise CollectionError(f"{path} is not a mapping, so it is no TOSCA file")
    if "tosca_definitions_version" not in document:
        raise CollectionError(f"{path} has no tosca_definitions_version, so it is no TOSCA file")
    return document


def _imports(document: Raw, path: str) -> list[str]:
    found = document.get("imports") or []
    names: list[t.Any] = []
    for part in found if isinstance(found, list) else [found]:
        if not isinstance(part, dict):
            names.append(part)
        elif "file" in part:
            names.append(None if part.get("repository") else part["file"])
        else:
            names += [inner.get("file") if isinstance(inner, dict) else inner for inner in part.values()]
    here = posixpath.dirname(path)
    # What is imported from elsewhere is only types, which are known by their names.
    return [posixpath.normpath(posixpath.join(here, name)) for name in names if isinstance(name, str) and "://" not in name]
