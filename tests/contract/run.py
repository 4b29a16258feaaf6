# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the list of calls on a site; as a command it records what real services answer."""

from __future__ import annotations

import argparse
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from . import (
    recorded,
    stories_alarms,
    stories_hosts,
    stories_identity,
    stories_moves,
    stories_network,
    stories_placement,
    stories_servers,
    stories_tacker,
    stories_vnf_failures,
    stories_vnf_operations,
    stories_webhooks,
)
from .compare import Recording
from .sites import USERS, Site, bus
from .sweep import sweep
from .talk import Story, telling

# The stories of one lane are told one after the other, those of two lanes at the same time.
LANES: tuple[dict[str, Story], ...] = (
    {**stories_identity.STORIES, **stories_alarms.STORIES, **stories_webhooks.STORIES, **stories_network.STORIES},
    {
        **stories_servers.STORIES,
        **stories_moves.STORIES,
        **stories_hosts.STORIES,
        **stories_placement.STORIES,
        **stories_network.WITH_SERVERS,
    },
)
STORIES = [name for lane in LANES for name in lane]
# Told to a Tacker of their own: vnfs.py.
TACKER_LANES: tuple[dict[str, Story], ...] = (
    {**stories_tacker.STORIES, **stories_vnf_operations.STORIES},
    {**stories_vnf_failures.STORIES},
)
# Tacker's database is SQLite in the tests, which takes one writer at a time.
TACKER_IN_TURN: tuple[dict[str, Story], ...] = ({name: story for lane in TACKER_LANES for name, story in lane.items()},)
TACKER_STORIES = [*TACKER_IN_TURN[0]]


@dataclass
class Told:
    """What became of the stories of a run."""

    recordings: dict[str, Recording] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def tell(site: Site, only: str = "", lanes: tuple[dict[str, Story], ...] = LANES) -> Told:
    """Tell all stories; one that fails does not hinder the others."""
    told = Told()
    with ThreadPoolExecutor(len(lanes)) as pool:
        for future in [pool.submit(_lane, site, lane, told, only) for lane in lanes]:
            future.result()
    return told


def _lane(site: Site, lane: dict[str, Story], told: Told, only: str) -> None:
    for name, story in lane.items():
        if only not in name:
            continue
        began = time.monotonic()
        try:
            with telling(site, name) as talk:
                told.recordings[name] = talk.recording
                story(talk)
        except Exception:  # noqa: BLE001  whatever it is, it belongs to the story and not to the run
            told.failures[name] = traceback.format_exc()
        told.seconds[name] = time.monotonic() - began


def keep(told: Told) -> None:
    """Write what real services answered over what they answered before."""
    for story, recording in told.recordings.items():
        if story in told.failures:
            print(f"{story} failed, not recorded:\n{told.failures[story]}")  # noqa: T201
        else:
            recorded.write(story, recording)
    print({story: round(seconds, 1) for story, seconds in told.seconds.items()})  # noqa: T201


def main() -> None:
    """Record the stories on real services."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract.run", description=main.__doc__)
    parser.add_argument("folder", type=Path, help="where services/up.sh keeps its state (OPENSTACK_DIR)")
    parser.add_argument("--port-amqp", default="5672", help="port of RabbitMQ (PORT_AMQP)")
    parser.add_argument("--only", default="", help="stories whose name contains this")
    options = parser.parse_args()
    clouds = yaml.safe_load((options.folder / "clouds.yaml").read_text())["clouds"]
    secret = (options.folder / "secret").read_text().strip()
    site = Site(
        {user: clouds[user]["auth"] for user in USERS}, bus(f"rabbit://openstack:{secret}@127.0.0.1:{options.port_amqp}/")
    )
    sweep(site)
    keep(tell(site, options.only))


if __name__ == "__main__":
    main()
