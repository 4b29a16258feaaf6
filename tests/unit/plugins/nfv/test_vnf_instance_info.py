# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vnf_instance_info asks Tacker, and what it makes of the answers."""

from __future__ import annotations

import json

import pytest
import requests

MODULE = "vnf_instance_info"
LIST = "/nfv-orchestration/vnflcm/v2/vnf_instances"


def test_by_id(tacker):
    tacker.hears_instance(1)
    result = tacker.run(MODULE, {"id": tacker.instance()["id"]})
    [found] = result["vnf_instances"]
    assert not result["changed"]
    assert found["vnf_instance_name"] == "web"
    assert found["instantiation_state"] == "INSTANTIATED"
    assert found["vnfd_id"] == "d1"
    assert found["vnf_instance_description"] is None
    assert found["servers"] == [
        {"id": "vdu1-0", "vdu_id": "VDU1", "index": 0, "vnfc_info_id": "VDU1-vdu1-0"},
        {"id": "vdu1-1", "vdu_id": "VDU1", "index": 1, "vnfc_info_id": "VDU1-vdu1-1"},
        {"id": "vdu2-0", "vdu_id": "VDU2", "index": 0, "vnfc_info_id": "VDU2-vdu2-0"},
    ]


def test_credentials_are_not_returned(tacker):
    tacker.hears_instance(1)
    result = tacker.run(MODULE, {"id": tacker.instance()["id"]})
    assert result["vnf_instances"][0]["vim_connection_info"] == {"vim1": {"vimType": "T", "extra": {}}}
    assert "in-the-record" not in json.dumps(result)


def test_unknown_id_gives_an_empty_list(tacker):
    tacker.expect("GET", f"{LIST}/no%2Fsuch", status=404, json={"status": 404, "title": "Not Found", "detail": "not found"})
    result = tacker.run(MODULE, {"id": "no/such"})
    assert (result["failed"], result["vnf_instances"]) == (False, [])


def test_not_instantiated_has_no_servers(tacker):
    tacker.hears_instance(state="NOT_INSTANTIATED")
    assert tacker.run(MODULE, {"id": tacker.instance()["id"]})["vnf_instances"][0]["servers"] == []


def test_without_a_vdu_index(tacker):
    raw = tacker.instance(0)
    for vnfc in raw["instantiatedVnfInfo"]["vnfcResourceInfo"]:
        del vnfc["metadata"]
    tacker.expect("GET", f"{LIST}/{raw['id']}", json=raw)
    servers = tacker.run(MODULE, {"id": raw["id"]})["vnf_instances"][0]["servers"]
    assert [server["index"] for server in servers] == [None, None]


@pytest.mark.parametrize(
    ("name", "sent"), [("web", "(eq,vnfInstanceName,web)"), ("a,b's (x)", "(eq,vnfInstanceName,'a,b''s (x)')")]
)
def test_by_name(tacker, name, sent):
    tacker.expect(
        "GET", LIST, query={"filter": sent, "all_fields": ""},
        json=[tacker.instance(vnfInstanceName=name), tacker.instance(vnfInstanceName=f"{name}-other", id="2")],
    )  # fmt: skip
    found = tacker.run(MODULE, {"name": name})["vnf_instances"]
    assert [item["vnf_instance_name"] for item in found] == [name]


def test_a_filter_with_two_terms_is_sent_so_that_tacker_reads_both(tacker):
    tacker.expect("GET", LIST, json=[])
    assert tacker.run(MODULE, {"filter": "(eq,vnfdId,d1);(eq,instantiationState,INSTANTIATED)"})["vnf_instances"] == []
    assert "%3B" in tacker.conversation.made[0].url
    assert ";" not in tacker.conversation.made[0].url


def test_pages_are_followed_by_their_query_only(tacker):
    link = {"Link": "<http://127.0.0.1:9890/vnflcm/v2/vnf_instances?all_fields=&nextpage_opaque_marker=1>;rel=\"next\""}
    tacker.expect("GET", LIST, json=[tacker.instance(id="1")], headers=link, query={"all_fields": ""})
    tacker.expect("GET", LIST, json=[tacker.instance(id="2")], query={"all_fields": "", "nextpage_opaque_marker": "1"})
    assert [item["id"] for item in tacker.run(MODULE, {})["vnf_instances"]] == ["1", "2"]


def test_a_page_that_names_itself_as_the_next_ends_the_list(tacker):
    link = {"Link": f"<http://cloud.example{LIST}?all_fields=>;rel=\"next\""}
    tacker.expect("GET", LIST, json=[tacker.instance()], headers=link)
    assert len(tacker.run(MODULE, {})["vnf_instances"]) == 1


def test_entries_without_details_are_read_one_by_one(tacker):
    short = {key: value for key, value in tacker.instance().items() if key != "instantiatedVnfInfo"}
    tacker.expect("GET", LIST, json=[short, tacker.instance(id="3", state="NOT_INSTANTIATED")])
    tacker.hears_instance(1)
    assert [len(item["servers"]) for item in tacker.run(MODULE, {})["vnf_instances"]] in ([3, 0], [0, 3])


def test_an_answer_that_is_too_big_is_asked_for_in_small_entries(tacker):
    short = {key: value for key, value in tacker.instance().items() if key != "instantiatedVnfInfo"}
    tacker.expect("GET", LIST, status=400, json={"status": 400, "detail": "Response too big."}, query={"all_fields": ""})
    tacker.expect("GET", LIST, json=[short], query={})
    tacker.hears_instance(1)
    assert len(tacker.run(MODULE, {})["vnf_instances"][0]["servers"]) == 3


def test_many_that_are_too_big_together_are_read_in_parts(tacker):
    """100 ids in a request, and half of them as long as even that is too big."""
    short = {key: value for key, value in tacker.instance().items() if key != "instantiatedVnfInfo"}
    ids = [f"i{number:03}" for number in range(103)]
    too_big = {"status": 400, "json": {"status": 400, "detail": "Response too big."}}

    def asks(part, **answer):
        filled = {"json": [tacker.instance(id=one) for one in part], **answer}
        tacker.expect("GET", LIST, query={"filter": f"(in,id,{','.join(part)})", "all_fields": ""}, **filled)

    tacker.expect("GET", LIST, query={"all_fields": ""}, **too_big)
    tacker.expect("GET", LIST, json=[{**short, "id": one} for one in ids], query={})
    asks(ids[:100], **too_big)
    asks(ids[:50])
    asks(ids[50:100])
    asks(ids[100:])
    found = tacker.run(MODULE, {})["vnf_instances"]
    assert [one["id"] for one in found] == ids
    assert all(len(one["servers"]) == 3 for one in found)


def test_by_server_and_the_ids_both_ways(tacker):
    tacker.expect("GET", LIST, json=[tacker.instance(), tacker.instance(id="2", state="NOT_INSTANTIATED")])
    [found] = tacker.run(MODULE, {"server_ids": ["vdu1-1", "unknown"]})["vnf_instances"]
    assert found["vnfc_of_server"] == {"vdu1-0": "VDU1-vdu1-0", "vdu1-1": "VDU1-vdu1-1", "vdu2-0": "VDU2-vdu2-0"}
    assert {vnfc: server for server, vnfc in found["vnfc_of_server"].items()} == found["server_of_vnfc"]


def test_only_one_way_to_choose(tacker):
    assert "mutually exclusive" in tacker.run(MODULE, {"id": "1", "name": "web"})["msg"]


def test_problem_details_reach_the_user(tacker):
    tacker.expect(
        "GET", LIST, status=400, json={"status": 400, "title": "Bad Request", "detail": "filter parse error"},
        headers={"Content-Type": "application/problem+json"},
    )  # fmt: skip
    result = tacker.run(MODULE, {"filter": "(bad"})
    assert result["msg"] == "Failed to list the VNF instances: HTTP 400: filter parse error"
    assert result["failure"]["status"] == 400


def test_an_error_page_in_html_is_survived(tacker):
    tacker.expect(
        "GET", LIST, status=500, text="<html><h1>Internal Server Error</h1></html>", headers={"Content-Type": "text/html"}
    )
    result = tacker.run(MODULE, {})
    assert result["failed"]
    assert result["msg"].startswith("Failed to list the VNF instances: ")
    assert result["failure"]["status"] == 500


@pytest.mark.parametrize("status", [401, 403])
def test_refusals(tacker, status):
    for _attempt in range(2 if status == 401 else 1):
        tacker.expect("GET", LIST, status=status, json={"error": {"code": status, "title": "T", "message": "no right to that"}})
    result = tacker.run(MODULE, {})
    assert "no right to that" in result["msg"]
    assert result["failure"]["status"] == status


def test_timeout(tacker):
    tacker.expect("GET", LIST, error=requests.exceptions.ReadTimeout("slow"))
    assert "Failed to list the VNF instances" in tacker.run(MODULE, {"api_timeout": 1})["msg"]
