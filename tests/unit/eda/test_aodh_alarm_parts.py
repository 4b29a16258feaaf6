# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of the event source that need no connection: arguments, secrets, body, batches."""

from __future__ import annotations

import asyncio
import base64
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SECRET = "correct horse battery staple"
GOOD = {"secrets": {"vnf-1": SECRET}}


def basic(secret, user="aodh"):
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


def test_defaults(source):
    found = source.check_arguments(GOOD)
    assert (found.host, found.port, found.batch_window, found.max_body) == ("127.0.0.1", 12348, 0.2, 1024 * 1024)
    assert found.secrets == {"vnf-1": (SECRET,)}


def test_what_a_rulebook_leaves_empty_counts_as_not_given(source):
    found = source.check_arguments({**GOOD, "secrets_file": "", "certfile": "", "host": None, "eda_feedback_queue": object()})
    assert (found.secrets_file, found.certfile, found.host) == (None, None, "127.0.0.1")


def test_a_port_may_be_text(source):
    assert source.check_arguments({**GOOD, "port": "8080"}).port == 8080


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"secrets": {}}, "neither secrets nor secrets_file"),
        ({"secrets": None}, "neither secrets nor secrets_file"),
        ({"secrets": ["x"]}, "secrets must map the id"),
        ({"secrets": {7: SECRET}}, "the VNF id 7 must be text"),
        ({"secrets": {"vnf-1": "short"}}, "'vnf-1' must be text of at least 16 characters"),
        ({"secrets": {"vnf-1": []}}, "'vnf-1' must be text of at least 16 characters"),
        ({"secrets": {"vnf-1": [SECRET, 12345678901234567]}}, "'vnf-1' must be text of at least 16 characters"),
        ({"port": 65536}, "port must be a whole number from 0 to 65535"),
        ({"port": -1}, "port must be a whole number"),
        ({"port": 1.5}, "port must be a whole number"),
        ({"port": True}, "port must be a whole number"),
        ({"port": "http"}, "port must be a number"),
        ({"batch_window": -1}, "batch_window must be a number from 0 to 60"),
        ({"batch_window": "nan"}, "batch_window must be a number from 0 to 60"),
        ({"max_batch": 0}, "max_batch must be a whole number from 1"),
        ({"max_body": 1}, "max_body must be a whole number from 1024"),
        ({"host": 7}, "host must be text, not int"),
        ({"secrets_file": ["x"]}, "secrets_file must be text, not list"),
        ({"cafile": "x"}, "keyfile and cafile need certfile"),
        ({"token": "x"}, "unknown argument 'token'; known are host, port"),
    ],
)
def test_a_wrong_argument_is_named(source, wrong, says):
    with pytest.raises(source.ArgumentError) as raised:
        source.check_arguments({**GOOD, **wrong})
    assert says in str(raised.value)
    assert SECRET not in str(raised.value)


def test_main_checks_the_arguments_before_it_listens(source):
    with pytest.raises(source.ArgumentError, match="neither"):
        asyncio.run(source.main(asyncio.Queue(), {}))


def test_a_certificate_that_cannot_be_read_is_named(source, tmp_path):
    with pytest.raises(source.ArgumentError, match="certfile, keyfile or cafile cannot be used"):
        asyncio.run(source.main(asyncio.Queue(), {**GOOD, "certfile": str(tmp_path / "none.pem")}))


# --- secrets -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        (basic(SECRET), True),
        (basic("another secret 16"), True),
        (basic(SECRET).replace("Basic", "bAsIc"), True),
        (basic(SECRET + "x"), False),
        (basic(SECRET, user="admin"), False),
        (basic(""), False),
        ("Bearer " + SECRET, False),
        (SECRET, False),
        ("", False),
        ("Basic", False),
        ("Basic !!!", False),
        ("Basic \u00e9", False),
    ],
)
def test_who_is_accepted(source, header, accepted):
    secrets = source.Secrets({"vnf-1": (SECRET, "another secret 16")}, None)
    assert secrets.accept("vnf-1", header) is accepted
    assert secrets.accept("vnf-2", header) is False
    assert secrets.accept("vnf-2", basic(secrets._nobody)) is False, "what stands in for a secret is none"


def test_a_vnf_without_a_secret_is_compared_too(source, monkeypatch):
    """An unknown VNF must take the comparisons a known one takes, or the time would tell them apart."""
    compared = []
    real = source.hmac.compare_digest
    monkeypatch.setattr(source.hmac, "compare_digest", lambda one, other: compared.append(1) or real(one, other))
    secrets = source.Secrets({"vnf-1": (SECRET,)}, None)
    secrets.accept("vnf-1", basic("wrong"))
    for_known = len(compared)
    secrets.accept("vnf-2", basic("wrong"))
    assert for_known == 1
    assert len(compared) == 2 * for_known


def test_the_comparison_does_not_stop_at_the_first_secret(source, monkeypatch):
    compared = []
    monkeypatch.setattr(source.hmac, "compare_digest", lambda one, other: compared.append(1) or one == other)
    source.Secrets({"vnf-1": (SECRET, "another secret 16")}, None).accept("vnf-1", basic(SECRET))
    assert len(compared) == 2


def write(path, content, mode=0o600):
    new = path.with_suffix(".new")
    new.write_text(content)
    new.chmod(mode)
    new.replace(path)


def test_the_file_is_read_again_when_it_changes(source, tmp_path):
    path = tmp_path / "secrets.yml"
    write(path, json.dumps({"vnf-1": SECRET}))

    async def scenario():
        secrets = source.Secrets({"fixed": (SECRET,)}, path)
        assert secrets.accept("vnf-1", basic(SECRET))
        write(path, "vnf-1: [a new secret of it, and one more secret]\nvnf-2: the secret of number two\n")
        assert not secrets.accept("vnf-2", basic("the secret of number two"))
        await secrets.refresh()
        assert secrets.accept("vnf-1", basic("a new secret of it"))
        assert secrets.accept("vnf-1", basic("and one more secret"))
        assert not secrets.accept("vnf-1", basic(SECRET))
        assert secrets.accept("vnf-2", basic("the secret of number two"))
        path.unlink()
        await secrets.refresh()
        assert not secrets.accept("vnf-2", basic("the secret of number two"))
        assert secrets.accept("fixed", basic(SECRET))

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "unsafe",
    [
        ("vnf-1: another secret 16", 0o640, "is open to other users; run: chmod 600"),
        ("vnf-1: another secret 16", 0o604, "is open to other users; run: chmod 600"),
        ("vnf-1: [unclosed another secret 16", 0o600, "is neither YAML nor JSON"),
        ("- another secret 16", 0o600, "must map the id"),
        ("vnf-1: short", 0o600, "at least 16 characters"),
        ("\x00", 0o600, "is neither YAML nor JSON"),
    ],
)
def test_a_change_that_is_not_safe_leaves_the_secrets_and_is_logged_once(source, tmp_path, caplog, unsafe):
    content, mode, says = unsafe
    path = tmp_path / "secrets.yml"
    write(path, json.dumps({"vnf-1": SECRET}))

    async def scenario():
        secrets = source.Secrets({}, path)
        write(path, content, mode)
        await secrets.refresh()
        await secrets.refresh()
        assert secrets.accept("vnf-1", basic(SECRET))
        assert not secrets.accept("vnf-1", basic("another secret 16"))

    asyncio.run(scenario())
    assert [says in record.getMessage() for record in caplog.records] == [True]
    assert "another secret 16" not in caplog.text


@pytest.mark.parametrize(("content", "mode"), [("vnf-1: another secret 16", 0o644), ("vnf-1: short", 0o600), ("{", 0o600)])
def test_a_file_that_is_not_safe_at_the_start_is_an_error(source, tmp_path, content, mode):
    path = tmp_path / "secrets.yml"
    write(path, content, mode)
    with pytest.raises(source.ArgumentError, match=r"secrets\.yml"):
        source.Secrets({}, path)


def test_a_file_of_another_user_is_refused(source, tmp_path, monkeypatch):
    path = tmp_path / "secrets.yml"
    write(path, json.dumps({"vnf-1": SECRET}))
    owner = path.stat().st_uid
    monkeypatch.setattr(source.os, "geteuid", lambda: owner + 1)
    if owner == 0:
        assert source.read_secrets_file(path), "root may hold the file for others"
        source.os.chown(path, 12345, -1)
    with pytest.raises(source.ArgumentError, match="belongs to another user"):
        source.read_secrets_file(path)


def test_the_file_may_be_missing_at_the_start(source, tmp_path, caplog):
    path = tmp_path / "secrets.yml"

    async def scenario():
        secrets = source.Secrets({}, path)
        write(path, json.dumps({"vnf-1": SECRET}))
        await secrets.refresh()
        assert secrets.accept("vnf-1", basic(SECRET))

    asyncio.run(scenario())
    assert "does not exist yet" in caplog.text


# --- body --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"\xff\xfe{}", "not UTF-8"),
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": 1} x', "not JSON"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}", "nested deeper than 32"),
        (b'{"a":' * 100_000, "nested deeper than 32"),
        (b"[" * 1_000_000, "nested deeper than 32"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too large"),
    ],
)
def test_a_body_that_is_refused(source, body, says):
    with pytest.raises(ValueError, match=says):
        source.parse_body(body)


def test_brackets_in_text_are_no_depth(source):
    body = {"a": "[{" * 500, 'b"\\': ["\\", '"]', "\u00e9", "\U0001f600"]}
    assert source.parse_body(json.dumps(body).encode()) == body


@pytest.mark.parametrize(
    "body", [b'"' + b'\\"' * 500_000, b'{"' + b"\\" * 1_000_000, b'"' * 1_000_000, b'{"a' + b'\\"[' * 300_000]
)
def test_no_body_takes_long(source, body):
    started = time.process_time()
    with pytest.raises(ValueError, match="the body"):
        source.parse_body(body)
    assert time.process_time() - started < 2


@settings(max_examples=300, deadline=None)
@given(body=st.one_of(st.binary(max_size=200), st.text('[]{}":,\\u0d8a1eN \n', max_size=200).map(str.encode)))
def test_any_body_is_an_object_or_a_value_error(source, body):
    try:
        parsed = source.parse_body(body)
    except ValueError:
        return
    assert isinstance(parsed, dict)
    assert json.loads(json.dumps(parsed, allow_nan=False, ensure_ascii=False).encode()) == parsed


# --- batches -----------------------------------------------------------------------------------------------------------


def intake(source, **changes):
    return source.Intake(**{"window": 0.05, "max_batch": 100, "max_waiting": 100, "max_bytes": 1000, **changes})


def test_what_arrives_within_the_window_is_one_batch_and_the_window_is_kept(source):
    async def scenario():
        taken = intake(source)
        clock = asyncio.get_running_loop().time
        batches = taken.batches()
        reading = asyncio.ensure_future(anext(batches))
        started = clock()
        for number in range(5):
            assert taken.accept({"n": number}, 1)
        first = await asyncio.wait_for(reading, 5)
        assert [found["n"] for found in first] == [0, 1, 2, 3, 4]
        assert clock() - started >= 0.05
        assert taken.accept({"n": 5}, 1)
        assert [found["n"] for found in await asyncio.wait_for(anext(batches), 5)] == [5]

    asyncio.run(scenario())


def test_a_full_batch_does_not_wait(source):
    async def scenario():
        taken = intake(source, window=60, max_batch=2)
        for number in range(5):
            taken.accept({"n": number}, 1)
        batches = taken.batches()
        assert [found["n"] for found in await asyncio.wait_for(anext(batches), 5)] == [0, 1]
        assert [found["n"] for found in await asyncio.wait_for(anext(batches), 5)] == [2, 3]
        rest = asyncio.ensure_future(anext(batches))
        await asyncio.sleep(0)
        assert not rest.done()
        taken.accept({"n": 5}, 1)
        assert [found["n"] for found in await asyncio.wait_for(rest, 5)] == [4, 5]

    asyncio.run(scenario())


def test_what_waited_while_nobody_read_does_not_wait_another_window(source, monkeypatch):
    async def scenario():
        taken = intake(source, window=10)
        loop = asyncio.get_running_loop()
        taken.accept({"n": 0}, 1)
        now = loop.time()
        monkeypatch.setattr(loop, "time", lambda: now + 11)
        assert await asyncio.wait_for(anext(taken.batches()), 5) == [{"n": 0}]

    asyncio.run(scenario())


def test_the_number_and_the_size_of_what_waits_are_bounded(source):
    async def scenario():
        taken = intake(source, max_waiting=2)
        assert [taken.accept({}, 1) for _number in range(3)] == [True, True, False]
        await asyncio.wait_for(anext(taken.batches()), 5)
        assert taken.accept({}, 1)
        large = intake(source, max_bytes=1000)
        assert [large.accept({}, 600), large.accept({}, 600), large.accept({}, 600)] == [True, True, False]
        assert len(await asyncio.wait_for(anext(large.batches()), 5)) == 1, "a batch is bounded in size as well"
        assert large.has_room()

    asyncio.run(scenario())
