# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files by which others find a running lab; they hold its passwords, so only their owner may read them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import yaml

from .catalog import REGION
from .context import Context
from .identity import DOMAIN
from .state import Vnf


def write_private(path: Path, text: str) -> None:
    """Write a file with mode 0600 so that it appears whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)


def clouds_yaml(context: Context) -> str:
    """Return the clouds.yaml of the users that have an entry there."""
    clouds = {
        user.cloud: {
            "auth": {
                "auth_url": f"{context.url}/identity/v3",
                "username": user.name,
                "password": user.password,
                "project_name": user.cloud_project,
                "user_domain_name": DOMAIN["name"],
                "project_domain_name": DOMAIN["name"],
            },
            "region_name": REGION,
            "identity_api_version": "3",
            "interface": "public",
        }
        for user in context.cloud.users.values()
        if user.cloud
    }
    return yaml.safe_dump({"clouds": clouds}, sort_keys=False)


def lab_json(context: Context) -> str:
    """Return what the lab says about itself."""
    cloud = context.cloud
    document = {
        "url": context.url,
        "pid": os.getpid(),
        "auth_url": f"{context.url}/identity/v3",
        "notifications_url": f"{context.url}/telemetry/v1/notifications",
        "speed": context.clock.speed,
        "seed": cloud.seed,
        "hosts": list(cloud.hosts),
        "projects": {project.name: project.id for project in cloud.projects.values()},
        "users": {user.name: user.id for user in cloud.users.values()},
        "vnfs": [_vnf(context, vnf) for vnf in cloud.vnfs.values()],
        "constraints": cloud.constraints,
    }
    return json.dumps(document, indent=1) + "\n"


def _vnf(context: Context, vnf: Vnf) -> dict[str, Any]:
    cloud = context.cloud
    floating = cloud.floating_ips.get(vnf.floating_ip_id or "")
    groups = [cloud.groups[vdu.group_id] for vdu in vnf.vdus.values() if vdu.group_id]
    return {
        "id": vnf.id,
        "name": vnf.name,
        "project_id": vnf.project_id,
        "floating_ip": floating.address if floating else None,
        "groups": [
            {
                "id": group.id,
                "name": group.name,
                "policy": group.policy,
                "max_impacted_members": group.max_impacted_members,
            }
            for group in groups
        ],
        "aspect": next(iter(vnf.aspects), None),
        "aspects": {aspect.name: {"step": aspect.step, "max_level": aspect.max_level} for aspect in vnf.aspects.values()},
        "vdus": list(vnf.vdus),
    }
