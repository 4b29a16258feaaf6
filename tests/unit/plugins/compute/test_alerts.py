# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of Prometheus, and that its token stays with it."""

from __future__ import annotations

import http.server
import json
import threading
import urllib.parse

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.alerts import Prometheus
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError, ServiceError

TOKEN = "not-a-real-token"
MATCHERS = 'instance=~"compute-1(:.*)?"'


@pytest.fixture
def server():
    """A Prometheus with ``status``, ``body`` and ``headers`` to answer, and what it was asked."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            web.asked.append((self.path, self.headers.get("Authorization")))
            self.send_response(web.status)
            for name, value in web.more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(web.body)))
            self.end_headers()
            self.wfile.write(web.body)

        def log_message(self, *_args):
            pass

    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.asked, web.status, web.more = [], 200, {}
    web.body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": []}}).encode()
    web.url = f"http://127.0.0.1:{web.server_address[1]}"
    threading.Thread(target=web.serve_forever, args=(0.01,), daemon=True).start()
    yield web
    web.shutdown()
    web.server_close()


@pytest.fixture
def prometheus(server, tmp_path):
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    return Prometheus(server.url + "/", str(token))


def test_the_alerts_that_fire_and_match_are_asked_for_with_the_token(server, prometheus):
    assert prometheus.firing(MATCHERS) == []
    ((path, token),) = server.asked
    address = urllib.parse.urlsplit(path)
    assert address.path == "/api/v1/query"
    assert urllib.parse.parse_qs(address.query) == {"query": ['ALERTS{alertstate="firing",instance=~"compute-1(:.*)?"}']}
    assert token == f"Bearer {TOKEN}"


def test_names_are_listed_once_and_not_all_of_very_many(server, prometheus):
    names = ["b", "a", "a", *(f"x{number}" for number in range(9))]
    server.body = json.dumps({"data": {"result": [{"metric": {"alertname": name}} for name in names]}}).encode()
    assert prometheus.firing(MATCHERS) == ["a", "b", "x0", "x1", "x2", "and 6 more"]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ((503, b"later"), ServiceError, "HTTP 503"),
        ((400, b"parse error"), CollectionError, "parse error"),
        ((401, b""), CollectionError, "HTTP 401"),
        ((200, b"<html>"), ServiceError, "not JSON"),
        ((200, b"[]"), ServiceError, "something else"),
        ((200, b" " * (5 * 1024 * 1024)), ServiceError, "more than"),
    ],
)
def test_anything_but_a_result_is_an_error_without_the_token(server, prometheus, answer, kind, words):
    server.status, server.body = answer
    with pytest.raises(kind, match=words) as caught:
        prometheus.firing(MATCHERS)
    assert TOKEN not in repr(caught.value)


def test_a_redirect_is_not_followed(server, prometheus):
    server.status, server.more = 302, {"Location": server.url + "/elsewhere"}
    with pytest.raises(CollectionError, match="302"):
        prometheus.firing(MATCHERS)
    assert len(server.asked) == 1


def test_nobody_there_is_a_service_error(server, prometheus):
    gone = Prometheus("http://127.0.0.1:1", prometheus.token_file)
    with pytest.raises(ServiceError, match="Failed to read the alerts"):
        gone.firing(MATCHERS)


@pytest.mark.parametrize("url", ["ftp://prometheus.example", "https://user:secret-word@prometheus.example"])
def test_an_address_that_holds_a_password_is_refused_without_showing_it(url):
    with pytest.raises(CollectionError) as caught:
        Prometheus(url).firing(MATCHERS)
    assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize("content", [None, "", "two words", "\xff"])
def test_a_token_file_without_a_token_is_named(tmp_path, content):
    path = tmp_path / "token"
    if content is not None:
        path.write_text(content, encoding="latin-1")
    with pytest.raises(CollectionError, match=str(path)):
        Prometheus("http://127.0.0.1:1", str(path)).firing(MATCHERS)
