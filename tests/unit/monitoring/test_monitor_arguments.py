# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the source takes, and what it says of what it does not take."""

from __future__ import annotations

import asyncio
import json

import pytest

ONE = {"address": "192.0.2.1"}
HTTP = {**ONE, "probe": "http_ping"}


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({}, "neither targets, targets_file, inventory nor cloud"),
        ({"targets": [ONE], "speed": 1}, "unknown argument 'speed'"),
        ({"targets": {"a": 1}}, "must be a list"),
        ({"targets": [1]}, "target 1 of targets: it must be a map"),
        ({"targets": [{}]}, "address is missing"),
        ({"targets": [{"address": "not a name"}]}, "neither an address nor a host name"),
        ({"targets": [{**ONE, "probe": "telepathy"}]}, "unknown probe 'telepathy'; known are ping, http_ping, tcp"),
        ({"targets": [{**ONE, "probe": "tcp"}]}, "tcp needs a port"),
        ({"targets": [{**ONE, "probe": "tcp", "port": 65536}]}, "tcp needs a port"),
        ({"targets": [ONE, ONE]}, "target 2 of targets is there twice"),
        ({"targets": [{**ONE, "colour": 1}]}, "unknown field 'colour'"),
        ({"targets": [{**ONE, "parameters": {"count": 1}}]}, "unknown parameter 'count'"),
        ({"targets": [{**ONE, "parameters": {"interval": "often"}}]}, "interval must be a number"),
        ({"targets": [{**ONE, "parameters": {"interval": 1, "timeout": 0.8}}]}, "timeout must be a number from 0.01 to 0.5"),
        ({"targets": [{**ONE, "parameters": {"losses": 6}}]}, "losses must be a whole number from 1 to 5"),
        ({"targets": [{**ONE, "actions": {"dead": []}}]}, "actions must be a map of up, down, degraded, unknown"),
        ({"targets": [{**ONE, "actions": {"down": ["respawn"]}}]}, "must be a list of maps with a name"),
        ({"targets": [{**ONE, "vnf": 7}]}, "vnf must be an id"),
        ({"targets": [{**HTTP, "parameters": {"path": "live"}}]}, "path begin with /"),
        ({"targets": [{**HTTP, "parameters": {"path": "/\r\nX: y"}}]}, "hold no blank"),
        ({"targets": [{**HTTP, "parameters": {"headers": {"A": "b\r\nC: d"}}}]}, "headers must be printable"),
        ({"targets": [{**HTTP, "parameters": {"tls": True, "ca_file": "/nowhere"}}]}, "ca_file cannot be used"),
        ({"targets": [ONE], "references": ["no name"]}, "references: address"),
        ({"targets": [ONE], "defaults": {"speed": 1}}, "unknown parameter 'speed'"),
        ({"targets": [ONE], "port": 0, "host": "192.0.2.9"}, "token is needed"),
        ({"targets": [ONE], "token": "short"}, "at least 16 characters"),
        ({"targets": [ONE], "modules": {"m": {"probe": "x"}}}, "module m: unknown probe"),
        ({"targets_file": "/nowhere/targets.yml"}, "/nowhere/targets.yml cannot be read"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_said_before_anything_is_probed(source, parts, args, words):
    with pytest.raises(parts.errors.ArgumentError) as caught:
        asyncio.run(source.main(asyncio.Queue(), args))
    assert words in str(caught.value)


def test_what_a_rulebook_leaves_empty_is_not_given(parts):
    empty = {"port": None, "token": "", "cloud": None}
    checked = parts.arguments.check_arguments({"targets": [ONE], "eda_feedback_queue": 1, **empty})
    assert (checked.port, checked.token, checked.cloud) == (None, None, None)
    [target] = checked.targets
    assert (target.address, target.vnf["id"], target.how.probe, target.how.retries) == ("192.0.2.1", "192.0.2.1", "ping", 1)


def test_a_file_may_be_json_and_have_defaults(parts, tmp_path):
    file = tmp_path / "targets.json"
    file.write_text(json.dumps([{"address": "2001:DB8::0:1", "port": 8080, "parameters": {"path": "/live"}}]))
    read = parts.files.TargetFile(str(file), parts.files.from_list, {"probe": "http_ping", "interval": 5})
    [target] = read.targets
    assert (target.address, target.port, target.how.path, target.how.interval) == ("2001:db8::1", 8080, "/live", 5)
    assert not read.has_changed()


def test_hosts_of_an_inventory_that_say_how_are_targets(parts, tmp_path):
    file = tmp_path / "inventory.yml"
    file.write_text(
        """
all:
  children:
    vnf_web:
      vars: {vnf_monitor: {probe: http_ping, port: 8080, vnf: web, actions: {down: [{name: respawn}]}}}
      hosts:
        web-1: {ansible_host: 192.0.2.1}
        web-2: {ansible_host: 192.0.2.2, vnf_monitor: {probe: ping, vnf: web, vnfc: {id: w2, vdu: VDU1}}}
    others:
      hosts: {builder: {ansible_host: 192.0.2.9}}
"""
    )
    targets = parts.files.TargetFile(str(file), parts.files.from_inventory, {}).targets
    assert [(one.name, one.address, one.how.probe, one.port, one.vnf["id"], one.vnfc["id"]) for one in targets] == [
        ("web-1", "192.0.2.1", "http_ping", 8080, "web", "web-1"),
        ("web-2", "192.0.2.2", "ping", None, "web", "w2"),
    ]
    assert targets[0].actions == {"down": [{"name": "respawn"}]}


@pytest.mark.parametrize("content", ["[unclosed", "3", "targets: {}", "!!python/object/apply:os.getcwd []", "\x00"])
def test_a_file_that_is_no_list_of_targets_is_refused(parts, tmp_path, content):
    file = tmp_path / "targets.yml"
    file.write_text(content)
    with pytest.raises(parts.errors.ArgumentError):
        parts.files.TargetFile(str(file), parts.files.from_list, {})


def test_another_set_of_targets_is_another_generation(parts):
    generations = parts.generations.Generations()

    def stamp(*addresses: str) -> list[int]:
        targets = [parts.target.read_target({"address": address, "vnf": "v", "vnfc": address}, {}) for address in addresses]
        return [target.generation for target in generations.stamp(targets)]

    assert stamp("192.0.2.1", "192.0.2.2") == [0, 0]
    assert stamp("192.0.2.2", "192.0.2.1") == [0, 0]
    [first] = stamp("192.0.2.1")
    assert first > 0
    second, third = stamp("192.0.2.1", "192.0.2.3")
    assert second == third > first
