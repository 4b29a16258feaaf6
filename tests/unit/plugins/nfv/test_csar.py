# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives of VNF packages: made of directories, and looked at before they are sent."""

from __future__ import annotations

import hashlib
import os
import warnings
import zipfile

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.csar import build, digest, opened, unpack
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.csar_check import check

from tests.unit.plugins.nfv.vnfd_files import META, SMALL, vnfd_files

SHA256 = hashlib.sha256(b"true\n").hexdigest()


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "package"
    for name, content in vnfd_files().items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    script = root / "Scripts" / "run.sh"
    script.parent.mkdir()
    script.write_bytes(b"true\n")
    script.chmod(0o700)
    return root


def packed(folder, archive=None):
    target = archive or folder.parent / "package.csar"
    build(folder, target)
    return target


def checked(folder):
    with opened(packed(folder)) as archive:
        return check(archive)


def test_the_same_files_make_the_same_archive(folder, tmp_path):
    first = digest(packed(folder), "sha512")
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))
    assert digest(packed(folder, tmp_path / "second"), "SHA-512") == first == hashlib.sha512(
        (tmp_path / "second").read_bytes()).hexdigest()
    (folder / "Scripts" / "run.sh").chmod(0o600)
    assert digest(packed(folder), "sha512") != first


def test_what_is_in_the_archive(folder):
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("x")
    (folder / "Scripts" / ".swp").write_text("x")
    with opened(packed(folder)) as archive:
        assert {*archive.namelist()} == {*vnfd_files(), "Scripts/run.sh"}
        assert archive.getinfo("Scripts/run.sh").external_attr >> 16 & 0o777 == 0o755
        assert archive.getinfo("Definitions/top.yaml").external_attr >> 16 & 0o777 == 0o644


def test_links_are_not_followed(folder):
    (folder / "secret").symlink_to("/etc/passwd")
    with pytest.raises(CollectionError, match="secret is not a regular file"):
        packed(folder)


def test_an_empty_directory(tmp_path):
    with pytest.raises(CollectionError, match="has no files"):
        packed(tmp_path / "nothing")


def test_a_good_package(folder):
    (folder / "TOSCA-Metadata" / "TOSCA.meta").write_text(
        f"{META}ETSI-Entry-Manifest: vnf.mf\n\nName: Scripts/run.sh\nContent-Type: x\nAlgorithm: SHA-256\nHash: {SHA256}\n")
    (folder / "vnf.mf").write_text(f"metadata:\n  x: y\n\nSource: Scripts/run.sh\nAlgorithm: sha-256\nHash: {SHA256}\n")
    (folder / "Definitions" / "df_small.yaml").write_text(SMALL.replace(
        "properties: {name: VDU2}", "artifacts: {script: {file: ../Scripts/run.sh}, far: {file: 'https://example.org/x'}}"))
    assert [vnfd.flavour_id for vnfd in checked(folder)] == ["large", "small"]


def meta(*lines):
    return {"TOSCA-Metadata/TOSCA.meta": META + "\n".join(lines) + "\n"}


def small(old, new):
    assert old in SMALL
    return {"Definitions/df_small.yaml": SMALL.replace(old, new)}


IMAGES = "artifacts: {%s}\n      properties: {name: VDU2}"
LEVELS = """
    - vdu_levels:
        type: tosca.policies.nfv.VduInstantiationLevels
        properties: {levels: {one: {}, nine: {}}}
    - levels:
"""


@pytest.mark.parametrize(("files", "message"), [
    (meta("", "Source: Scripts/run.sh", "Algorithm: SHA-256", "Hash: 00aa"),
     "file Scripts/run.sh does not have the checksum (SHA-256)"),
    (meta("", "Source: Scripts/run.sh", "Algorithm: MD5", "Hash: 00aa"), "is of algorithm MD5; possible are sha-224"),
    (meta("", "Source: Scripts/gone.sh", "Algorithm: SHA-256", "Hash: 00aa"), "a checksum of Scripts/gone.sh, which is not in"),
    (meta("", "Source: Scripts/run.sh", "Hash: 00aa"), "an artefact in TOSCA-Metadata/TOSCA.meta has Source, Hash; it needs"),
    (meta("ETSI-Entry-Manifest: vnf.mf"), "names vnf.mf as manifest, which is not a .mf file of the package"),
    (small("properties: {name: VDU2}", "artifacts: {image: ../Files/none.img}"),
     "artefact image of node VDU2 of Definitions/df_small.yaml is ../Files/none.img, which is not in the package"),
    (small("properties: {name: VDU2}", IMAGES % "a: ../Scripts/run.sh"), "has the image artefact a but no sw_image_data"),
    (small("properties: {name: VDU2}", IMAGES % "a: ../Scripts/run.sh, b: ../Scripts/run.sh"), "more than one artefact of type"),
    (small("\n    - levels:\n", LEVELS), "has levels nine, deployment flavour small has one, three"),
    (small("tosca_definitions_version", "x"), "has no tosca_definitions_version"),
])  # fmt: skip
def test_what_would_be_refused(folder, files, message):
    for name, text in files.items():
        (folder / name).write_text(text)
    with pytest.raises(CollectionError) as raised:
        checked(folder)
    assert message in str(raised.value)


def test_everything_that_is_wrong_is_said_at_once(folder):
    (folder / "TOSCA-Metadata" / "TOSCA.meta").write_text(
        f"{META}ETSI-Entry-Manifest: vnf.mf\n\nSource: a\nAlgorithm: SHA-256\nHash: 00aa\n")
    with pytest.raises(CollectionError, match=r"vnf\.mf as manifest.*; .*a checksum of a"):
        checked(folder)


def test_paths_that_lead_out_and_stand_twice(folder):
    target = packed(folder)
    with zipfile.ZipFile(target, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("../outside", "x")
        archive.writestr("/etc/passwd", "x")
        archive.writestr("Scripts/run.sh", "x")
    with opened(target) as archive, pytest.raises(CollectionError) as raised:
        check(archive)
    for words in ("path ../outside leads out", "path /etc/passwd leads out", "path Scripts/run.sh is there twice"):
        assert words in str(raised.value)


def test_what_is_no_archive(tmp_path):
    file = tmp_path / "x.csar"
    file.write_bytes(b"PK nonsense")
    with pytest.raises(CollectionError, match="is not a ZIP archive"):
        opened(file)
    with pytest.raises(CollectionError, match="cannot be read: No such file"):
        opened(tmp_path / "none")
    with pytest.raises(CollectionError, match="is not a ZIP archive"):
        unpack(b"nonsense")


def test_a_damaged_file_is_named(folder):
    target = packed(folder)
    content = bytearray(target.read_bytes())
    place = content.index(b"tosca_definitions_version")
    content[place] ^= 1
    target.write_bytes(content)
    with opened(target) as archive, pytest.raises(CollectionError, match="of the VNF package cannot be read: Bad CRC-32"):
        check(archive)


def test_a_bomb_is_not_unpacked(tmp_path):
    target = tmp_path / "bomb.csar"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Definitions/top.yaml", b" " * 50_000_000)
    with pytest.raises(CollectionError, match="more than 20000000 bytes"):
        unpack(target.read_bytes())
