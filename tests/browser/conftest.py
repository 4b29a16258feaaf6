# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One browser for the tests of a file. Where there has to be one (CI), its absence is a failure."""

from __future__ import annotations

import os
import typing as t

import pytest

from tests.browser.chromium import PROGRAMS, Page, browser, program


@pytest.fixture(scope="module")
def new_page(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[t.Callable[[], Page]]:
    """Makes pages, each with a memory of its own."""
    if program() is None:
        text = f"no browser is installed: apt-get install chromium-headless-shell (any of {', '.join(PROGRAMS[1:])})"
        if os.environ.get("CI"):
            pytest.fail(text)
        pytest.skip(text)
    with browser(tmp_path_factory.mktemp("browser")) as new:
        yield new


@pytest.fixture
def page(new_page: t.Callable[[], Page]) -> t.Iterator[Page]:
    """A page, in which nothing may have gone wrong at the end."""
    made = new_page()
    made.look()
    yield made
    made.close()
    assert made.said == []
