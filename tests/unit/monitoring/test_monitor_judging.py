# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What findings mean, without a clock and without a network."""

from __future__ import annotations

import random

import pytest

from bench.monitor_odds import down_per_probe, simulated


def states(parts, rule: dict[str, int], findings: str) -> list[str]:
    """The states after each finding: ``.`` answered, ``x`` lost, ``w`` weak."""
    judge = parts.judging.Judge(parts.judging.Rule(**rule))
    outcomes = {".": parts.judging.Outcome.ANSWERED, "x": parts.judging.Outcome.LOST, "w": parts.judging.Outcome.WEAK}
    found = []
    for finding in findings:
        judge.conclude(state) if (state := judge.note(outcomes[finding])) != judge.state else None
        found.append(judge.state)
    return found


@pytest.mark.parametrize(
    ("rule", "findings", "expected"),
    [
        ({}, ".", ["up"]),
        ({}, "xxx", ["unknown", "unknown", "down"]),
        ({}, ".xx...xx", ["up"] * 8),
        ({}, ".xx.x", ["up"] * 4 + ["down"]),
        ({}, ".x.x.x", ["up"] * 5 + ["down"]),
        ({}, ".xxx.x..", ["up", "up", "up", "down", "down", "down", "down", "up"]),
        ({"rise": 1}, ".xxx.xx.", ["up", "up", "up", "down", "up", "up", "up", "up"]),
        ({"losses": 1, "window": 1, "rise": 1}, ".x.", ["up", "down", "up"]),
        ({"degraded": 2}, ".xx...", ["up", "up", "degraded", "degraded", "up", "up"]),
        ({"degraded": 2}, ".xxx", ["up", "up", "degraded", "down"]),
        ({}, ".www..", ["up", "up", "up", "degraded", "degraded", "up"]),
        ({}, "www", ["unknown", "unknown", "degraded"]),
        ({}, ".wxx", ["up", "up", "up", "degraded"]),
        ({"rise": 1}, ".xxxw.", ["up", "up", "up", "down", "degraded", "up"]),
        ({"rise": 1, "losses": 4, "window": 8}, ".xxxxww.", ["up"] * 4 + ["down", "degraded", "degraded", "up"]),
        ({}, ".xxxww", ["up", "up", "up", "down", "down", "degraded"]),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_state_follows_from_n_of_the_last_m(parts, rule, findings, expected):
    assert states(parts, rule, findings) == expected


def test_what_was_forgotten_does_not_count(parts):
    judge = parts.judging.Judge(parts.judging.Rule())
    lost = parts.judging.Outcome.LOST
    judge.conclude("up")
    assert [judge.note(lost), judge.note(lost)] == ["up", "up"]
    judge.forget()
    assert [judge.note(lost), judge.note(lost), judge.note(lost)] == ["up", "up", "down"]


@pytest.mark.parametrize("findings", [".", "w"])
def test_a_target_that_is_down_comes_back_as_late_after_all_was_forgotten(parts, findings):
    """Found by the workers of tests/chaos: one answer after a hold of the guard made it degraded."""
    judge = parts.judging.Judge(parts.judging.Rule())
    judge.conclude("down")
    judge.forget()
    outcome = {".": parts.judging.Outcome.ANSWERED, "w": parts.judging.Outcome.WEAK}[findings]
    assert [judge.note(outcome), judge.note(outcome)] == ["down", {".": "up", "w": "degraded"}[findings]]


@pytest.mark.parametrize("loss", [0.2, 0.35])
def test_the_computed_odds_are_those_of_the_state_machine(parts, loss):
    """What bench/monitor_odds.py computes is what the code does."""
    probes = 60_000
    rule = parts.judging.Rule()
    expected = down_per_probe(rule.losses, rule.window, rule.rise, loss) * probes
    found = simulated(parts.judging, rule, loss, probes, random.Random(7))  # noqa: S311
    assert abs(found - expected) < 5 * expected**0.5


def test_without_loss_nothing_is_ever_down(parts):
    assert simulated(parts.judging, parts.judging.Rule(), 0.0, 60_000, random.Random(1)) == 0  # noqa: S311


def test_by_default_one_lost_in_a_hundred_makes_no_false_alarm(parts):
    """At most one expected in a million hours of a target, probed each second."""
    how = parts.target.read_how("ping", {"interval": 1})
    per_hour = 3600 * down_per_probe(how.rule.losses, how.rule.window, how.rule.rise, 0.01 ** (1 + how.retries))
    assert per_hour * 1e6 <= 1
    # Without the second try it would be otherwise.
    assert 3600 * down_per_probe(how.rule.losses, how.rule.window, how.rule.rise, 0.01) * 1e6 > 1000
