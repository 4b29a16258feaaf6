# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only importer of openstacksdk (private to this collection).

Everything else takes ``Proxy``, ``Resource``, ``Body`` and the exceptions from here, so that the files can be imported where the
library is missing (sanity tests, a controller that only reads documentation).
"""

from __future__ import annotations

import typing as t

try:
    import openstack
    from keystoneauth1 import exceptions as keystone_exceptions
    from keystoneauth1.exceptions import AuthPluginException, EndpointNotFound, RetriableConnectionFailure
    from openstack.exceptions import ConfigException, HttpException, SDKException
    from openstack.proxy import Proxy
    from openstack.resource import URI, Body, Resource

    IMPORT_ERROR: Exception | None = None
    CLIENT_ERRORS: tuple[type[Exception], ...] = (SDKException, keystone_exceptions.ClientException)
    # What is wrong before any service is asked: an unknown cloud, an entry that lacks something.
    CONFIG_ERRORS: tuple[type[Exception], ...] = (ConfigException, AuthPluginException)
except ImportError as exc:
    IMPORT_ERROR = exc

    class HttpException(Exception):  # type: ignore[no-redef]
        """Stand-in."""

    class RetriableConnectionFailure(Exception):  # type: ignore[no-redef]
        """Stand-in."""

    class EndpointNotFound(Exception):  # type: ignore[no-redef]
        """Stand-in."""

    class Proxy:  # type: ignore[no-redef]
        """Stand-in."""

    class Resource:  # type: ignore[no-redef]
        """Stand-in."""

    def Body(*args: t.Any, **kwargs: t.Any) -> t.Any:  # noqa: N802
        """Stand-in."""

    URI = Body
    CLIENT_ERRORS = (HttpException,)
    CONFIG_ERRORS = ()

__all__ = [
    "CLIENT_ERRORS",
    "CONFIG_ERRORS",
    "IMPORT_ERROR",
    "URI",
    "Body",
    "EndpointNotFound",
    "HttpException",
    "Proxy",
    "Resource",
    "RetriableConnectionFailure",
    "attach",
    "connect",
]

Connection = t.Any
ProxyT = t.TypeVar("ProxyT")

_PASSED_ON = ("cloud", "auth_type", "region_name", "interface", "api_timeout")


def connect(params: t.Mapping[str, t.Any]) -> Connection:
    """Open a connection from the options of :mod:`._arguments` (the names of openstack.cloud).

    Options that are not set are left to ``clouds.yaml`` and the ``OS_`` environment.
    """
    config: dict[str, t.Any] = {name: params[name] for name in _PASSED_ON if params.get(name) is not None}
    if params.get("auth"):
        config["auth"] = dict(params["auth"])
    for option, name in (("validate_certs", "verify"), ("ca_cert", "cacert"), ("client_cert", "cert"), ("client_key", "key")):
        if params.get(option) is not None:
            config[name] = params[option]
    return openstack.connect(app_name="nfv.maintenance", **config)


def attach(connection: Connection, service_type: str, proxy: type[ProxyT]) -> ProxyT:
    """Our own proxy for a service that openstacksdk does not know, on the connection's session, region and interface.

    The endpoint is the catalogue's, or ``<service type>_endpoint_override`` of the cloud's entry in ``clouds.yaml``.
    """
    return t.cast("ProxyT", connection.config.get_session_client(service_type, constructor=proxy))
