# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source over HTTP: every answer, limits, batches, secrets that change, TLS."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.eda.listening import ARGS, OTHER, PATH, SECRET, alarm, listening


@pytest.fixture
def scenario(source):
    """Run a coroutine function with a source that listens."""

    def run(steps, **args):
        async def main():
            async with listening(source, **args) as running:
                await steps(running)

        asyncio.run(main())

    return run


def test_a_webhook_is_accepted_and_handed_on_as_a_message(scenario, event_filter):
    async def steps(running):
        body = alarm(metadata="{'name': '\u00e9'}")
        status, answer, _headers = await running.post(body=body)
        assert (status, answer) == (200, {})
        (message,) = await running.batch()
        delivery = message.pop("delivery")
        assert message.pop("vnf_ids") == ["vnf-1"]
        assert message == event_filter.read({"vnf_id": "vnf-1", "project_id": "project-1", "body": body})[0]
        assert message["metadata"] == {"name": "\u00e9"}
        assert set(delivery) == {"id", "attempt", "key", "url"}
        assert delivery["attempt"] == 1
        assert delivery["url"] == f"{running.url}/v1.0/deliveries/{delivery['id']}"

    scenario(steps)


def test_fifty_at_once_are_one_batch(scenario):
    async def steps(running):
        sessions = [f"s-{number}" for number in range(50)]
        assert await asyncio.gather(*(running.status(body=alarm(session=one)) for one in sessions)) == [200] * 50
        assert sorted(found["session_id"] for found in await running.batch()) == sorted(sessions)

    scenario(steps, batch_window=10, max_batch=50, max_body=65536)


@pytest.mark.parametrize(
    ("secret", "path"),
    [
        (None, PATH),
        ("", PATH),
        ("wrong", PATH),
        (OTHER, PATH),
        (SECRET, PATH.replace("vnf-1", "vnf-2")),
        (SECRET, PATH.replace("vnf-1", "unknown")),
    ],
)
def test_without_the_secret_of_this_vnf_the_answer_is_the_same_401(scenario, secret, path):
    async def steps(running):
        status, answer, headers = await running.post(path, secret=secret, body=b"not even json")
        assert (status, answer) == (401, {"error": "wrong or missing secret"})
        assert headers["WWW-Authenticate"] == 'Basic realm="maintenance"'
        assert await running.status() == 200
        assert len(await running.batch()) == 1, "only the good one was taken"

    scenario(steps)


def test_the_secret_may_be_in_the_address_as_aodh_is_given_it(scenario):
    async def steps(running):
        async with running.client.post(
            f"http://aodh:{SECRET.replace(' ', '%20')}@{running.host}:{running.port}{PATH}", json=alarm()
        ) as answer:
            assert answer.status == 200

    scenario(steps)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b"[1]", "not a JSON object"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a":' * 500, "deeper than 32"),
    ],
)
def test_what_is_no_json_object_is_400_and_not_handed_on(scenario, body, says):
    async def steps(running):
        status, answer, _headers = await running.post(body=body)
        assert status == 400
        assert says in answer["error"]
        assert await running.status(body=alarm(session="good")) == 200
        assert [found["session_id"] for found in await running.batch()] == ["good"]

    scenario(steps)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1.0/vnfs/vnf-1/maintenance",
        "/v1.0/vnfs/vnf-1/maintenance/project-1/",
        "/v1.0/vnfs/vnf-1/maintenance/project-1/a/b",
        "/v1.0/vnfs//maintenance/project-1",
        "/v1.0/vnfs/a%20b/maintenance/project-1",
        "/v1.0/vnfs/vnf-1/maintenance/%7B%7Bx%7D%7D",
        "/v1.0/vnfs/" + "x" * 256 + "/maintenance/project-1",
        "/v2/vnfs/vnf-1/maintenance/project-1",
    ],
)
def test_another_path_is_404(scenario, path):
    async def steps(running):
        assert await running.status(path) == 404

    scenario(steps)


def test_another_method_is_405_and_names_the_right_one(scenario):
    async def steps(running):
        async with running.client.put(running.url + PATH, json=alarm()) as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "POST")
        assert await running.status("/healthz") == 405

    scenario(steps)


def test_health_needs_no_secret(scenario):
    async def steps(running):
        async with running.client.get(running.url + "/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})

    scenario(steps)


def test_a_connection_is_closed_after_its_answer(scenario):
    async def steps(running):
        answer = await running.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n")
        assert b"connection: close" in answer.lower()

    scenario(steps)


def test_a_body_that_says_it_is_too_large_is_413(scenario):
    async def steps(running):
        limit = ARGS["max_body"]
        status, answer, _headers = await running.post(body=b"x" * (limit + 1))
        assert (status, answer) == (413, {"error": f"the body is larger than {limit} bytes"})
        exactly = json.dumps({**alarm(), "a": ""}).encode()
        exactly = exactly.replace(b'"a": ""', b'"a": "' + b"x" * (limit - len(exactly)) + b'"')
        assert len(exactly) == limit
        assert await running.status(body=exactly) == 200

    scenario(steps)


def test_a_body_in_chunks_without_an_end_is_413(scenario):
    async def steps(running):
        sent = 0
        answered = asyncio.Event()

        async def endless():
            nonlocal sent
            while not answered.is_set():
                sent += 1024
                yield b"x" * 1024
                await asyncio.sleep(0)

        async def post():
            try:
                return await running.status(body=endless())
            finally:
                answered.set()

        assert await asyncio.wait_for(post(), 10) == 413

    scenario(steps)


def test_a_bad_chunk_is_400(scenario):
    async def steps(running):
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {AUTHORIZATION}\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = await running.raw(head.encode(), b"zz\r\nxx\r\n0\r\n\r\n")
        assert b" 400 " in answer.splitlines()[0]
        assert await running.status() == 200

    scenario(steps)


AUTHORIZATION = aiohttp.encode_basic_auth("aodh", SECRET).removeprefix("Basic ")


def test_a_compressed_body_is_not_opened(scenario):
    async def steps(running):
        bomb = gzip.compress(b"[" + b"1," * 1_000_000 + b"1]")
        assert len(bomb) < ARGS["max_body"]
        assert await running.status(body=bomb, headers={"Content-Encoding": "gzip"}) == 415

    scenario(steps)


def test_a_client_that_sends_its_headers_slowly_is_cut_off(scenario):
    async def steps(running):
        assert await running.raw(b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\n") == b""
        assert await running.raw(b"") == b""
        assert await running.status() == 200

    scenario(steps, read_timeout=0.2)


def test_a_client_that_sends_its_body_slowly_gets_408(scenario):
    async def steps(running):
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {AUTHORIZATION}\r\nContent-Length: 100\r\n\r\n"
        answer = await running.raw(head.encode(), b"{")
        assert b" 408 " in answer.splitlines()[0]
        assert await running.status() == 200

    scenario(steps, read_timeout=0.2)


def test_one_connection_too_many_is_closed_and_the_others_go_on(scenario):
    async def steps(running):
        held = [await asyncio.open_connection(running.host, int(running.port)) for _number in range(3)]
        reader, writer = await asyncio.open_connection(running.host, int(running.port))
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        held[0][1].write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 " in await asyncio.wait_for(held[0][0].readline(), 5)
        for _reader, other in held:
            other.close()

    scenario(steps, max_connections=3)


def test_a_full_journal_is_503_and_what_was_accepted_is_not_lost(scenario):
    async def steps(running):
        for session in ("a", "b"):
            assert await running.status(body=alarm(session=session)) == 200
        status, _answer, headers = await running.post(body=alarm(session="c"))
        assert (status, headers["Retry-After"]) == (503, "1")
        for session in ("a", "b"):
            (message,) = await running.batch()
            assert message["session_id"] == session
            assert await running.status() == 503, "it is handed on, and not over"
            assert await running.report(message["delivery"], "done", outcome="x") == (200, {})
            assert await running.status(body=alarm(session=f"after {session}".replace(" ", "-"))) == 200

    scenario(steps, max_waiting=2, max_batch=1, confirm=True)


def test_the_size_of_what_is_not_over_is_bounded(scenario):
    async def steps(running):
        large = [alarm(session=f"s-{number}", metadata=json.dumps({"x": "y" * 2900})) for number in range(40)]
        statuses = [await running.status(body=body) for body in large]
        assert statuses.index(503) in range(16, 22)
        assert await running.status() == 503
        assert await running.batch(), "also an event is bounded"

    scenario(steps, batch_window=0, confirm=True)


def test_the_port_is_free_again_after_the_source_stopped(source):
    async def main():
        async with listening(source) as running:
            port = int(running.port)
        async with listening(source, port=port) as running:
            assert await running.status() == 200

    asyncio.run(main())


def test_a_port_that_is_taken_is_an_error(source):
    async def main():
        async with listening(source) as running:
            with pytest.raises(OSError, match="address already in use"):
                await source.main(asyncio.Queue(), {**ARGS, "port": int(running.port)})

    asyncio.run(main())


def test_a_subscription_and_a_rotation_need_no_restart(scenario, tmp_path):
    path = tmp_path / "secrets.yml"

    def write(content):
        new = tmp_path / "new"
        new.write_text(json.dumps(content))
        new.chmod(0o600)
        new.replace(path)

    async def steps(running):
        assert await running.status("/v1.0/vnfs/vnf-9/maintenance/project-1", secret=OTHER) == 401
        write({"vnf-9": OTHER})
        assert await running.status("/v1.0/vnfs/vnf-9/maintenance/project-1", secret=OTHER) == 200
        write({"vnf-9": SECRET})
        assert await running.status("/v1.0/vnfs/vnf-9/maintenance/project-1", secret=OTHER) == 401
        assert await running.status("/v1.0/vnfs/vnf-9/maintenance/project-1", secret=SECRET) == 200
        path.unlink()
        assert await running.status("/v1.0/vnfs/vnf-9/maintenance/project-1", secret=SECRET) == 401

    scenario(steps, secrets_file=str(path), secrets=None)


def certificate(folder, name, issuer=None):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .sign(issuer[1] if issuer else key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / f"{name}.crt").write_bytes(pem)
    (folder / f"{name}.pem").write_bytes(pem + private)
    return made, key


def test_tls_with_client_certificates(source, tmp_path):
    ca = certificate(tmp_path, "ca")
    certificate(tmp_path, "listener", ca)
    certificate(tmp_path, "aodh", ca)
    trusting = ssl.create_default_context(cafile=tmp_path / "ca.crt")
    known = ssl.create_default_context(cafile=tmp_path / "ca.crt")
    known.load_cert_chain(tmp_path / "aodh.pem")
    tls = {"certfile": str(tmp_path / "listener.pem")}

    async def main():
        async with listening(source, client_ssl=trusting, **tls) as running:
            assert running.url.startswith("https://")
            assert await running.status() == 200
        both = {**tls, "cafile": str(tmp_path / "ca.crt")}
        async with listening(source, client_ssl=known, **both) as running:
            assert await running.status() == 200
        async with listening(source, client_ssl=trusting, **both) as running:
            with pytest.raises(aiohttp.ClientError):
                await running.status()

    asyncio.run(main())
