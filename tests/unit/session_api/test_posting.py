# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One attempt on real sockets: where it may go, how long it may take, what it does not follow."""

from __future__ import annotations

import contextlib
import http.server
import shutil
import socket
import ssl
import subprocess
import threading
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api import addresses
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api.posting import Answer, Poster

LOOPBACK = ("127.0.0.0/8", "::1/128")
HEADERS = {"Content-Type": "application/json", "webhook-id": "1"}


def poster(*, allowed: t.Sequence[str] = LOOPBACK, timeout: float = 10, ca_file: str | None = None) -> Poster:
    return Poster(addresses.Networks(addresses.DENIED, allowed), timeout, timeout, ca_file)


class Receiver:
    """Listens, keeps what it gets and says what it is told to say."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.says: bytes = b"HTTP/1.1 204 No Content\r\n\r\n"
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers), body))
                self.wfile.write(receiver.says)
                self.close_connection = True

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> t.Iterator[Receiver]:
    with contextlib.closing(Receiver()) as made:
        yield made


@contextlib.contextmanager
def raw(serve: t.Callable[[socket.socket], None]) -> t.Iterator[str]:
    """A server that speaks as badly as wanted."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            connected, _address = server.accept()
            with connected, contextlib.suppress(OSError):
                serve(connected)

        threading.Thread(target=run, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def test_it_is_posted(receiver: Receiver) -> None:
    assert poster().post(f"{receiver.url}/v1/hook?x=1", HEADERS, b'{"a": 1}') == Answer(204)
    [(path, headers, body)] = receiver.got
    assert (path, body) == ("/v1/hook?x=1", b'{"a": 1}')
    assert (headers["Content-Type"], headers["webhook-id"], headers["Host"]) == (
        "application/json", "1", f"127.0.0.1:{receiver.port}",
    )  # fmt: skip


@pytest.mark.parametrize("status", [300, 301, 307, 400, 410, 500])
def test_anything_but_2xx_is_an_error(receiver: Receiver, status: int) -> None:
    receiver.says = b"HTTP/1.1 %d Whatever\r\nContent-Length: 6\r\n\r\nsecret" % status
    answer = poster().post(receiver.url, HEADERS, b"{}")
    assert answer.status == status
    assert f"answered {status}" in str(answer.error)
    assert "secret" not in str(answer.error)


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    with contextlib.closing(Receiver()) as trap:
        receiver.says = b"HTTP/1.1 307 Elsewhere\r\nLocation: %s\r\n\r\n" % trap.url.encode()
        assert "redirects are not followed" in str(poster().post(receiver.url, HEADERS, b"{}").error)
        assert trap.got == []


def test_a_proxy_of_the_environment_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.closing(Receiver()) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert poster().post(receiver.url, HEADERS, b"{}").status == 204
        assert proxy.got == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]"])
def test_a_denied_address_is_not_connected_to_however_it_is_written(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        answer = poster(allowed=()).post(f"http://{host}:{server.getsockname()[1]}/", HEADERS, b"{}")
        assert answer.status is None
        assert "denied_networks" in str(answer.error)
        with pytest.raises(TimeoutError):
            server.accept()


def test_what_a_name_means_is_looked_at_at_every_attempt(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that changes its meaning after it was looked at (DNS rebinding) leads nowhere."""
    meanings = [["192.0.2.1", "127.0.0.2"], ["127.0.0.2"]]
    asked = []

    def resolve(host: str, port: int, **_more: t.Any) -> list[t.Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in meanings.pop(0)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    connected = []

    class Seen(socket.socket):
        def connect(self, address: t.Any) -> None:
            connected.append(address[0])
            raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "socket", Seen)
    sender = poster(allowed=())
    assert "Connection refused" in str(sender.post(f"http://vnfm.example.org:{receiver.port}", HEADERS, b"{}").error)
    assert "denied_networks" in str(sender.post(f"http://vnfm.example.org:{receiver.port}", HEADERS, b"{}").error)
    assert (connected, asked) == (["192.0.2.1"], ["vnfm.example.org"] * 2)


def test_a_refused_connection_says_so() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        assert poster().post(url, HEADERS, b"{}") == Answer(error="ConnectionRefusedError: Connection refused")


def test_an_unknown_name_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_arguments: t.Any, **_more: t.Any) -> t.NoReturn:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert "cannot be resolved" in str(poster().post("http://nowhere.example.org/", HEADERS, b"{}").error)


def _silent(connected: socket.socket) -> None:
    while connected.recv(65536):
        pass


def _dripping(connected: socket.socket) -> None:
    """One header byte at a time, so that no single read is late."""
    connected.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        connected.sendall(b"x")
        time.sleep(0.05)


def _endless(connected: socket.socket) -> None:
    connected.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(100_000):
        connected.sendall(b"X-%d: y\r\n" % number)


def _large(connected: socket.socket) -> None:
    """A head that is proper, and of 3 MB."""
    connected.recv(65536)
    connected.sendall(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (number, b"y" * 60_000) for number in range(50)))
    connected.sendall(b"Content-Length: 0\r\n\r\n")


def _body_without_end(connected: socket.socket) -> None:
    connected.recv(65536)
    connected.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connected.sendall(b"x" * 65536)


@pytest.mark.parametrize("serve", [_silent, _dripping])
def test_an_attempt_is_bounded_in_time(serve: t.Callable[[socket.socket], None]) -> None:
    with raw(serve) as url:
        began = time.monotonic()
        assert poster(timeout=0.5).post(url, HEADERS, b"{}") == Answer(error="no answer in time")
        assert 0.4 < time.monotonic() - began < 3


@pytest.mark.parametrize("serve", [_endless, _large])
def test_a_long_head_is_cut_off(serve: t.Callable[[socket.socket], None]) -> None:
    with raw(serve) as url:
        began = time.monotonic()
        assert poster().post(url, HEADERS, b"{}").error is not None
        assert time.monotonic() - began < 5


def test_an_endless_body_does_not_matter() -> None:
    with raw(_body_without_end) as url:
        began = time.monotonic()
        assert poster().post(url, HEADERS, b"{}") == Answer(200)
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200\x00 OK", b"HTTP/9.9 abc\r\n\r\n"])
def test_what_is_no_http_is_an_error(said: bytes) -> None:
    def serve(connected: socket.socket) -> None:
        connected.recv(65536)
        connected.sendall(said)

    with raw(serve) as url:
        answer = poster().post(url, HEADERS, b"{}")
        assert (answer.status, bool(answer.error)) == (None, True)


@pytest.mark.parametrize(("said", "wish"), [(b"7", 7.0), (b"-1", 0.0), (b"Wed, 21 Oct 2026 07:28:00 GMT", 0.0), (b"9" * 99, 0.0)])
def test_a_wish_to_be_left_alone_is_understood(receiver: Receiver, said: bytes, wish: float) -> None:
    receiver.says = b"HTTP/1.1 503 Busy\r\nRetry-After: %s\r\n\r\n" % said
    assert poster().post(receiver.url, HEADERS, b"{}").retry_after == wish


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, with its key, that nobody vouches for."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    path = tmp_path_factory.mktemp("tls") / "receiver.pem"
    key = path.with_suffix(".key")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=receiver", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(path)],
        check=True, capture_output=True,
    )  # fmt: skip
    return path


@pytest.fixture
def tls(certificate: Path) -> t.Iterator[Receiver]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    with contextlib.closing(Receiver(context)) as made:
        yield made


def test_a_certificate_is_checked(tls: Receiver, certificate: Path) -> None:
    unknown = poster().post(tls.url, HEADERS, b"{}")
    assert "certificate cannot be verified" in str(unknown.error)
    assert tls.got == []
    assert poster(ca_file=str(certificate)).post(tls.url, HEADERS, b"{}") == Answer(204)
    other_name = poster(ca_file=str(certificate)).post(tls.url.replace("127.0.0.1", "localhost"), HEADERS, b"{}")
    assert "certificate cannot be verified" in str(other_name.error)
    assert len(tls.got) == 1


def test_a_file_that_is_none_is_found_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        poster(ca_file=str(tmp_path / "nothing.pem"))
