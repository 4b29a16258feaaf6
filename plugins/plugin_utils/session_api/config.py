# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the service, and what is refused about them before it starts."""

from __future__ import annotations

import typing as t
import urllib.parse

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

from . import addresses
from .libraries import auth_token, cfg, oslo_log, oslo_policy

# Ceilometer cuts text at this length; a longer reply_url or metadata silences the VNF managers of the field.
TRAIT_LENGTH = 255
_LONGEST_IDS = len("/v1/maintenance/") + 36 + 1 + 36 + 1 + 36

DEFAULT_OPTIONS = [
    cfg.HostAddressOpt("host", default="127.0.0.1", help="Address to listen at."),
    cfg.PortOpt("port", default=12347, help="Port to listen at; 0 takes a free one."),
    cfg.StrOpt(
        "public_endpoint", help="Base of reply_url and instance_ids as projects reach it, without /v1. Default: http://host:port."
    ),
    cfg.StrOpt("publisher_id", default="fenix", help="Publisher of the notifications."),
    cfg.IntOpt("threads", default=8, min=1, help="Requests served at the same time."),
]
DATABASE_OPTIONS = [
    cfg.StrOpt("connection", default="sqlite:///session-api.sqlite", secret=True, help="SQLAlchemy URL: SQLite or PostgreSQL."),
    cfg.IntOpt("busy_timeout", default=30, min=1, help="Seconds a SQLite writer waits for another one."),
]
NOTIFICATION_OPTIONS = [
    cfg.StrOpt("transport_url", secret=True, help="oslo.messaging transport of the notification bus. Wins over intake_url."),
    cfg.StrOpt("intake_url", help="URL to which each notification is POSTed as JSON, for clouds without a bus."),
    cfg.ListOpt("event_types", default=[messages.EVENT_PROJECT], help="Names under which a project message is emitted."),
    cfg.StrOpt("topic", default="notifications", help="Topic on the bus."),
    cfg.FloatOpt("timeout", default=10.0, min=0.1, help="Seconds the intake has to answer."),
    cfg.FloatOpt("retry_first", default=0.2, min=0.01, help="Seconds before a notification that was not taken is sent again."),
    cfg.FloatOpt("retry_longest", default=10.0, min=0.1, help="Longest such pause; it doubles up to here."),
]
CONVERSATION_OPTIONS = [
    cfg.IntOpt("window_maintenance", default=60, min=1, help="Seconds to reply to MAINTENANCE when the runner names none."),
    cfg.IntOpt("window_scale_in", default=300, min=1, help="Seconds to reply to SCALE_IN when the runner names none."),
    cfg.IntOpt("window_prepare", default=120, min=1, help="Seconds to reply to PREPARE_MAINTENANCE when the runner names none."),
    cfg.IntOpt("window_planned", default=120, min=1, help="Seconds to reply to PLANNED_MAINTENANCE when the runner names none."),
    cfg.IntOpt(
        "window_complete", default=300, min=1, help="Seconds to reply to MAINTENANCE_COMPLETE; also after failure and DELETE."
    ),
    cfg.IntOpt("max_window", default=86400, min=1, help="Longest window a runner may ask for."),
    cfg.IntOpt("max_extension", default=600, min=0, help="Seconds a project may add to one message's window in all."),
    cfg.IntOpt("max_sessions", default=16, min=1, help="Open sessions at the same time; finished and deleted ones do not count."),
    cfg.IntOpt("max_lease", default=3600, min=1, help="Longest lease in seconds."),
    cfg.IntOpt(
        "keep_deleted", default=86400, min=0, help="Seconds a deleted session stays in the database after its last window."
    ),
]
WEBHOOK_OPTIONS = [
    cfg.IntOpt("max_subscriptions", default=8, min=0, help="Addresses at which one project may hear its messages directly."),
    cfg.ListOpt("denied_networks", default=list(addresses.DENIED), help="Networks that deliveries may not go to."),
    cfg.ListOpt("allowed_networks", default=[], help="Networks within the denied ones that deliveries may go to all the same."),
    cfg.StrOpt("ca_file", help="File with the authorities that receivers are checked against, instead of the system's."),
    cfg.FloatOpt("connect_timeout", default=5.0, min=0.1, help="Seconds to connect to a receiver."),
    cfg.FloatOpt("timeout", default=10.0, min=0.1, help="Seconds for one attempt in all."),
    cfg.IntOpt("concurrency", default=32, min=1, help="Attempts at the same time; those for one subscription follow each other."),
    cfg.FloatOpt("retry_first", default=1.0, min=0.01, help="Seconds before a delivery is tried again; doubled each time."),
    cfg.FloatOpt("retry_longest", default=15.0, min=0.1, help="Longest such pause."),
    cfg.IntOpt("max_attempts", default=1000, min=1, help="Attempts after which a delivery is given up."),
    cfg.IntOpt("max_age", default=86400, min=1, help="Seconds after which a delivery is given up."),
    cfg.IntOpt("overlap", default=86400, min=0, help="Seconds the secret before signs as well after a change of secret."),
    cfg.IntOpt("keep", default=604800, min=0, help="Seconds a delivery is kept after its end."),
    cfg.IntOpt("keep_most", default=1000, min=1, help="Ended deliveries kept of one subscription."),
]

_WINDOWS = {
    messages.MAINTENANCE: "window_maintenance",
    messages.SCALE_IN: "window_scale_in",
    messages.PREPARE_MAINTENANCE: "window_prepare",
    messages.PLANNED_MAINTENANCE: "window_planned",
    messages.MAINTENANCE_COMPLETE: "window_complete",
}


class ConfigurationError(Exception):
    """The configuration cannot work; the text says which option and why."""


def load(arguments: t.Sequence[str]) -> cfg.ConfigOpts:
    """Read the options from a command line (``--config-file FILE``)."""
    conf = cfg.ConfigOpts()
    conf.register_opts(DEFAULT_OPTIONS)
    conf.register_opts(DATABASE_OPTIONS, group="database")
    conf.register_opts(NOTIFICATION_OPTIONS, group="notifications")
    conf.register_opts(CONVERSATION_OPTIONS, group="conversation")
    conf.register_opts(WEBHOOK_OPTIONS, group="webhooks")
    oslo_log.register_options(conf)
    conf.set_default("default_log_levels", [*conf.default_log_levels, "keystonemiddleware=WARNING", "alembic=WARNING"])
    oslo_policy.Enforcer(conf)  # registers [oslo_policy]
    for group, options in auth_token.list_opts():
        conf.register_opts(options, group=group)
    # A token taken back in Keystone counts here for at most this long.
    conf.set_default("token_cache_time", 30, group="keystone_authtoken")
    conf(list(arguments), project="nfv-session-api", default_config_files=None if arguments else [])
    check(conf)
    return conf


def check(conf: cfg.ConfigOpts) -> None:
    """Refuse what would fail later, in the middle of a session."""
    endpoint = public_endpoint(conf)
    parts = urllib.parse.urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"[DEFAULT] public_endpoint must be an http or https URL, not {endpoint!r}")
    if len(endpoint) + _LONGEST_IDS > TRAIT_LENGTH:
        raise ConfigurationError(
            f"[DEFAULT] public_endpoint is {len(endpoint)} characters long; with the ids behind it a reply_url would exceed the"
            f" {TRAIT_LENGTH} characters that Ceilometer keeps"
        )
    intake = conf.notifications.intake_url
    if intake and urllib.parse.urlsplit(intake).scheme not in ("http", "https"):
        raise ConfigurationError(f"[notifications] intake_url must be an http or https URL, not {intake!r}")
    if not conf.notifications.event_types:
        raise ConfigurationError("[notifications] event_types must name at least one event type")
    networks(conf)
    database = urllib.parse.urlsplit(conf.database.connection).scheme.partition("+")[0]
    if database not in ("sqlite", "postgresql"):
        raise ConfigurationError(f"[database] connection must be a sqlite or postgresql URL, not {database!r}")


def public_endpoint(conf: cfg.ConfigOpts) -> str:
    """Return the base of the URLs that are given to projects, without a trailing slash or ``/v1``."""
    given = conf.public_endpoint or f"http://{conf.host}:{conf.port}"
    return str(given).rstrip("/").removesuffix("/v1").rstrip("/")


def networks(conf: cfg.ConfigOpts) -> addresses.Networks:
    """Return what deliveries may be sent to."""
    try:
        return addresses.Networks(conf.webhooks.denied_networks, conf.webhooks.allowed_networks)
    except ValueError as exc:
        raise ConfigurationError(f"[webhooks] denied_networks and allowed_networks: {exc}") from None


def window(conf: cfg.ConfigOpts, state: str) -> int:
    """Return the seconds a project has to reply to a message when nobody says otherwise."""
    return int(conf.conversation[_WINDOWS[state]])
