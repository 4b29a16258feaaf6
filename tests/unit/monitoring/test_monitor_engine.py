# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A worker on loopback: what it tells of targets that fail, of a network that fails, and of itself."""

from __future__ import annotations

import asyncio
import functools
import socket
import time

import pytest

from tests.unit.monitoring.network import INTERVAL, Network, answering, monitoring, ping

ADDRESSES = [f"127.7.0.{number}" for number in range(1, 13)]


def run(test):
    """Run a test in a loop of its own, within a minute."""

    @functools.wraps(test)
    def within(*args, **kwargs):
        async def bounded() -> None:
            async with asyncio.timeout(60):
                await test(*args, **kwargs)

        asyncio.run(bounded())

    return within


@pytest.fixture
def network(parts, monkeypatch) -> Network:
    try:
        parts.icmp.Echo(4, lambda *_heard: None).close()
    except parts.icmp.CannotPing as exc:
        pytest.skip(f"this machine lets nobody ping: {exc}")
    found = Network()
    monkeypatch.setattr(parts.pings, "Echo", found.between(parts))
    return found


@run
async def test_a_target_that_falls_silent_is_down_once_and_up_once(parts, network):
    actions = {"down": [{"name": "respawn"}]}
    database = {
        "name": "db", "address": ADDRESSES[-1], "vnf": {"id": "v1", "name": "shop", "project_id": "p1"},
        "vnfc": {"id": "c1", "vdu": "VDU1", "server_id": "s1"}, "actions": actions,
    }  # fmt: skip
    async with monitoring(parts, [*ping(*ADDRESSES[:-1]), database], worker="w1", remind=0) as running:
        assert set((await running.events(len(ADDRESSES))).values()) == {"up"}
        network.silent.add(ADDRESSES[-1])
        down = await running.event()
        assert {key: down[key] for key in ("kind", "from", "to", "worker", "generation", "actions")} == {
            "kind": "state_change", "from": "up", "to": "down", "worker": "w1", "generation": 0, "actions": actions["down"],
        }  # fmt: skip
        assert down["vnf"] == {"id": "v1", "name": "shop", "project_id": "p1"}
        assert down["vnfc"] == {"id": "c1", "vdu": "VDU1", "server_id": "s1"}
        assert down["target"] == {"name": "db", "address": ADDRESSES[-1], "port": None, "probe": "ping"}
        assert down["evidence"]["lost"] == 3
        assert down["evidence"]["threshold"] == "3 of 5"
        assert down["evidence"]["error"].startswith("no answer within")
        await running.rounds(5)
        assert running.nothing()
        network.silent.clear()
        up = await running.event()
        assert (up["from"], up["to"], up["actions"], up["target"]["name"]) == ("down", "up", [], "db")


@run
async def test_one_try_that_is_lost_is_tried_again_and_counts_for_nothing(parts, network):
    """Every second request is lost, the one after it is not."""
    counts: dict[str, int] = {}

    def every_second(address: str) -> bool:
        counts[address] = counts.get(address, 0) + 1
        return counts[address] % 2 == 1

    network.lose = every_second
    async with monitoring(parts, ping(*ADDRESSES)) as running:
        assert set((await running.events(len(ADDRESSES))).values()) == {"up"}
        await running.rounds(6)
        assert running.nothing()
        assert sum(watched.lost for watched in running.engine.watched.values()) == 0


@run
async def test_when_most_targets_fail_at_once_nothing_is_concluded(parts, network):
    async with monitoring(parts, ping(*ADDRESSES)) as running:
        await running.events(len(ADDRESSES))
        network.silent.update(ADDRESSES[:7])
        await running.rounds(8)
        assert running.guard.is_holding
        assert running.nothing()
        # They come back, and nothing of it is left.
        network.silent.clear()
        await running.until("it has ended", lambda: not running.guard.is_holding)
        await running.rounds(2)
        assert running.nothing()
        # A fault of one of them counts again.
        network.silent.add(ADDRESSES[0])
        assert await running.events(1) == {ADDRESSES[0]: "down"}


@run
async def test_what_was_lost_while_nothing_was_concluded_does_not_count_afterwards(parts, network):
    async with monitoring(parts, ping(*ADDRESSES)) as running:
        await running.events(len(ADDRESSES))
        network.silent.update(ADDRESSES[:7])
        await running.rounds(4)
        assert running.guard.is_holding
        # One of them does not come back.
        network.silent.difference_update(ADDRESSES[1:])
        await running.until("it has ended", lambda: not running.guard.is_holding)
        [lost] = [one.lost for one in running.engine.watched.values() if one.target.address == ADDRESSES[0]]
        down = await running.event()
        assert (down["target"]["address"], down["to"]) == (ADDRESSES[0], "down")
        assert down["evidence"]["lost"] - lost >= 3


@run
async def test_with_half_of_the_packets_of_all_lost_nothing_is_concluded(parts, network):
    async with monitoring(parts, ping(*ADDRESSES), defaults={"retries": 0}) as running:
        await running.events(len(ADDRESSES))
        counts: dict[str, int] = {}

        def half(address: str) -> bool:
            counts[address] = counts.get(address, 0) + 1
            return counts[address] % 2 == 0

        network.lose = half
        await running.rounds(12)
        assert running.guard.is_holding
        assert running.nothing()


@run
async def test_few_of_many_that_fail_together_are_all_down(parts, network):
    async with monitoring(parts, ping(*ADDRESSES)) as running:
        await running.events(len(ADDRESSES))
        network.silent.update(ADDRESSES[:3])
        assert await running.events(3) == dict.fromkeys(ADDRESSES[:3], "down")


@run
async def test_while_the_references_are_silent_nothing_is_concluded(parts, network):
    references = ["127.7.1.1", "127.7.1.2", "127.7.1.3"]
    wanted = [{"address": address, "parameters": {"interval": INTERVAL}} for address in references]
    async with monitoring(parts, ping(*ADDRESSES), references=wanted) as running:
        await running.events(len(ADDRESSES))
        network.silent.update(references[:2])
        await running.until("it holds", lambda: running.guard.is_holding)
        network.silent.add(ADDRESSES[0])
        await running.rounds(8)
        assert running.nothing()
        network.silent.difference_update(references)
        assert await running.events(1) == {ADDRESSES[0]: "down"}


@run
async def test_a_worker_that_was_asleep_does_not_blame_its_targets(parts, network):
    """As when its machine was paused, or the clock was set while it did not run."""
    first_loss = {"retries": 0, "losses": 1, "window": 1, "rise": 1}
    async with monitoring(parts, ping(*ADDRESSES), defaults=first_loss, guard_share=0) as running:
        await running.events(len(ADDRESSES))
        network.silent.update(ADDRESSES)
        await running.until("requests are under way", lambda: running.engine.pings.under_way)
        network.silent.clear()
        time.sleep(0.8)
        await running.rounds(3)
        assert running.nothing()
        # Nor does it count where it would lead to nothing.
        assert sum(watched.lost for watched in running.engine.watched.values()) == 0


@run
async def test_a_jump_of_the_clock_changes_nothing(parts, network, monkeypatch):
    async with monitoring(parts, ping(*ADDRESSES)) as running:
        await running.events(len(ADDRESSES))
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() - 86_400)
        await running.rounds(4)
        assert running.nothing()
        network.silent.add(ADDRESSES[0])
        down = await running.event()
        assert down["to"] == "down"
        assert down["since"] <= down["at"]


@run
async def test_what_is_still_down_is_told_again(parts, network):
    async with monitoring(parts, ping(*ADDRESSES), remind=0.3) as running:
        await running.events(len(ADDRESSES))
        network.silent.add(ADDRESSES[0])
        kinds = [(await running.event())["kind"] for _number in range(3)]
        assert kinds == ["state_change", "reminder", "reminder"]
        assert running.told[-1]["to"] == "down"
        assert running.told[-1]["since"] == running.told[-3]["since"]


@run
async def test_losses_in_the_grace_of_a_new_target_do_not_count(parts, network):
    network.silent.add(ADDRESSES[0])
    async with monitoring(parts, ping(*ADDRESSES), defaults={"grace": 1.5}) as running:
        began = time.monotonic()
        states = await running.events(len(ADDRESSES))
        assert states == dict.fromkeys(ADDRESSES[1:], "up") | {ADDRESSES[0]: "down"}
        assert time.monotonic() - began >= 1.5


@run
async def test_a_name_that_does_not_resolve_is_not_concluded_about(parts, network, monkeypatch):
    async def fails(_loop, name, *_args, **_more):
        raise socket.gaierror(f"{name} is unknown")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", fails)
    async with monitoring(parts, [*ping(*ADDRESSES), *ping("vnf.invalid")]) as running:
        assert set(await running.events(len(ADDRESSES))) == set(ADDRESSES)
        watched = next(one for one in running.engine.watched.values() if one.target.address == "vnf.invalid")
        # As often as it takes to find one down.
        tried = running.engine.outcomes
        await running.until("it was tried", lambda: tried[parts.judging.Outcome.VOID] + watched.lost >= 4)
        assert running.nothing()
        assert (watched.error, watched.judge.state) == ("its name does not resolve", "unknown")


@run
async def test_the_schedule_is_kept_whatever_the_targets_do(parts, network):
    network.silent.update(ADDRESSES[:2])
    async with monitoring(parts, ping(*ADDRESSES), defaults={"interval": 0.2, "timeout": 0.05, "retries": 0}) as running:
        await running.rounds(10)
        sent = network.sent[ADDRESSES[0]]
        # Each at its own moment of the interval, not one interval after the last answer.
        assert (sent[9] - sent[0]) / 9 == pytest.approx(0.2, rel=0.15) or running.engine.missed
        phases = sorted({round(network.sent[address][0] % 0.2, 2) for address in ADDRESSES})
        assert len(phases) > 4


@run
async def test_targets_that_go_are_not_probed_any_more_and_new_ones_are(parts, network, tmp_path):
    file = tmp_path / "targets.yml"

    def write(addresses: list[str]) -> None:
        listed = "".join(f"- {{address: {address}, vnf: v1, vnfc: c-{address}}}\n" for address in addresses)
        (tmp_path / "new").write_text(f"targets:\n{listed}")
        (tmp_path / "new").rename(file)

    write(ADDRESSES[:3])
    async with monitoring(parts, [], targets_file=str(file)) as running:
        await running.events(3)
        write(ADDRESSES[1:4])
        assert await running.events(1) == {ADDRESSES[3]: "up"}
        assert running.told[-1]["generation"] > running.told[0]["generation"] == 0
        count = len(network.sent[ADDRESSES[0]])
        await running.rounds(3)
        assert len(network.sent[ADDRESSES[0]]) == count
        # What cannot be used changes nothing.
        file.write_text("targets: [{address: 127.0.0.1, probe: telepathy}]")
        await running.rounds(15)
        assert len(running.engine.watched) == 3


@run
async def test_what_the_rulebook_has_not_taken_is_told_as_it_is_now(parts, network):
    async with answering(b"") as (_port, _asked):
        outbox = parts.outbox.Outbox("w1")
        how = parts.target.read_how("ping", {})
        identity = {"id": "v", "name": "v", "project_id": None}
        target = parts.target.Target("t", "127.0.0.1", None, how, identity, {"id": "c", "vdu": "d", "server_id": None}, {})
        watched = parts.watched.Watched(target, 0.0, 0)
        for before, after in (("unknown", "up"), ("up", "down"), ("down", "up"), ("up", "down")):
            watched.judge.conclude(after)
            outbox.report(watched, "state_change", before)
        outbox.report(watched, "reminder", "down")
        queue: asyncio.Queue = asyncio.Queue()
        task = asyncio.ensure_future(outbox.run(queue))
        told = (await queue.get())["vnf_monitor"]
        assert (told["kind"], told["from"], told["to"]) == ("state_change", "unknown", "down")
        for before, after in (("down", "up"), ("up", "down")):
            watched.judge.conclude(after)
            outbox.report(watched, "state_change", before)
        await asyncio.sleep(0)
        assert queue.empty()
        task.cancel()
