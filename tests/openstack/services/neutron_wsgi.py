# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Neutron's own WSGI application for uwsgi.

In the release Zed the first listing of ports in a process fails with HTTP 500 ("Port has no attribute port_forwardings")
unless some query before has made SQLAlchemy finish its mappers; so they are finished here, before the first request.
"""

from neutron.cmd.eventlet.server import main_api_eventlet

application = main_api_eventlet()

from sqlalchemy import orm  # after Neutron's monkey patching

orm.configure_mappers()
