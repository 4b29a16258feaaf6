# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The OpenAPI document: valid, complete, and true (every answer of every test is checked against it in ``conftest.py``)."""

from __future__ import annotations

import re
import typing as t

import openapi_spec_validator
import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api import openapi, schemas

Api = t.Any


def test_the_document_is_valid(api: Api) -> None:
    document = api.nobody.ok("GET", "/v1/openapi.json")
    assert document["openapi"].startswith("3.1.")
    assert document["servers"] == [{"url": "http://maintenance.example.org:12347"}]
    openapi_spec_validator.validate(document)


def test_every_route_is_in_the_document_and_the_other_way_round(api: Api) -> None:
    served = {
        (method.lower(), re.sub(r"<(\w+)>", "{}", rule.rule), rule.endpoint.rpartition(".")[2])
        for rule in api.flask.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    documented = {(one.method, re.sub(r"\{\w+\}", "{}", one.path), one.name) for one in openapi.OPERATIONS}
    assert served == documented


@pytest.mark.parametrize("name", sorted(schemas.COMPONENTS["schemas"]))
def test_every_schema_is_a_schema(name: str) -> None:
    validator = schemas.validator(name)
    validator.check_schema(validator.schema)


def test_every_schema_is_used(api: Api) -> None:
    text = api.nobody("GET", "/v1/openapi.json").text
    for name in schemas.COMPONENTS["schemas"]:
        assert f'"#/components/schemas/{name}"' in text, name


def test_what_needs_no_token_says_so(api: Api) -> None:
    document = api.nobody.ok("GET", "/v1/openapi.json")
    public = {path for path, methods in document["paths"].items() for one in methods.values() if one.get("security") == []}
    assert public == {"/healthcheck", "/v1/openapi.json", "/v1/sessions/{session_id}/page"}
