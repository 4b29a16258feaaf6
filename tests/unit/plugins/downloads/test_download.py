# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""maintenance_download against a real web server: what was promised or nothing, and nowhere else."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import tarfile
import threading
import zipfile

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._downloads.fetch import Checksum, Source
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError

SECRET = "signature-of-the-mirror"
FILE = b"new firmware" * 1000


class Mirror(http.server.ThreadingHTTPServer):
    """Serves one body; counts who asks."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.body, self.status, self.asked = FILE, 200, 0
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/firmware.tar?token={SECRET}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked += 1
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_args):
        pass


@pytest.fixture
def mirror():
    server = Mirror()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def download(conversation, tmp_path, mirror):
    """Runs the module; nothing that it returns holds what is secret in the address."""
    conversation._mocker.stop()

    def run(body=None, check_mode=False, **more):
        mirror.body = FILE if body is None else body
        params = {
            "name": "firmware", "url": mirror.url, "checksum": f"sha256:{hashlib.sha256(mirror.body).hexdigest()}",
            "directory": str(tmp_path / "cache"), **more,
        }  # fmt: skip
        result = conversation.run("maintenance_download", params, check_mode=check_mode, auth=False)
        assert SECRET not in json.dumps(result)
        return result

    run.folder = tmp_path / "cache"
    yield run
    conversation._mocker.start()


def tar(*members, mode="w:gz"):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode=mode) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            else:
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
    return raw.getvalue()


def zipped(*members):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return raw.getvalue()


def test_it_is_fetched_once(download, mirror):
    assert download()["changed"]
    result = download()
    assert not result["changed"]
    assert mirror.asked == 1
    path = result["maintenance_download"]["path"]
    assert path == str(download.folder / "firmware")
    assert (download.folder / "firmware").read_bytes() == FILE
    assert download.folder.stat().st_mode & 0o777 == 0o700
    (download.folder / "firmware").write_bytes(b"damaged")
    assert download()["changed"]
    assert (download.folder / "firmware").read_bytes() == FILE


def test_check_mode_asks_nobody(download, mirror):
    assert download(check_mode=True)["changed"]
    assert mirror.asked == 0
    assert not download.folder.exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"checksum": f"sha256:{'0' * 64}"}, "its sha256 is"),
        ({"max_bytes": 100}, "larger than 100 bytes"),
        ({"timeout": 0}, "took longer than 0 s"),
        ({"checksum": "md5:900150983cd24fb0d6963f7d28e17f72"}, "sha256:"),
        ({"checksum": f"sha512:{'0' * 64}"}, "sha512"),
        ({"name": "../firmware"}, "name"),
        ({"url": "ftp://mirror.example/x"}, "http or https"),
        ({"url": f"https://user:{SECRET}@mirror.example/x"}, "url_username"),
        ({"url": f"http://127.0.0.1:1/x?token={SECRET}"}, "Failed to download http://127.0.0.1:1/x:"),
    ],
)
def test_anything_else_than_what_was_promised_leaves_nothing(download, more, words):
    result = download(**more)
    assert result["failed"]
    assert words in result["msg"]
    assert not list(download.folder.glob("*"))
    assert not list(download.folder.glob(".*"))


def test_a_refusal_is_told_with_its_status(download, mirror):
    mirror.status = 403
    assert "HTTP 403" in download()["msg"]


@pytest.fixture(params=["a Python with the filter", "a Python before 3.11.4"])
def python(request, monkeypatch):
    if "before" in request.param:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)


@pytest.mark.usefixtures("python")
@pytest.mark.parametrize("make", [tar, zipped])
def test_an_archive_is_unpacked_and_replaced_by_a_newer_one(download, make):
    result = download(make(("bin/tool", b"1"), ("old", b"x")), unpack=True)
    folder = download.folder / "firmware.d"
    assert result["maintenance_download"]["path"] == str(folder)
    assert {path.name for path in folder.rglob("*")} == {"bin", "tool", "old"}
    newer = make(("bin/tool", b"2"))
    assert download(newer, unpack=True)["changed"]
    assert (folder / "bin/tool").read_bytes() == b"2"
    assert not (folder / "old").exists()
    assert not download(newer, unpack=True)["changed"]
    assert not list(download.folder.glob(".download*"))


@pytest.mark.usefixtures("python")
@pytest.mark.parametrize(
    "archive",
    [
        tar(("../outside", b"x")), tar(("link", "../.."), ("link/outside", b"x")),
        zipped(("../outside", b"x")), tar(("big", b"\0" * 200_000)), zipped(("big", b"\0" * 200_000)), b"no archive at all",
        tar(("a", b"x" * 5000))[:60],
    ],
    ids=["tar outside", "tar through a link", "zip outside", "tar too big", "zip too big", "no archive", "half a tar"],
)  # fmt: skip
def test_what_is_no_good_archive_gets_nowhere(download, archive):
    result = download(archive, unpack=True, max_bytes=100_000)
    assert result["failed"]
    assert "Failed to unpack" in result["msg"]
    assert not (download.folder / "firmware.d").exists()
    assert not list(download.folder.parent.glob("outside*"))


@pytest.mark.usefixtures("python")
def test_an_absolute_name_inside_stays_inside(download):
    assert not download(tar((f"{download.folder}/outside", b"x")), unpack=True)["failed"]
    assert [path.name for path in download.folder.iterdir() if path.name == "outside"] == []


def test_a_source_that_sends_on_and_on_is_left_at_its_time(tmp_path):
    now = [0.0]

    class Slow(io.BytesIO):
        def read1(self, size=-1):
            now[0] += 5
            return super().read1(min(size, 10))

    source = Source("https://mirror.example/x", max_bytes=10**6, timeout=12, opener=lambda *_args, **_more: Slow(FILE))
    with pytest.raises(CollectionError, match="longer than 12 s"):
        source.fetch(tmp_path / "x", Checksum("sha256", "0" * 64), clock=lambda: now[0])
    assert now[0] <= 20
