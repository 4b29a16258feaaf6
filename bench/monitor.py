# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many targets one worker of the VNF monitor probes, how soon it finds a fault, and how seldom one that is none."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import socket
import subprocess
import sys
import time
import typing as t

from lab.products import ROOT

from .figures import Entry, entry
from .monitor_alone import part
from .monitor_http import one_after_another, server
from .monitor_odds import down_per_probe, simulated

TARGETS, HTTP_TARGETS = 10_000, 800
SECONDS, HTTP_SECONDS = 10.0, 5.0
FAULTS = 10
LOSS, HOURS = 0.01, 1_000_000
PROBES = 10_000_000
PINGS = 5


def bench_monitor() -> dict[str, Entry]:
    """All of it; on loopback."""
    return {**_icmp(), **_http(), **_false_down(), **_detect()}


def _alone(args: dict[str, t.Any], seconds: float) -> dict[str, t.Any]:
    given = json.dumps({"args": args, "seconds": seconds})
    command = [sys.executable, "-m", "bench.monitor_alone"]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, input=given, text=True)
    return t.cast("dict[str, t.Any]", json.loads(done.stdout))


def _icmp() -> dict[str, Entry]:
    addresses = [f"127.{1 + number // 40_000}.{number // 200 % 200}.{number % 200 + 1}" for number in range(TARGETS)]
    targets = [{"address": address} for address in addresses]
    found = _alone({"targets": targets, "defaults": {"interval": 1, "grace": 0}}, SECONDS)
    how = (
        f"{TARGETS} loopback addresses, an ICMP echo each second to each for {SECONDS:g} s, one worker: {found['rate']:.0f} "
        f"answers a second, {found['missed']} probes left out, the latest {found['late'] * 1000:.0f} ms late"
    )
    seconds, own = _ping_five()
    fping = _fping(addresses)
    beside = "baseline: fping -c 1 of the same" if fping else "fping is not installed here, so there is no baseline"
    return {
        "monitor_icmp_10000": entry(100 * found["core"], "% of a core", fping, f"{how}; {beside}"),
        "monitor_icmp_memory": entry(found["memory"], "MB", None, f"the most resident memory of that worker; {how}"),
        "monitor_icmp_rate": entry(
            found["rate"], "targets/s", 1 / seconds,
            f"{how}; baseline: one thread, {PINGS} pings a second apart to one target after another, as Tacker's monitor did"
            + (" (sent by our own socket, because ping is not installed here)" if own else ""),
        ),
    }  # fmt: skip


def _fping(addresses: list[str]) -> float | None:
    """The share of a core that fping needs for one round each second, in percent; None where it is not installed."""
    program = shutil.which("fping")
    if program is None:
        return None
    timed = subprocess.run(
        ["bash", "-c", f"TIMEFORMAT='%U %S'; time {program} -q -c 1 -i 0.05 -f - >/dev/null 2>&1"],
        input="\n".join(addresses), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return 100 * sum(float(value) for value in timed.stderr.split()[-2:])


def _ping_five() -> tuple[float, bool]:
    """Seconds for one target in the old way, and whether the pings had to be ours."""
    program, began = shutil.which("ping"), time.monotonic()
    if program is not None:
        subprocess.run([program, "-c", str(PINGS), "-W", "1", "127.0.0.1"], capture_output=True, check=True)
        return time.monotonic() - began, False
    heard: list[int] = []
    echo = part("icmp").Echo(4, lambda number, _sender: heard.append(number))
    for number in range(1, PINGS + 1):
        echo.send("127.0.0.1", number)
        while number not in heard:
            echo.receive()
        if number < PINGS:
            time.sleep(1.0)
    echo.close()
    return time.monotonic() - began, True


def _http() -> dict[str, Entry]:
    results = {}
    with server() as port:
        baseline = one_after_another(port, HTTP_SECONDS)
        target = {"address": "127.0.0.1", "port": port, "probe": "http_ping"}
        targets = [{**target, "vnfc": str(number)} for number in range(HTTP_TARGETS)]
        for key, kept in (("monitor_http_rate", False), ("monitor_http_rate_kept", True)):
            words = "kept alive" if kept else "a new connection each"
            found = _alone({"targets": targets, "defaults": {"interval": 1, "grace": 0, "keep_alive": kept}}, HTTP_SECONDS)
            results[key] = entry(
                found["rate_of_a_core"], "probes/s", baseline,
                f"probes for each second of processor time, {words}; {HTTP_TARGETS} targets each second for {HTTP_SECONDS:g} s "
                f"({found['rate']:.0f}/s answered, {found['others']} not); baseline: in the way of ansible.eda.url_check, an "
                "aiohttp session and a GET for one URL after another",
            )  # fmt: skip
    return results


def _false_down() -> dict[str, Entry]:
    judging, how = part("judging"), part("target").read_how("ping", {"interval": 1})
    rule, tries = how.rule, how.retries + 1
    per_hour = 3600 / how.interval
    expected = down_per_probe(rule.losses, rule.window, rule.rise, LOSS**tries) * per_hour * HOURS
    alone = down_per_probe(rule.losses, rule.window, rule.rise, LOSS) * per_hour * HOURS
    once = down_per_probe(1, 1, 1, LOSS) * per_hour * HOURS
    quiet = simulated(judging, rule, 0.0, PROBES, random.Random(1))
    heavy = simulated(judging, rule, 0.2, PROBES // 10, random.Random(2))
    computed = down_per_probe(rule.losses, rule.window, rule.rise, 0.2) * PROBES / 10
    return {
        "monitor_false_down": entry(
            expected, "per million hours of a target", once,
            f"expected when {LOSS:.0%} of the packets are lost, each by itself, at one probe a second: {rule}, a probe lost when "
            f"all {tries} tries are ({alone:.0f} with one try); computed from the chain of the state machine. The code itself, "
            f"simulated: {quiet} in {PROBES} probes without loss; with a fifth of the probes lost {heavy} in {PROBES // 10}, "
            f"where {computed:.0f} are computed; baseline: down at the first loss",
        )
    }  # fmt: skip


def _detect() -> dict[str, Entry]:
    delays, ours, bound = asyncio.run(_faults())
    worst = max(delays)
    how = (
        f"the longest of {FAULTS} faults (a server that is shut at a random moment), from the fault to the event in the "
        f"rulebook's queue; 3 of 5, a probe a second, two tries of 0.4 s; the bar is {bound:g} s; {max(ours) * 1000:.1f} ms "
        "of it after the last try"
    )
    return {"monitor_detect_to_action": entry(worst, "s", None, how)}


async def _faults() -> tuple[list[float], list[float], float]:
    """Seconds to the event for each fault, how old the event was when it came, and what may be at most."""
    queue: asyncio.Queue[t.Any] = asyncio.Queue()
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    target = {"address": "127.0.0.1", "port": port, "probe": "tcp", "parameters": {"timeout": 0.4}}
    args = {"targets": [target], "defaults": {"interval": 1, "grace": 0}}
    source = part("source").Source(part("arguments").check_arguments(args))
    task = asyncio.ensure_future(source.run(queue))
    delays, ours, moments = [], [], random.Random(3)
    for _fault in range(FAULTS):
        served = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", port)
        while (await queue.get())["vnf_monitor"]["to"] != "up":
            pass
        await asyncio.sleep(moments.random())
        served.close()
        began = time.time()
        event = (await queue.get())["vnf_monitor"]
        now = time.time()
        if event["to"] != "down":
            raise RuntimeError(f"a fault was told as {event['to']}")
        delays.append(now - began)
        ours.append(now - part("outbox").datetime.fromisoformat(event["at"]).timestamp())
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return delays, ours, 3 * 1.0 + 1.0
