# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of the event source that need no connection: arguments, secrets, body."""

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


def test_defaults(intake):
    found = intake.arguments.check_arguments(GOOD)
    assert (found.host, found.port, found.batch_window, found.max_body) == ("127.0.0.1", 12348, 0.2, 1024 * 1024)
    assert found.secrets == {"vnf-1": (SECRET,)}


def test_what_a_rulebook_leaves_empty_counts_as_not_given(intake):
    empty = {"secrets_file": "", "certfile": "", "host": None, "eda_feedback_queue": object()}
    found = intake.arguments.check_arguments({**GOOD, **empty})
    assert (found.secrets_file, found.certfile, found.host) == (None, None, "127.0.0.1")


def test_a_port_may_be_text(intake):
    assert intake.arguments.check_arguments({**GOOD, "port": "8080"}).port == 8080


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
def test_a_wrong_argument_is_named(intake, wrong, says):
    with pytest.raises(intake.errors.ArgumentError) as raised:
        intake.arguments.check_arguments({**GOOD, **wrong})
    assert says in str(raised.value)
    assert SECRET not in str(raised.value)


def test_main_checks_the_arguments_before_it_listens(source, intake):
    with pytest.raises(intake.errors.ArgumentError, match="neither"):
        asyncio.run(source.main(asyncio.Queue(), {}))


def test_a_certificate_that_cannot_be_read_is_named(source, intake, tmp_path):
    with pytest.raises(intake.errors.ArgumentError, match="certfile, keyfile or cafile cannot be used"):
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
def test_who_is_accepted(intake, header, accepted):
    secrets = intake.credentials.Secrets({"vnf-1": (SECRET, "another secret 16")}, None)
    assert secrets.accept("vnf-1", header) is accepted
    assert secrets.accept("vnf-2", header) is False
    assert secrets.accept("vnf-2", basic(secrets._nobody)) is False, "what stands in for a secret is none"


def test_a_vnf_without_a_secret_is_compared_too(intake, monkeypatch):
    """An unknown VNF must take the comparisons a known one takes, or the time would tell them apart."""
    compared = []
    real = intake.credentials.hmac.compare_digest
    monkeypatch.setattr(intake.credentials.hmac, "compare_digest", lambda one, other: compared.append(1) or real(one, other))
    secrets = intake.credentials.Secrets({"vnf-1": (SECRET,)}, None)
    secrets.accept("vnf-1", basic("wrong"))
    for_known = len(compared)
    secrets.accept("vnf-2", basic("wrong"))
    assert for_known == 1
    assert len(compared) == 2 * for_known


def test_the_comparison_does_not_stop_at_the_first_secret(intake, monkeypatch):
    compared = []
    monkeypatch.setattr(intake.credentials.hmac, "compare_digest", lambda one, other: compared.append(1) or one == other)
    intake.credentials.Secrets({"vnf-1": (SECRET, "another secret 16")}, None).accept("vnf-1", basic(SECRET))
    assert len(compared) == 2


def write(path, content, mode=0o600):
    new = path.with_suffix(".new")
    new.write_text(content)
    new.chmod(mode)
    new.replace(path)


def test_the_file_is_read_again_when_it_changes(intake, tmp_path):
    path = tmp_path / "secrets.yml"
    write(path, json.dumps({"vnf-1": SECRET}))

    async def scenario():
        secrets = intake.credentials.Secrets({"fixed": (SECRET,)}, path)
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
def test_a_change_that_is_not_safe_leaves_the_secrets_and_is_logged_once(intake, tmp_path, caplog, unsafe):
    content, mode, says = unsafe
    path = tmp_path / "secrets.yml"
    write(path, json.dumps({"vnf-1": SECRET}))

    async def scenario():
        secrets = intake.credentials.Secrets({}, path)
        write(path, content, mode)
        await secrets.refresh()
        await secrets.refresh()
        assert secrets.accept("vnf-1", basic(SECRET))
        assert not secrets.accept("vnf-1", basic("another secret 16"))

    asyncio.run(scenario())
    assert [says in record.getMessage() for record in caplog.records] == [True]
    assert "another secret 16" not in caplog.text


@pytest.mark.parametrize(("content", "mode"), [("vnf-1: another secret 16", 0o644), ("vnf-1: short", 0o600), ("{", 0o600)])
def test_a_file_that_is_not_safe_at_the_start_is_an_error(intake, tmp_path, content, mode):
    path = tmp_path / "secrets.yml"
    write(path, content, mode)
    with pytest.raises(intake.errors.ArgumentError, match=r"secrets\.yml"):
        intake.credentials.Secrets({}, path)


def test_a_file_of_another_user_is_refused(intake, tmp_path, monkeypatch):
    path = tmp_path / "secrets.yml"
    write(path, json.dumps({"vnf-1": SECRET}))
    owner = path.stat().st_uid
    monkeypatch.setattr(intake.credentials.os, "geteuid", lambda: owner + 1)
    if owner == 0:
        assert intake.credentials.read_secrets_file(path), "root may hold the file for others"
        intake.credentials.os.chown(path, 12345, -1)
    with pytest.raises(intake.errors.ArgumentError, match="belongs to another user"):
        intake.credentials.read_secrets_file(path)


def test_the_file_may_be_missing_at_the_start(intake, tmp_path, caplog):
    path = tmp_path / "secrets.yml"

    async def scenario():
        secrets = intake.credentials.Secrets({}, path)
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
def test_a_body_that_is_refused(intake, body, says):
    with pytest.raises(ValueError, match=says):
        intake.bodies.parse_body(body)


def test_brackets_in_text_are_no_depth(intake):
    body = {"a": "[{" * 500, 'b"\\': ["\\", '"]', "\u00e9", "\U0001f600"]}
    assert intake.bodies.parse_body(json.dumps(body).encode()) == body


@pytest.mark.parametrize(
    "body", [b'"' + b'\\"' * 500_000, b'{"' + b"\\" * 1_000_000, b'"' * 1_000_000, b'{"a' + b'\\"[' * 300_000]
)
def test_no_body_takes_long(intake, body):
    started = time.process_time()
    with pytest.raises(ValueError, match="the body"):
        intake.bodies.parse_body(body)
    assert time.process_time() - started < 2


@settings(max_examples=300, deadline=None)
@given(body=st.one_of(st.binary(max_size=200), st.text('[]{}":,\\u0d8a1eN \n', max_size=200).map(str.encode)))
def test_any_body_is_an_object_or_a_value_error(intake, body):
    try:
        parsed = intake.bodies.parse_body(body)
    except ValueError:
        return
    assert isinstance(parsed, dict)
    assert json.loads(json.dumps(parsed, allow_nan=False, ensure_ascii=False).encode()) == parsed
