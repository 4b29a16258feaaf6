# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of the benchmarks says what was measured, and nothing else."""

from __future__ import annotations

import copy
import json
import re

import jsonschema
import pytest

from bench.page import TITLES, page
from tests.docs_pages import ROOT

RESULTS = json.loads((ROOT / "bench/published.json").read_text())
RELIABILITY = json.loads((ROOT / "bench/reliability.json").read_text())


def _rows(text: str, key: str) -> list[str]:
    title = TITLES.get(key, key.replace("_", " "))
    return [line for line in text.splitlines() if line.startswith(f"| {title} | ")]


def test_every_figure_has_one_row():
    text = page(RESULTS, RELIABILITY)
    assert {key for key in RESULTS if len(_rows(text, key)) != 1 or text.count(f" (`{key}`): ") != 1} == set()


@pytest.mark.parametrize(
    ("unit", "value", "baseline", "said"),
    [
        ("s", 2.0, 10.0, "5 times better"),
        ("s", 10.0, 2.0, "5 times worse"),
        ("messages/s", 10.0, 2.0, "5 times better"),
        ("%", 40.0, 80.0, "2 times worse"),
        ("calls", 3.0, 3.0, ""),
        ("s", 1.0, 9000.0, "over 1,000 times better"),
    ],
)
def test_better_and_worse_are_told_apart(unit: str, value: float, baseline: float, said: str):
    figure = {"value": value, "unit": unit, "baseline": baseline, "ratio": value / baseline, "how": "so"}
    (row,) = _rows(page({"a_figure": figure}, RELIABILITY), "a_figure")
    assert row.strip("|").split("|")[3].strip() == said


def test_a_figure_without_a_baseline_is_compared_with_nothing():
    text = page({"a_figure": {"value": 1.5, "unit": "s", "baseline": None, "ratio": None, "how": "in {place}"}}, RELIABILITY)
    assert _rows(text, "a_figure") == ["| a figure | 1.50 s | – |  |"]
    assert r"- **a figure** (`a_figure`): in \{place}" in text
    assert "<svg" not in text


def test_bars_are_as_long_as_their_figures():
    figure = {"value": 25.0, "unit": "s", "baseline": 100.0, "ratio": 0.25, "how": "so"}
    text = page({"a_figure": figure}, RELIABILITY)
    lengths = {name: int(width) for name, width in re.findall(r'<rect class="(\w+)" .*width="(\d+)"', text)}
    assert lengths["baseline"] / lengths["value"] == pytest.approx(4, rel=0.02)
    assert 'aria-label="a figure: 25, baseline 100 s"' in text


def test_the_reliability_shows_what_was_counted_and_what_was_not():
    text = page(RESULTS, RELIABILITY)
    for release in RELIABILITY["releases"]:
        for run in release["runs"]:
            (row,) = [line for line in text.splitlines() if line.startswith(f"| {run['what']} |")]
            cells = [cell.strip() for cell in row.strip("|").split("|")]
            wanted = ["–" if run[name] is None else f"{run[name]:,}" for name in ("kills", "lost", "doubled", "violations")]
            assert cells[1:5] == wanted
            assert all(str(seed) in cells[5] for seed in run["seeds"])
            assert run["test"].startswith("make ") or (ROOT / run["test"]).is_file(), f"there is no {run['test']}"


def test_a_count_that_is_none_is_refused():
    wrong = copy.deepcopy(RELIABILITY)
    wrong["releases"][0]["runs"][0]["lost"] = "none"
    with pytest.raises(jsonschema.ValidationError):
        page(RESULTS, wrong)
