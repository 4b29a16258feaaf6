# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user reads when a service says no: the thing, the state seen, the next command."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError, ServiceError, failing, failure
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import CONFIG_ERRORS, EndpointNotFound, connect

SERVICES = "/compute/v2.1/os-services"
HEADERS = {"x-openstack-request-id": "req-1"}


@pytest.mark.parametrize(
    ("status", "said", "command"),
    [
        (403, "Policy doesn't allow os_compute_api:os-services:list to be performed.", "openstack role assignment list"),
        (500, "Unexpected API Error.", "see the log of that service for req-1"),
    ],
)
@pytest.mark.usefixtures("slept")
def test_a_refusal_names_the_next_step_after_the_services_own_words(conversation, status, said, command):
    expect = conversation.expect if status < 500 else conversation.expect_outage
    expect("GET", SERVICES, status=status, json={"error": {"message": said}}, headers=HEADERS)
    result = conversation.run("compute_host_info")
    what, _next, step = result["msg"].partition(". Next: ")
    assert what == f"Failed to list the nova-compute services: HTTP {status}: {said.rstrip('.')}"
    assert command in step


def test_wrong_credentials_are_called_so():
    error = ServiceError("Failed to list the servers: HTTP 401: The request you have made requires authentication.", status=401)
    assert failure(error)["msg"].endswith(
        "requires authentication. Next: check the user, the project and the password of these credentials (openstack token issue)"
    )


def test_a_service_that_does_not_answer():
    text = failure(ServiceError("Failed to list the servers: no answer"))["msg"]
    assert "Next: see whether the service, and Keystone, can be reached" in text


def test_what_the_catalogue_lacks_is_not_blamed_on_the_network():
    with pytest.raises(ServiceError) as raised, failing("find the maintenance service"):
        raise EndpointNotFound("public endpoint for maintenance service in RegionOne region not found")
    assert ". Next: see what the catalogue has in that region" in failure(raised.value)["msg"]


@pytest.mark.parametrize(("options", "why"), [({"cloud": "nosuch"}, "Cloud nosuch was not found"), ({}, "auth_url")])
def test_credentials_that_are_not_there(monkeypatch, tmp_path, options, why):
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    monkeypatch.delenv("OS_AUTH_URL", raising=False)
    with pytest.raises(CONFIG_ERRORS) as caught:
        connect(options).authorize()
    text = failure(caught.value)["msg"]
    assert text.startswith("The credentials cannot be used: ")
    assert why in text
    assert "Next: see which clouds there are and what their entries have in clouds.yaml" in text


@pytest.mark.parametrize(
    "error",
    [
        ServiceError("Failed: HTTP 403. Next: ask somebody", status=403),
        ServiceError("Failed: HTTP 404: no such server", status=404),
        CollectionError("There is no host x"),
    ],
)
def test_nothing_is_added_where_the_next_step_is_there_or_unknown(error):
    assert failure(error)["msg"] == str(error)
