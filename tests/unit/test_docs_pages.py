# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a page points at is there, and its examples can be read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.docs_pages import DOCS, PAGES, ROOT, blocks, name_of, prose

LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
OURS = re.compile(r"https://github\.com/nfv-maintenance/nfv\.maintenance/(?:blob|tree)/main/([^#]+)(?:#(.+))?")
ROOMS = "bench|docs|extensions|lab|playbooks|plugins|roles|tests"
# Made when the site is built.
MADE = {DOCS / "reference/index", DOCS / "benchmarks.md"}


def _anchors(path: Path) -> set[str]:
    """The anchors of a page, as GitHub and MyST make them of its headings."""
    return {re.sub(r"[^\w\- ]", "", found.lower()).replace(" ", "-") for found in HEADING.findall(prose(path))}


def _links() -> list[tuple[Path, str]]:
    return [(page, link) for page in PAGES for link in dict.fromkeys(LINK.findall(prose(page)))]


@pytest.mark.parametrize(("page", "link"), [pytest.param(page, link, id=f"{name_of(page)}-{link}") for page, link in _links()])
def test_a_link_leads_somewhere(page: Path, link: str):
    ours = OURS.fullmatch(link)
    if ours is None and "://" in link:
        return  # somebody else's page; nothing is asked of the network here
    place, anchor = (ours[1], ours[2]) if ours else (link.partition("#")[0], link.partition("#")[2])
    target = ((ROOT if ours else page.parent) / place).resolve() if place else page
    if target in MADE:
        return
    assert target.exists(), f"{name_of(page)} points at {link}"
    assert not anchor or anchor in _anchors(target), f"{link}: {name_of(target)} has {sorted(_anchors(target))}"


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=name_of)
def test_files_are_where_a_guide_has_them(page: Path):
    named = set(re.findall(rf"`((?:{ROOMS})/[\w/.-]+)`", prose(page)))
    assert {name for name in named if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_examples_can_be_read(page: Path):
    for text in blocks(page, "yaml"):
        assert list(yaml.safe_load_all(text)) != [None]
    for text in blocks(page, "json"):
        json.loads(text)


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=name_of)
def test_a_page_is_in_the_contents(page: Path):
    listed = {line.split("<")[-1].strip(" >") for text in blocks(DOCS / "index.md", "{toctree}") for line in text.splitlines()}
    assert page.stem in listed | {"index"}
