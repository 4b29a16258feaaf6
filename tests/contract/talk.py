# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One story told to a cloud: its calls are checked and recorded, and what it makes is undone."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import requests

from tests.waiting import until

from .compare import Recording
from .masks import Masker
from .sites import PATIENCE, Site, version_header

NAME = "contract"
# They say how the answer came over the wire, not what it says.
_TRANSPORT = {"date", "server", "content-length", "connection", "keep-alive", "transfer-encoding"}
_PLACEMENT_DEFAULT = "1.29"


class Talk:
    """Talks to a site on behalf of one story."""

    def __init__(self, site: Site, story: str) -> None:
        """Begin with nothing recorded."""
        self.site = site
        self.story = story
        self.recording: Recording = {}
        self.unexpected: list[str] = []
        self.masker = Masker({service: site.roots[service] for service in site.services})
        self._undo = contextlib.ExitStack()
        for user in site.auths:
            self.name(f"project {user}", site.project(user))
            self.name(f"user {user}", site.bodies[user]["user"]["id"])
        if site.controller:
            self.masker.name_exactly("controller", site.controller)

    def name(self, name: str, value: str) -> str:
        """Name an id, so that all later answers show the name in its place."""
        self.masker.name(name, value)
        return value

    # --- recorded calls

    def call(
        self,
        name: str,
        method: str,
        service: str,
        path: str,
        body: Any = None,
        *,
        expect: int,
        user: str | None = "admin",
        version: str | None = None,
        headers: dict[str, str] | None = None,
        data: bytes | None = None,
        see: Callable[[Any], Any] | None = None,
        vague: Iterable[str] = (),
        again: int | None = None,
    ) -> requests.Response:
        """Call and record.

        :param expect: the status; another one fails the story at its end.
        :param user: whose token; None sends none.
        :param see: what of the answer is recorded, where the cloud holds more than the story made.
        :param vague: paths of fields of which only the type is compared.
        :param again: a status with which the service says that it is not ready yet; it is asked until it says another one.
        """
        sent = {"Accept": "application/json", **({"X-Auth-Token": self.site.tokens[user]} if user else {})}
        if version is not None:
            sent |= version_header(service, version)
        if data is not None:
            sent["Content-Type"] = "application/json"
        wanted = {key: value for key, value in {**sent, **(headers or {})}.items() if value}
        url = self.site.roots[service] + path

        def ask() -> requests.Response | None:
            heard = self.site.http.request(
                method, url, json=body, data=data, headers=wanted, timeout=PATIENCE, allow_redirects=False
            )
            return None if heard.status_code == again else heard

        response = until(f"{name}: another status than {again}", lambda: [found] if (found := ask()) is not None else None)[0]
        key = f"{self.story}: {name}"
        assert key not in self.recording, f"two calls are named {key}"
        for header, title in (("x-openstack-request-id", "request"), ("X-Subject-Token", "token")):
            if header in response.headers:
                self.masker.name(f"{title} of {name}", response.headers[header])
        self.recording[key] = {
            "request": self.masker.text(f"{method} {service} {path}") + (f" ({version})" if version else ""),
            "status": response.status_code,
            "headers": self._headers(response),
            "body": self._body(response, see, vague),
        }
        if response.status_code != expect:
            self.unexpected.append(f"{name}: {response.status_code} instead of {expect}: {response.text[:400]}")
        return response

    def _headers(self, response: requests.Response) -> dict[str, str]:
        names = sorted({name.lower() for name in response.headers} - _TRANSPORT)
        return {name: self.masker.text(response.headers[name]) for name in names}

    def _body(self, response: requests.Response, see: Callable[[Any], Any] | None, vague: Iterable[str]) -> Any:
        try:
            body = response.json()
        except ValueError:
            return self.masker.text(response.text)
        return self.masker.body(see(body) if see and response.ok else body, vague)

    def note(self, name: str, seen: Any, vague: Iterable[str] = ()) -> None:
        """Record something that came to us, for example a webhook."""
        self.recording[f"{self.story}: {name}"] = {"seen": self.masker.body(seen, vague)}

    # --- preparation, not recorded

    def ask(self, method: str, service: str, path: str, body: Any = None, *, user: str = "admin", version: str = "") -> Any:
        """Call without recording; an error ends the story."""
        wanted = version or {"compute": "2.90", "placement": _PLACEMENT_DEFAULT}.get(service, "")
        return self.site.ask(method, service, path, user=user, version=wanted, json=body)

    def until(self, look: Callable[[], Any], what: str) -> Any:
        """Wait for a condition."""
        return until(what, look, every=self.site.pause)

    def undo(self, method: str, service: str, path: str, body: Any = None, user: str = "admin") -> None:
        """Do this when the story ends; what is gone already is fine."""

        def call() -> None:
            headers = {"X-Auth-Token": self.site.tokens[user], "OpenStack-API-Version": "compute 2.90"}
            url = self.site.roots[service] + path
            answer = self.site.http.request(method, url, json=body, headers=headers, timeout=PATIENCE)
            assert answer.ok or answer.status_code == 404, f"cleaning up: {method} {path}: {answer.status_code} {answer.text}"

        self._undo.callback(call)

    def finally_(self, work: Callable[[], Any]) -> None:
        """Do this when the story ends."""
        self._undo.callback(work)

    def end(self) -> None:
        """Undo what the story made."""
        self._undo.close()


Story = Callable[[Talk], None]


@contextlib.contextmanager
def telling(site: Site, story: str) -> Iterator[Talk]:
    """Tell a story and clean up behind it."""
    talk = Talk(site, story)
    try:
        try:
            yield talk
        finally:
            talk.end()
    except Exception as failure:
        if talk.unexpected:
            failure.add_note("\n".join(["Before that:", *talk.unexpected]))
        raise
    assert not talk.unexpected, "\n".join(talk.unexpected)
