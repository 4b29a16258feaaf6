# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each kind of probe against what there is on a network."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess

import pytest

from tests.unit.monitoring.network import answering, monitoring
from tests.unit.monitoring.test_monitor_engine import run

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nhealthy"
KEPT = b"HTTP/1.1 200 OK\r\nX-keep: 1\r\nContent-Length: 7\r\n\r\nhealthy"


async def found(parts, port: int, times: int = 1, **parameters):
    """What so many tries come to, the last of them."""
    target = parts.target.read_target(
        {"address": "127.0.0.1", "port": port, "probe": parameters.pop("probe", "http_ping"), "parameters": parameters}, {}
    )
    asker = parts.asking.Asker()
    try:
        for _number in range(times):
            finding = await asker.ask(target, "127.0.0.1")
    finally:
        asker.close()
    return finding.outcome.name, finding.error


def closed_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


@pytest.mark.parametrize(
    ("answer", "parameters", "expected"),
    [
        pytest.param(OK, {}, ("ANSWERED", None), id="200"),
        pytest.param(OK, {"expected_body": "healthy"}, ("ANSWERED", None), id="its text"),
        pytest.param(OK, {"expected_body": "ill"}, ("LOST", "it answered without the expected text"), id="another text"),
        pytest.param(OK.replace(b"200", b"503"), {}, ("LOST", "it answered 503"), id="503"),
        pytest.param(OK.replace(b"200", b"503"), {"expected_status": [200, 503]}, ("ANSWERED", None), id="503 expected"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nheal\r\n3;a=b\r\nthy\r\n0\r\n\r\n",
            {"expected_body": "healthy"}, ("ANSWERED", None), id="chunks",
        ),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\nhealthy", {"expected_body": "healthy"}, ("ANSWERED", None), id="until its end"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + OK, {}, ("ANSWERED", None), id="after 100"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n", {}, ("LOST", "what came is not HTTP/1"), id="no HTTP"),
        pytest.param(OK[:30], {}, ("LOST", "the connection was closed before the answer"), id="cut short"),
        pytest.param(
            OK[:-3], {"expected_body": "healthy"}, ("LOST", "the connection was closed before the answer"), id="cut in its body"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"z" * 400,
            {"expected_body": "a"}, ("LOST", "a chunk has no size"), id="no chunks",
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20_000, {}, ("LOST", "what came is not HTTP/1"), id="endless head"),
        pytest.param(
            b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 1_100_000, {"expected_body": "a"},
            ("LOST", "the answer has more than 1048576 bytes"), id="endless body",
        ),
    ],
)  # fmt: skip
@run
async def test_http_ping_finds_what_a_server_answers(parts, answer, parameters, expected):
    async with answering(answer) as (port, _asked):
        assert await found(parts, port, **parameters) == expected


@run
async def test_http_ping_asks_as_it_is_told(parts):
    async with answering(OK) as (port, asked):
        how = {"method": "HEAD", "path": "/live?a=b", "server_name": "vnf.example", "headers": {"X-Probe": "1"}}
        assert await found(parts, port, **how) == ("ANSWERED", None)
    lines = asked[0].decode().split("\r\n")
    assert lines[0] == "HEAD /live?a=b HTTP/1.1"
    assert {f"Host: vnf.example:{port}", "X-Probe: 1", "Connection: close"} <= set(lines)


@run
async def test_a_connection_that_was_kept_is_used_again_and_made_anew_when_it_was_closed(parts):
    async with answering(KEPT) as (port, asked):
        assert (await found(parts, port, 5, keep_alive=True))[0] == "ANSWERED"
        assert len(asked) == 5
    async with answering(KEPT.replace(b"keep", b"other")) as (port, asked):
        # This server closes after each answer without saying so.
        assert (await found(parts, port, 3, keep_alive=True))[0] == "ANSWERED"


@run
async def test_who_does_not_answer_is_lost_in_time(parts):
    silent = socket.create_server(("127.0.0.1", 0), backlog=1)
    with silent:
        outcome, error = await found(parts, silent.getsockname()[1], timeout=0.2)
    assert (outcome, error) == ("LOST", "no answer within 0.2 s")


@run
async def test_tcp_finds_who_listens(parts):
    async with answering(b"") as (port, _asked):
        assert await found(parts, port, probe="tcp") == ("ANSWERED", None)
    outcome, error = await found(parts, closed_port(), probe="tcp")
    assert outcome == "LOST"
    assert "refused" in error.lower() or "connect call failed" in error.lower()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subject = ["-subj", "/CN=vnf.example", "-addext", "subjectAltName=DNS:vnf.example"]
    files = ["-keyout", str(folder / "key"), "-out", str(folder / "certificate")]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run([*command, *subject, *files], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize(
    ("parameters", "outcome", "error"),
    [
        pytest.param({"server_name": "vnf.example", "ca": True}, "ANSWERED", None, id="known"),
        pytest.param({"server_name": "other.example", "ca": True}, "WEAK", "Hostname mismatch", id="of another name"),
        pytest.param({"server_name": "vnf.example"}, "WEAK", "self-signed certificate", id="of nobody"),
        pytest.param({"validate_certs": False}, "ANSWERED", None, id="whatever it is"),
    ],
)
@run
async def test_a_certificate_that_is_not_valid_makes_a_target_degraded_not_down(parts, certificate, parameters, outcome, error):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate", certificate / "key")
    given = {key: value for key, value in parameters.items() if key != "ca"}
    if "ca" in parameters:
        given["ca_file"] = str(certificate / "certificate")
    async with answering(OK, tls=context) as (port, _asked):
        found_outcome, found_error = await found(parts, port, tls=True, **given)
    assert found_outcome == outcome
    assert (found_error or "").startswith(f"TLS: {error}" if error else "")


@run
async def test_who_speaks_no_tls_is_lost(parts):
    async with answering(OK) as (port, _asked):
        outcome, error = await found(parts, port, tls=True, timeout=1)
    assert outcome == "LOST"
    assert error


@run
async def test_a_server_that_ends_is_down_and_one_that_comes_is_up(parts):
    async with answering(OK) as (port, _asked):
        pass
    targets = [{"address": "127.0.0.1", "port": port, "probe": probe} for probe in ("tcp", "http_ping")]
    async with monitoring(parts, targets) as running:
        assert {(await running.event())["to"] for _number in range(2)} == {"down"}
        server = await asyncio.start_server(lambda _reader, writer: writer.write(OK), "127.0.0.1", port)
        assert {(await running.event())["to"] for _number in range(2)} == {"up"}
        server.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_replies_are_taken_only_from_whom_they_were_asked(parts, address):
    heard = []
    try:
        echo = parts.icmp.Echo(6 if ":" in address else 4, lambda number, sender: heard.append((number, sender)))
    except parts.icmp.CannotPing as exc:
        pytest.skip(f"this machine lets nobody ping: {exc}")
    other = parts.icmp.Echo(6 if ":" in address else 4, lambda number, sender: heard.append((-number, sender)))
    try:
        # A number that wraps the 16 bits of the sequence.
        for number in (1, 2, 65_536 + 2):
            echo.send(address, number)
            other.send(address, number)
        for _round in range(200):
            echo.receive()
            other.receive()
            if len(heard) >= 6:
                break
        assert sorted(heard) == sorted((sign * number, address) for number in (1, 2, 65_538) for sign in (1, -1))
        # One that knows the number and not the secret.
        heard.clear()
        other._secret, other._identifier = b"guessed!", echo._identifier
        other.send(address, 2)
        echo.receive()
        assert heard == []
    finally:
        echo.close()
        other.close()
