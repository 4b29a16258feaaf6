# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report's file in a browser: read, filtered, followed, by hand and by keyboard, on a desk and on a phone."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils._report import html

from tests.browser.chromium import Page
from tests.report_samples import Sample

EVIL = "<img src=x onerror=document.title='bad'></script><script>document.title='bad'</script>"
SIZES = {4: Sample(4), 20: Sample(20, 2, failing="compute-3"), 200: Sample(200, 10, failing="compute-3")}

# Text that is hard to read, once for each pair of colours: a contrast below what WCAG 2 asks of text (4.5), or 3 for large text.
CONTRAST = """
(() => {
  const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true }), known = new Map();
  const parse = (text) => {
    if (!known.has(text)) {
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = text;
      brush.fillRect(0, 0, 1, 1);
      known.set(text, [...brush.getImageData(0, 0, 1, 1).data]);
    }
    return known.get(text);
  };
  const curve = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const light = (rgb) => [0.2126, 0.7152, 0.0722].reduce((sum, share, index) => sum + share * curve(rgb[index] / 255), 0);
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const rgb = parse(getComputedStyle(at).backgroundColor);
      if (rgb[3] === 255) return rgb;
    }
    return [255, 255, 255, 255];
  };
  const seen = new Map();
  const says = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  for (const one of document.querySelectorAll("body *")) {
    if (!says(one) || one.closest(".spoken, option, script") || !one.checkVisibility()) continue;
    const style = getComputedStyle(one), back = behind(one), key = style.color + back;
    if (seen.has(key)) continue;
    const [less, more] = [light(parse(style.color)), light(back)].sort((a, b) => a - b);
    const ratio = (more + 0.05) / (less + 0.05);
    const least = parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
    seen.set(key, ratio < least && one.textContent.trim().slice(0, 40) + " " + ratio.toFixed(2));
  }
  return [...seen.values()].filter(Boolean);
})()
"""

# What a screen reader has no word for.
CUT_OFF = """
[...document.querySelectorAll(".ticks span")]
  .filter((one) => one.getBoundingClientRect().right > one.parentElement.getBoundingClientRect().right + 1)
  .map((one) => one.innerText)
"""
NAMELESS = """
[...document.querySelectorAll("a, button, input, summary, table, [role=region]")]
  .filter((one) => one.checkVisibility() && !one.closest("[aria-hidden=true]"))
  .filter((one) => !one.getAttribute("aria-label") && !one.innerText?.trim())
  .filter((one) => ![...(one.labels ?? [])].some((label) => label.textContent.trim()))
  .map((one) => one.outerHTML.slice(0, 120))
"""


def opened(page: Page, folder: Path, report: dict[str, t.Any], fragment: str = "") -> Page:
    path = folder / "report.html"
    path.write_text(html.render(report))
    page.open(f"file://{path}{fragment}")
    page.wait("document.querySelector('#hosts tbody tr')")
    return page


@pytest.fixture
def report() -> dict[str, t.Any]:
    return SIZES[20].report()


def hosts(page: Page) -> list[str]:
    return t.cast("list[str]", page.run("[...document.querySelectorAll('#hosts tbody th button')].map((one) => one.textContent)"))


def test_it_says_what_came_of_it(page: Page, tmp_path: Path, report: dict[str, t.Any]):
    opened(page, tmp_path, report)
    head = page.text("#head")
    assert "kernel-2026-11" in head
    assert "done" in head
    figures = page.text("#figures")
    for part in ("19 of 20", "1 failed", "10 waves", "33 of 33", "3 refused", "0.31 s"):
        assert part in figures, figures
    assert "compute-3 failed and is out of service" in page.text("#attention")
    assert "8.1.0 → 9.0.2" in page.text("#hosts")
    assert "99.97 %" in page.text("#service")
    assert "ask its owner to unlock it" in page.text("#decided")
    assert page.run("document.querySelectorAll('#hosts .span.verifying').length") == 20


def test_it_is_filtered_by_host(page: Page, tmp_path: Path, report: dict[str, t.Any]):
    opened(page, tmp_path, report)
    assert len(hosts(page)) == 20
    page.click("#host-compute-1")
    assert hosts(page) == ["compute-1"], "compute-10 is another one"
    assert page.text("#found") == "1 host of 20"
    assert page.run(
        "[...document.querySelectorAll('#moves tbody tr')].every((one) => /compute-1( |$)/.test(one.cells[3].innerText))"
    )
    assert page.run("document.querySelectorAll('#moves tbody tr').length") > 0
    page.press("Escape", 27)
    assert len(hosts(page)) == 20
    page.press("Tab", 9)
    page.run("document.activeElement.blur()")
    page.press("/", 191)
    page.type("no such host")
    assert hosts(page) == []
    assert "No host is called so" in page.text("#timeline")


def test_a_message_leads_to_its_reply_and_back(page: Page, tmp_path: Path, report: dict[str, t.Any]):
    opened(page, tmp_path, report)
    message = next(one for one in report["messages"] if one["reply"] and one["reply"]["instance_actions"])
    assert not page.run(f"document.getElementById('reply-{message['id']}').checkVisibility()")
    page.click(f"#messages a[href='#reply-{message['id']}']")
    page.wait(f"document.activeElement.id === 'reply-{message['id']}'")
    reply = page.text(f"#reply-{message['id']}")
    assert message["reply"]["state"] in reply
    assert "LIVE_MIGRATE" in reply
    assert "the deadline was" in reply
    page.click(f"#reply-{message['id']} a[href='#message-{message['id']}']")
    page.wait(f"document.activeElement.id === 'message-{message['id']}'")


def test_an_address_with_a_reply_opens_there(page: Page, tmp_path: Path, report: dict[str, t.Any]):
    message = report["messages"][4]
    opened(page, tmp_path, report, f"#reply-{message['id']}")
    page.wait(f"document.getElementById('reply-{message['id']}').checkVisibility()")


def test_the_keyboard_reaches_a_reply(page: Page, tmp_path: Path):
    opened(page, tmp_path, Sample(2).report())
    for _step in range(60):
        page.press("Tab", 9)
        if (page.run("document.activeElement.getAttribute('href')") or "").startswith("#reply-"):
            break
    page.press("Enter", 13)
    page.wait("document.activeElement.id.startsWith('reply-')")


def test_long_lists_are_shown_when_asked_for(page: Page, tmp_path: Path, report: dict[str, t.Any]):
    opened(page, tmp_path, report)
    assert page.run("document.querySelectorAll('#moves tbody tr').length") == 30
    page.click("#moved .more button")
    assert page.run("document.querySelectorAll('#moves tbody tr').length") == len(report["moves"])


@pytest.mark.parametrize("number", SIZES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
def test_it_can_be_read_everywhere(page: Page, tmp_path: Path, number: int, width: int, dark: bool):
    page.look(width, 844, dark=dark)
    opened(page, tmp_path, SIZES[number].report())
    assert page.run("document.documentElement.scrollWidth") <= width, "nothing has to be pushed sideways"
    assert page.run(CONTRAST) == []
    assert page.run(NAMELESS) == []
    assert page.run(CUT_OFF) == []
    assert len(hosts(page)) == number
    lane = page.run("document.querySelector('#hosts tbody .track').clientWidth")
    assert lane > width * 0.5, "the time has most of the room"


def test_nothing_is_told_by_its_place_alone(page: Page, tmp_path: Path, report: dict[str, t.Any]):
    opened(page, tmp_path, report)
    spoken = page.run("document.querySelector('#host-compute-3').closest('tr').querySelector('.spoken').textContent")
    for part in ("draining from", "working from", "verifying from", ", failed"):
        assert part in spoken


def test_what_others_have_named_is_text(page: Page, tmp_path: Path, report: dict[str, t.Any]):
    made = json.loads(
        json.dumps(report).replace("operator-a", json.dumps(EVIL)[1:-1]).replace("the database", json.dumps(EVIL)[1:-1])
    )
    made["session"]["reason"] = EVIL
    opened(page, tmp_path, made)
    page.run("document.getElementById('log').open = true")
    assert EVIL in page.text("#head")
    assert EVIL in page.text("#messages")
    assert page.run("document.images.length") == 0
    assert "bad" not in page.run("document.title")
