# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A headless Chromium that does what it is told, by its own protocol; nothing but the browser has to be installed."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import typing as t
from pathlib import Path

from websockets.sync.client import connect

from lab.processes import Processes
from tests.waiting import until

# Debian puts a shell script before the first, which would be ended in its place.
PROGRAMS = ("/usr/lib/chromium/chromium-headless-shell", "chromium-headless-shell", "chromium", "google-chrome")
LIMIT = 60
# No sandbox, because tests may run as root; nothing is opened but what the tests have made themselves.
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--remote-debugging-port=0", "--hide-scrollbars",
)  # fmt: skip


def program() -> str | None:
    """The browser of this machine."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Page:
    """One page of the browser."""

    def __init__(self, socket: t.Any, session: str, close: t.Callable[[], t.Any]) -> None:
        self._socket = socket
        self.close = close
        self._session = session
        self._number = 0
        self.said: list[str] = []
        self.call("Page.enable")
        self.call("Runtime.enable")
        self.call("Log.enable")

    def call(self, method: str, **given: t.Any) -> dict[str, t.Any]:
        """One call of the protocol."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": given, "sessionId": self._session}
        self._socket.send(json.dumps(message))
        while True:
            heard = json.loads(self._socket.recv(timeout=LIMIT))
            if heard.get("id") == self._number and heard.get("sessionId") == self._session:
                assert "error" not in heard, f"{method}: {heard['error']}"
                return t.cast("dict[str, t.Any]", heard["result"])
            self._hear(heard)

    def _hear(self, heard: dict[str, t.Any]) -> None:
        """What goes wrong in the page is kept in :attr:`said`."""
        given = heard.get("params", {})
        if heard.get("method") == "Runtime.exceptionThrown":
            self.said.append(json.dumps(given["exceptionDetails"])[:2000])
        elif heard.get("method") == "Log.entryAdded" and given["entry"]["level"] == "error":
            self.said.append(f"{given['entry']['text']} {given['entry'].get('url', '')}")

    def look(self, width: int = 1280, height: int = 900, *, dark: bool = False) -> None:
        """Have a window of this size and theme."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def open(self, url: str) -> None:
        """Open an address and wait until it is there."""
        self.call("Page.navigate", url=url)
        until(
            f"{url} is loaded",
            lambda: self.run("document.readyState === 'complete' && location.href !== 'about:blank'"),
            LIMIT,
            0.1,
        )

    def run(self, script: str) -> t.Any:
        """The value of an expression; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, f"{script}: {answer['exceptionDetails']}"
        return answer["result"].get("value")

    def wait(self, script: str, limit: float = LIMIT) -> t.Any:
        """Wait until an expression is true."""
        return until(script, lambda: self.run(f"Boolean({script})"), limit, 0.1)

    def text(self, selector: str) -> str:
        """What a part of the page shows."""
        return str(self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def click(self, selector: str) -> None:
        """Click where the middle of an element is, as a hand does."""
        place = self.run(
            f"(async () => {{ const one = document.querySelector({json.dumps(selector)});"
            " one.scrollIntoView({block: 'center', behavior: 'instant'});"
            # A click goes to what is painted where it falls.
            " await new Promise(painted => requestAnimationFrame(() => requestAnimationFrame(painted)));"
            " const at = one.getBoundingClientRect(); return [at.x + at.width / 2, at.y + at.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def press(self, key: str, code: int = 0) -> None:
        """Press a key: a character, or the name of a key with its number."""
        given = {
            "key": key,
            "windowsVirtualKeyCode": code,
            **({"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}),
        }
        self.call("Input.dispatchKeyEvent", type="keyDown", **given)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def type(self, text: str) -> None:
        """Write into what has the focus."""
        self.call("Input.insertText", text=text)

    def photograph(self, path: Path, *, whole: bool = False) -> None:
        """Keep what is seen, or all of the page."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"]))


@contextlib.contextmanager
def browser(folder: Path) -> t.Iterator[t.Callable[[], Page]]:
    """Start a browser; what it gives makes new pages, each with a memory of its own.

    :param folder: for what it keeps.
    """
    found = program()
    assert found, f"no browser: install one of {', '.join(PROGRAMS[1:])} (apt-get install chromium-headless-shell)"
    command = [found, *OPTIONS, f"--user-data-dir={folder}", "about:blank"]
    processes = Processes(folder)
    processes.start("chromium", command, os.environ)
    try:
        written = folder / "DevToolsActivePort"
        until("the browser listens", lambda: written.exists() and len(written.read_text().split()) == 2, LIMIT, 0.1)
        port, path = written.read_text().split()
        with connect(f"ws://127.0.0.1:{port}{path}", max_size=None, open_timeout=LIMIT) as socket:
            main = Root(socket)

            def page() -> Page:
                context = main.call("Target.createBrowserContext")["browserContextId"]
                target = main.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
                session = main.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
                return Page(socket, session, lambda: main.call("Target.disposeBrowserContext", browserContextId=context))

            yield page
    finally:
        processes.stop_all()


class Root:
    """The browser itself."""

    def __init__(self, socket: t.Any) -> None:
        self._socket = socket
        self._number = 1_000_000

    def call(self, method: str, **given: t.Any) -> dict[str, t.Any]:
        """One call of the protocol."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": given}))
        while True:
            heard = json.loads(self._socket.recv(timeout=LIMIT))
            if heard.get("id") == self._number:
                assert "error" not in heard, f"{method}: {heard['error']}"
                return t.cast("dict[str, t.Any]", heard["result"])
