# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event source: maintenance alarms of Aodh, authenticated, written down, and handed on until they are done."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from types import ModuleType

DOCUMENTATION = r"""
---
short_description: Receive maintenance messages, from Aodh or directly, and hand them on until they are done
description:
  - Listens for the webhooks of Aodh event alarms about maintenance, which C(nfv.maintenance.maintenance_subscription) creates,
    at C(/v1.0/vnfs/<vnf id>/maintenance/<project id>).
  - A webhook is accepted with a secret of its VNF, by HTTP basic authentication (user C(aodh)) or as one more part of the path
    (C(/v1.0/vnfs/<vnf id>/maintenance/<project id>/<secret>)), or signed as Standard Webhooks says (headers C(webhook-id),
    C(webhook-timestamp), C(webhook-signature); body C({"type", "timestamp", "data"}) where data is the notification's payload).
  - 200 is answered after the message is on disk, in the O(journal). It stays there until its handling is reported done; what is
    not, is handed on again, also after a restart.
  - A message is known by its id in the session API, by the id of its notification, or by its state, instances and times. What
    is posted about a known one, by the alarm of another VNF or under another event type, joins it. The very same notification
    for the same VNF, and the very same signed post, is answered 409.
  - All that arrives within O(batch_window) is handed on as one event with the lists C(maintenance.messages) and
    C(maintenance.rejected). A message has the fields that the filter C(nfv.maintenance.maintenance_event) documents, further
    C(vnf_ids), all VNFs whose alarms told about it, and C(delivery) with C(id), C(attempt), C(key) and C(url).
  - Whoever handles a delivery POSTs to its C(url), with header C(Authorization) C(Bearer <key>) and a JSON body with
    C(attempt) and C(state). C(held), with C(vnf_ids) and C(seconds) (5 to 300), takes or renews the locks of these VNFs, all
    or none, and answers C(held_until) and C(token), a fencing token. C(extended), with C(reply_at), says that the reply is due
    later than the message said. C(done), with C(outcome), ends the delivery. C(released), with C(reason), gives it back. 409 says
    why not. With C(reason) C(busy) somebody else has a VNF in hand, ask again after
    C(retry_after) seconds; with C(stale) another attempt has begun or the lease was lost, stop at once; with C(over) the
    delivery has ended.
  - Locks are given in the order of the protocol's states, then of arrival, to all who wait with messages of one session. The
    locks of an attempt that was cut short by a restart of the source stay until its lease ends, or until it hears that it is
    stale.
  - Answers to webhooks are 200 when accepted, 400 to what is not a JSON object, 401 without the right secret or signature
    (whether the VNF is known or not), 403 to a message for another project than the address, 404 and 405 elsewhere, 408 to a
    body that does not arrive in time, 409 to a repeated one, 413 above O(max_body), 415 to a compressed body, 422 to what is
    no maintenance message, 429 above O(rate), 503 while O(max_waiting) deliveries are not over or the journal cannot be
    written.
  - C(GET /healthz) answers 200 without a secret, 503 when the journal could not be written the last time. C(GET /metrics) answers
    counters in the text format of Prometheus.
options:
  host:
    description: The address to listen on.
    type: str
    default: 127.0.0.1
  port:
    description: The port to listen on; 0 takes a free one, which the log names.
    type: int
    default: 12348
  secrets:
    description:
      - The secret, or the list of secrets, of each VNF by its id. A secret has at least 16 characters.
      - A secret that begins with C(whsec_) signs, as Standard Webhooks says; the rest of it is the base64 of at least 24
        bytes. All others are passwords. A VNF may have both, and several of each, so that they can be changed one after the
        other.
      - At least one of O(secrets) and O(secrets_file) is needed; a VNF's secrets in both are all valid.
    type: dict
  secrets_file:
    description:
      - A YAML or JSON file with such a map, owned by the user who runs the rulebook (or root) and closed to all others
        (mode 0600).
      - Read again whenever it changes, so that neither a subscription nor a rotation needs a restart. It may be missing at
        first. A change that cannot be read or is not safe leaves the secrets as they were and is logged.
    type: path
  journal:
    description:
      - The file of the journal (SQLite), which belongs to one listener; or a C(postgresql://) URL, whose database several
        listeners share so that each message is handed on by one of them (needs the Python library psycopg).
      - Without it C(nfv.maintenance/journal.sqlite) in C($XDG_STATE_HOME) or C(~/.local/state); with another O(port) than the
        default C(journal-<port>.sqlite).
      - A corrupt file is set aside under a name with the time, which is logged as an error, and a new one is begun.
    type: str
  listener:
    description:
      - The name of this listener among those that share a journal. What the one of this name had handed on when it ended is
        handed on again when it starts. Without it the name of the machine and O(port).
    type: str
  callback_url:
    description:
      - The base URL at which those who handle deliveries reach this listener, when they run elsewhere. Without it the address
        that is listened on.
    type: str
  cloud:
    description:
      - The VNF owner's cloud in C(clouds.yaml). With it the source keeps a process that talks to that cloud, and O(answer) and
        O(reconcile) have a meaning. Needs the collection, openstacksdk and the credentials where the source runs.
      - Without it, and while that process or the cloud is away, everything is handed on.
    type: str
  region_name:
    description: The region, when the cloud has several.
    type: str
  policies:
    description: The policy of each VNF by its id, and C(default), as the role C(nfv.maintenance.vnf_maintenance) has them.
    type: dict
  policy_file:
    description:
      - A YAML file with such a map, read anew when it has changed; O(policies) go first. A relative path is from where
        ansible-rulebook was started.
    type: path
  answer:
    description:
      - Whether the source answers by itself what wants no action by the policies, as the role would and with the same code, only
        sooner. All else is handed on. Nothing is answered that cannot be read back from the maintenance service of the catalogue.
      - A message that is not decided in two seconds is handed on. Only O(cloud) makes this work.
    type: bool
    default: true
  reconcile:
    description:
      - Whether to look for messages that wait for the project's reply though no alarm told of them, at least every ten seconds
        and, while a session is open, in less than a quarter of its shortest window. They are handled as if it had;
        C(vnf_ids) is empty then.
      - Of a Fenix of 2019, which shows states and no messages, this finds MAINTENANCE, PREPARE_MAINTENANCE, PLANNED_MAINTENANCE
        and MAINTENANCE_COMPLETE, but no SCALE_IN, which it shows hours before it sends it. Only O(cloud) makes this work.
    type: bool
    default: true
  confirm:
    description: Whether handling is reported. When not, a message is over as soon as the rulebook took it.
    type: bool
    default: true
  handling_timeout:
    description:
      - Seconds in which a delivery has to be held or done after it was handed on; four times as many once nobody began with
        two attempts.
    type: float
    default: 30
  max_attempts:
    description:
      - How often a delivery is handed on when it is not done. Those that a restart of the source cut short do not count, nor,
        before its reply deadline, those that nobody has begun with, as when all playbooks that may run at a time are running.
        Then, and when its reply deadline has passed, it is dropped, which is logged as an error.
    type: int
    default: 5
  max_batches:
    description: No further batch is handed on while nothing of so many batches has been taken in hand.
    type: int
    default: 8
  batch_window:
    description: Seconds that a batch stays open after its first message.
    type: float
    default: 0.2
  batch_window_first:
    description:
      - The same, when nothing was handed on for a second before. At most O(batch_window).
    type: float
    default: 0.03
  max_batch:
    description: Most messages in one event.
    type: int
    default: 200
  max_waiting:
    description: Most deliveries that are not over. Their messages together are limited to sixteen times O(max_body).
    type: int
    default: 10000
  retention:
    description: Seconds that a delivery is remembered after it is over; as long its message is known when it comes again.
    type: float
    default: 604800
  retention_rows:
    description: Most deliveries that are remembered after they are over.
    type: int
    default: 100000
  rate:
    description: Webhooks that one address may send in a second; 0 for any number.
    type: float
    default: 200
  burst:
    description: Webhooks that one address may send at once.
    type: int
    default: 1000
  metrics:
    description: Whether C(GET /metrics) is answered to other machines too.
    type: bool
    default: false
  max_body:
    description: Largest body in bytes, also when it is sent in chunks.
    type: int
    default: 1048576
  read_timeout:
    description: Seconds a client has for its headers, and again for its body.
    type: float
    default: 10
  max_connections:
    description: Most connections open at a time.
    type: int
    default: 1000
  certfile:
    description:
      - Certificate (chain) for TLS. Without it the source speaks plain HTTP, which belongs behind a proxy or on a loopback
        address.
    type: path
  keyfile:
    description: Private key of O(certfile), when it is not in the same file; needs O(certfile).
    type: path
  cafile:
    description: CA certificates; when given, clients must show a certificate signed by one of them. Needs O(certfile).
    type: path
"""


EXAMPLES = r"""
- name: Maintenance of our VNFs
  hosts: localhost
  sources:
    - name: maintenance
      nfv.maintenance.aodh_alarm:
        host: 192.0.2.10
        port: 12348
        secrets_file: /etc/nfv-maintenance/secrets.yml
        certfile: /etc/nfv-maintenance/listener.pem
  rules:
    - name: Tell what was heard
      condition: event.maintenance.messages is defined
      action:
        debug:
          msg: "{{ event.maintenance.messages }}"
"""

# Beside the sources, not among them: Galaxy lists each file of theirs as a source.
PLUGINS = Path(__file__).resolve().parents[1]
PARTS = PLUGINS / "plugin_utils"


def _load(name: str, path: Path) -> ModuleType:
    """Import a module by its path, because ansible-rulebook runs this file outside of any package."""
    loaded = sys.modules.get(name)
    if loaded is not None and loaded.__file__ == str(path):
        return loaded
    folder = [str(path.parent)] if path.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=folder)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


_load("nfv_maintenance_intake", PARTS / "maintenance_intake" / "__init__.py")
# The same parser as the filter's, so that both speak of the same message.
_EVENT_FILTER = _load("nfv_maintenance_event", PLUGINS / "event_filter" / "maintenance_event.py")


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Listen until cancelled, and put one event per batch into the queue."""
    try:
        source = importlib.import_module("nfv_maintenance_intake.source")
    except ModuleNotFoundError as exc:
        raise ImportError(
            f"nfv.maintenance.aodh_alarm needs the Python package {exc.name} where ansible-rulebook runs. "
            "Next: install what the collection's meta/ee-requirements.txt names there, with pip"
        ) from exc
    await source.run(queue, args, _EVENT_FILTER)
