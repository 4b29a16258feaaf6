# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts the services of a lab together in one web application."""

from __future__ import annotations

from typing import Protocol

from aiohttp import web

from .alarming import Alarming
from .compute import Nova, Versions
from .compute_actions import ServerActions
from .compute_hosts import Hosts
from .compute_records import NovaRecords
from .compute_servers import Servers
from .context import Context
from .control import Control
from .evaluator import Evaluator
from .identity import Identity
from .life import Life
from .masakari import Masakari
from .moves import Mover
from .network import Neutron
from .nfv import Tacker
from .nfv_change import Changes
from .nfv_ops import Operations
from .nfv_packages import Packages
from .observer import Observer
from .placement import Placement
from .telemetry import Telemetry
from .web import ApiError, make_middlewares


class Service(Protocol):
    """A part of the lab that serves paths."""

    def routes(self) -> list[web.RouteDef]:
        """Return what is served where."""
        ...


def build(context: Context) -> web.Application:
    """Return the application that serves a lab."""
    mover = Mover(context)
    life = Life(context)
    nova = Nova(context, mover)
    evaluator = Evaluator(context)
    observer = Observer(context.cloud)

    def injected(request: web.Request, service: str) -> ApiError | None:
        if service == "lab":
            return None
        resource = request.match_info.route.resource
        context.calls[f"{service} {request.method} {resource.canonical if resource else request.path}"] += 1
        fault = context.faults.strike("http_error", service=service, path=request.path_qs, method=(request.method,))
        return ApiError(int(fault.number("status", 503)), "Injected by the lab.") if fault else None

    app = web.Application(middlewares=list(make_middlewares(injected, context.tokens.require)), client_max_size=4 * 1024 * 1024)
    parts: list[Service] = [
        Identity(context),
        Versions(context.url),
        Servers(nova, life),
        ServerActions(nova, life),
        Hosts(nova),
        NovaRecords(nova),
        Neutron(context),
        Placement(context),
        Alarming(context, evaluator),
        Tacker(context, Operations(context, life, Changes(context, mover))),
        Packages(context),
        Masakari(context),
        Telemetry(evaluator.take),
        Control(context, evaluator, observer, mover),
    ]
    for part in parts:
        app.add_routes(part.routes())

    async def start(_: web.Application) -> None:
        context.background.start(observer.run())

    async def stop(_: web.Application) -> None:
        await context.background.stop()
        await evaluator.close()

    app.on_startup.append(start)
    app.on_cleanup.append(stop)
    return app
