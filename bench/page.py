# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print the page of the benchmarks, in Markdown: ``python -m bench.page``.

The figures are those of ``results.json``, or where this checkout has not measured any, of ``published.json``, a copy of it that a
release keeps; what was counted in the chaos tests is in ``reliability.json``.
"""

from __future__ import annotations

import html
import json
import sys
import typing as t
from pathlib import Path

import jsonschema

from .figures import Entry

HERE = Path(__file__).parent
# What a figure is, for who does not know its key; one without an entry is shown by its key.
TITLES = {
    "reply_single_p95": "One reply, 95th percentile",
    "reply_single_p95_playbook": "One reply by a playbook, 95th percentile",
    "reply_burst_50": "The last of 50 replies",
    "reply_burst_50_playbook": "The last of 50 replies, by playbooks",
    "reply_burst_200": "The last of 200 replies",
    "reply_burst_200_playbook": "The last of 200 replies, by playbooks",
    "reply_steady_50_p50": "A reply at 50 a second, median",
    "reply_steady_50_p99": "A reply at 50 a second, 99th percentile",
    "intake_durable_rate": "Webhooks taken and kept on disk",
    "intake_memory_5000": "Memory of the event source",
    "filter_rate": "Webhooks made typed messages",
    "plan_100x1000": "A plan for 100 hosts",
    "plan_100x1000_slowest_mode": "A plan for 100 hosts of three sorts",
    "plan_100x1000_moves": "Moves of that plan",
    "plan_5000x30000": "A plan for 5,000 hosts",
    "plan_5000x30000_memory": "Memory for that plan",
    "plan_moves_ratio": "Moves by the lower bound, median",
    "plan_moves_ratio_worst": "Moves by the lower bound, worst",
    "plan_waves_ratio": "Waves by the lower bound, median",
    "plan_waves_ratio_worst": "Waves by the lower bound, worst",
    "plan_waves_moves_ratio": "Moves in fewest waves by the lower bound",
    "plan_optimal_share": "Plans that are as good as the best",
    "snapshot_500x1000": "A snapshot of 500 hosts",
    "makespan_20x10": "A maintenance of 20 hosts",
    "makespan_20x10_speedup": "The same, times faster",
    "wave_overhead": "What a wave takes beside its work",
    "api_calls_per_move": "Calls of Nova and Placement for a move",
    "doctor_4_hosts": "The test case of OPNFV Doctor",
    "monitor_icmp_10000": "Processor for 10,000 ICMP probes a second",
    "monitor_icmp_memory": "Memory for 10,000 targets",
    "monitor_icmp_rate": "Targets probed by ICMP",
    "monitor_http_rate": "HTTP probes, a new connection each",
    "monitor_http_rate_kept": "HTTP probes, kept alive",
    "monitor_false_down": "False alarms at 1 % loss",
    "monitor_detect_to_action": "From a fault to the rulebook, longest",
    "activation_memory": "Memory of an activation",
    "activation_memory_together": "Memory of an activation and its processes",
    "tacker_noop": "A module with nothing to do",
    "tacker_info_1000": "1,000 VNF instances read",
}
GROUPS = (
    ("Maintenance", ("makespan", "wave_", "api_calls", "doctor")),
    ("Replies of the VNF's owner", ("reply_", "intake_", "filter_", "activation_")),
    ("Plans", ("plan_", "snapshot_")),
    ("Lifecycle of VNFs", ("tacker_",)),
    ("Monitoring of VNFs", ("monitor_",)),
    ("Others", ("",)),
)
MORE_IS_BETTER = frozenset({"%", "x"})  # and whatever is counted by the second
WIDTH, LONGEST, TITLE, BAR, GAP = 480, 340, 20, 14, 12
INTRODUCTION = """\
# Benchmarks and reliability

Every figure that has one stands beside its baseline, measured in the same run on the same machine: what one had before, the plain
way, or a bound that nothing can beat. `make bench` measures anew and writes `bench/results.json`; a checkout that has none shows
the figures that came with it (`bench/published.json`). All was measured on a machine with 2 cores that other work shared; single
figures move by 20 to 30 percent between runs.
"""
RELIABILITY = """
## Reliability

What was counted while processes were killed, messages lost and bodies made up. `make test-chaos` does it again, with `SEED=` in
the same way. "Lost" is what was acknowledged and never done, "doubled" what was done twice, "violations" more members of a group
down than it tolerates, or an outcome that must not be. A dash: the run does not count it.
"""


def _number(value: float) -> str:
    digits = 0 if value >= 100 or value == int(value) else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f}"


def _title(key: str) -> str:
    return TITLES.get(key, key.replace("_", " "))


def _better(figure: Entry) -> str:
    if not figure["baseline"] or not figure["value"] or figure["value"] == figure["baseline"]:
        return ""
    gain = figure["value"] / figure["baseline"]
    if figure["unit"] not in MORE_IS_BETTER and not figure["unit"].endswith("/s"):
        gain = 1 / gain
    times = max(gain, 1 / gain)
    return f"{'over 1,000' if times > 1000 else _number(times)} times {'better' if gain > 1 else 'worse'}"


def _bars(figures: dict[str, Entry]) -> str:
    """A drawing with two bars for each figure that has a baseline, each pair on a scale of its own."""
    drawn = {key: figure for key, figure in figures.items() if figure["baseline"]}
    if not drawn:
        return ""
    lines = []
    for place, (key, figure) in enumerate(drawn.items()):
        top = place * (TITLE + 2 * BAR + GAP)
        lines.append(f'<text class="title" x="0" y="{top + TITLE - 5}">{html.escape(_title(key))}</text>')
        for row, name in enumerate(("value", "baseline")):
            length = max(1, round(LONGEST * figure[name] / max(figure["value"], figure["baseline"])))
            begin = top + TITLE + row * (BAR + 2)
            lines.append(f'<rect class="{name}" x="0" y="{begin}" width="{length}" height="{BAR}"/>')
            text = f"{_number(figure[name])} {html.escape(figure['unit'])}"
            lines.append(f'<text x="{length + 6}" y="{begin + BAR - 3}">{text}</text>')
    said = "; ".join(
        f"{_title(key)}: {_number(one['value'])}, baseline {_number(one['baseline'])} {one['unit']}" for key, one in drawn.items()
    )
    height = len(drawn) * (TITLE + 2 * BAR + GAP)
    head = f'<svg class="bars" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{html.escape(said)}">'
    caption = "<figcaption>Strong: measured. Pale: its baseline.</figcaption>"
    return "\n".join(["", '<figure class="bars">', head, *lines, "</svg>", caption, "</figure>", ""])


def _table(figures: dict[str, Entry]) -> str:
    lines = ["| figure | measured | baseline | |", "|---|---|---|---|"]
    hows = ["<details>", "<summary>How these were measured</summary>", ""]
    for key, figure in figures.items():
        baseline = "–" if figure["baseline"] is None else f"{_number(figure['baseline'])} {figure['unit']}"
        lines.append(f"| {_title(key)} | {_number(figure['value'])} {figure['unit']} | {baseline} | {_better(figure)} |")
        hows.append(f"- **{_title(key)}** (`{key}`): {figure['how'].replace('{', chr(92) + '{')}")
    return "\n".join([*lines, "", *hows, "", "</details>", ""])


def _reliability(releases: list[dict[str, t.Any]]) -> str:
    parts = [RELIABILITY]
    for release in releases:
        parts.append(f"### {release['version']}\n\nAt commit `{release['commit']}`, on {release['machine']}.\n")
        lines = ["| what | kills | lost | doubled | violations | seen |", "|---|---|---|---|---|---|"]
        for run in release["runs"]:
            counts = ["–" if run[name] is None else f"{run[name]:,}" for name in ("kills", "lost", "doubled", "violations")]
            again = f"`{run['test']}`" + "".join(f", seed {seed}" for seed in run["seeds"])
            lines.append(f"| {run['what']} | {' | '.join(counts)} | {run['seen']} ({again}) |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def page(results: dict[str, Entry], reliability: dict[str, t.Any]) -> str:
    """The whole page; raises ``jsonschema.ValidationError`` when the reliability is not as its schema says."""
    jsonschema.validate(reliability, json.loads((HERE / "reliability_schema.json").read_text()))
    left = dict(results)
    parts = [INTRODUCTION]
    for title, beginnings in GROUPS:
        figures = {key: left.pop(key) for key in list(left) if key.startswith(beginnings)}
        if figures:
            parts.append(f"\n## {title}\n{_bars(figures)}\n{_table(figures)}")
    return "".join([*parts, _reliability(reliability["releases"])])


def figures_file() -> Path:
    """The file with the figures to show."""
    return next(path for path in (HERE / "results.json", HERE / "published.json") if path.exists())


if __name__ == "__main__":
    sys.stdout.write(page(*(json.loads(path.read_text()) for path in (figures_file(), HERE / "reliability.json"))))
