# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event filter."""

from __future__ import annotations

import importlib.util
import json
import sys

from lab.products import ROOT

from .figures import Entry, entry, timed


def bench_filter() -> dict[str, Entry]:
    """Messages a second through the event filter, beside reading the same bodies as JSON only."""
    path = ROOT / "extensions/eda/plugins/event_filter/maintenance_event.py"
    spec = importlib.util.spec_from_file_location("maintenance_event", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    recorded = ROOT / "tests/fixtures/recorded/fenix/webhook-05-planned-maintenance.json"
    text = json.loads(recorded.read_text())["body"]
    count = 500

    def read() -> list[Entry]:
        bodies = [json.loads(text) for _ in range(count)]
        for number, body in enumerate(bodies):
            body["reason_data"]["event"]["message_id"] = str(number)
        return bodies

    def typed() -> None:
        webhooks = [{"vnf_id": "v", "project_id": "p", "received_at": "2026-11-21T00:00:00Z", "body": body} for body in read()]
        module.main({"maintenance": {"webhooks": webhooks}})

    how = f"{count} recorded webhooks of Fenix in one batch; baseline: json.loads of the same bodies"
    return {"filter_rate": entry(count / timed(typed), "messages/s", count / timed(read), how)}
