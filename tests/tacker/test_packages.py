# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vnf_package and vnf_package_info on the real Tacker."""

from __future__ import annotations

import dataclasses
import uuid

import pytest
import yaml

from lab.products import ROOT
from tests.tacker.http_server import Answer, Server, answer
from tests.tacker.package import Package
from tests.tacker.real_tacker import ADMIN, OTHER_PROJECT, PACKAGES

MODULE = "vnf_package"


@pytest.fixture
def fresh():
    """A package that nobody has seen."""
    return Package(str(uuid.uuid4()))


@pytest.fixture
def folder(tmp_path, fresh):
    return fresh.write(tmp_path / "package")


@pytest.fixture(autouse=True)
def _nothing_left(running_tacker):
    """The packages that a test brings on board are gone after it; those of others stay."""
    before = {package["id"] for package in running_tacker.call("GET", PACKAGES, params={"all_records": "yes"}).json()}
    yield
    running_tacker.reset()
    for package in running_tacker.call("GET", PACKAGES, params={"all_records": "yes"}).json():
        if package["id"] not in before:
            running_tacker.remove_package(package["id"])


def known(tacker, package):
    found = tacker.run("vnf_package_info", {"vnfd_id": package.vnfd_id})
    return found["vnf_packages"]


def twice(tacker, options, **more):
    """First in check mode, then twice; returns the results of check mode and of the run that did it."""
    tacker.wire.mark()
    seen = tacker.run(MODULE, options, check=True, **more)
    assert not seen["failed"], seen
    assert tacker.wire.writes == []
    done = tacker.run(MODULE, options, **more)
    assert not done["failed"], done
    assert (seen["changed"], done["changed"]) == (True, True)
    tacker.wire.mark()
    again = tacker.run(MODULE, options, **more)
    assert (again["failed"], again["changed"], tacker.wire.writes) == (False, False, []), again
    assert len(tacker.wire.asked) <= 3
    return seen, done


def test_a_directory_on_board_then_disabled_enabled_and_away(tacker, fresh, folder):
    options = {"src": str(folder), "user_defined_data": {"ticket": 4711}}
    seen, done = twice(tacker, options)
    [package] = known(tacker, fresh)
    assert done[MODULE] == package
    assert {**seen[MODULE], "id": package["id"]} == package
    assert package["user_defined_data"] == {"ticket": "4711"}
    assert (package["onboarding_state"], package["operational_state"]) == ("ONBOARDED", "ENABLED")
    assert seen["diff"] == done["diff"]
    assert (done["diff"]["before"], done["diff"]["after"]["checksum"]) == ({}, package["checksum"]["hash"])
    for state, expected in (("disabled", "DISABLED"), ("enabled", "ENABLED")):
        seen, done = twice(tacker, {"product_name": fresh.product, "vnfd_id": fresh.vnfd_id, "state": state})
        assert done[MODULE]["operational_state"] == expected == seen[MODULE]["operational_state"]
        assert done["diff"]["after"]["operational_state"] == expected
    twice(tacker, {"src": str(folder), "state": "absent"})
    assert known(tacker, fresh) == []


def test_a_file_disabled_at_once(tacker, fresh, tmp_path):
    file = tmp_path / "package.csar"
    file.write_bytes(fresh.csar())
    twice(tacker, {"src": str(file), "state": "disabled"})
    assert [package["operational_state"] for package in known(tacker, fresh)] == ["DISABLED"]


def test_a_file_from_an_address(tacker, fresh):
    content = fresh.csar()
    served = Server(lambda _request: Answer(200, content, {"Content-Type": "application/zip"}))
    options = {"uri": f"{served.url}/package.csar", "vnfd_id": fresh.vnfd_id}
    try:
        twice(tacker, options)
        other = tacker.run(MODULE, {**options, "checksum": "sha512:00"}, check=True)
    finally:
        served.stop()
    assert "another content" in other["msg"]


def test_an_address_that_does_not_answer(tacker, fresh):
    result = tacker.run(MODULE, {"uri": "http://127.0.0.1:1/none.csar", "vnfd_id": fresh.vnfd_id})
    assert "does not say why. Most likely the address cannot be reached" in result["msg"]
    assert tacker.run("vnf_package_info", {"id": result["failure"]["package_id"]})["vnf_packages"] == []


def test_an_address_with_something_else(tacker, fresh):
    content = fresh.csar()
    served = Server(lambda _request: Answer(200, content))
    result = tacker.run(MODULE, {"uri": f"{served.url}/x.csar", "vnfd_id": str(uuid.uuid4())})
    served.stop()
    assert f"The content at the address has vnfd_id {fresh.vnfd_id}" in result["msg"]
    assert known(tacker, fresh) == []


def test_another_content_under_the_same_id(tacker, fresh, folder):
    tacker.run(MODULE, {"src": str(folder)})
    [before] = known(tacker, fresh)
    (folder / "Scripts").mkdir()
    (folder / "Scripts" / "more.sh").write_text("true\n")
    refused = tacker.run(MODULE, {"src": str(folder)}, check=True)
    assert "another content, which cannot be changed" in refused["msg"]
    twice(tacker, {"src": str(folder), "replace": True})
    [after] = known(tacker, fresh)
    assert (after["id"] != before["id"], after["checksum"] != before["checksum"]) == (True, True)


def test_a_package_in_use_is_neither_replaced_nor_deleted(tacker, fresh, folder):
    tacker.run(MODULE, {"src": str(folder)})
    instance_id = tacker.create(fresh.vnfd_id, "its-user")
    try:
        (folder / "more").write_text("more")
        for options in ({"replace": True}, {"state": "absent"}):
            tacker.wire.mark()
            result = tacker.run(MODULE, {"src": str(folder), **options})
            assert f"VNF instances use it: its-user ({instance_id})" in result["msg"]
            assert tacker.wire.writes == []
    finally:
        tacker.remove(instance_id)


def test_an_id_that_another_project_has(tacker, fresh, folder):
    tacker.run(MODULE, {"src": str(folder)})
    result = tacker.run(MODULE, {"src": str(folder)}, cloud=OTHER_PROJECT)
    assert f"another project has a VNF package with vnfd_id {fresh.vnfd_id}" in result["msg"]
    assert tacker.run("vnf_package_info", cloud=OTHER_PROJECT)["vnf_packages"] == []


def test_user_defined_data_of_a_package(tacker, fresh, folder):
    tacker.run(MODULE, {"src": str(folder), "user_defined_data": {"a": "1"}})
    options = {"vnfd_id": fresh.vnfd_id, "user_defined_data": {"b": "2"}}
    # Tacker fails when a member asks for it.
    result = tacker.run(MODULE, options)
    assert "only for an administrator" in result["msg"]
    twice(tacker, options, cloud=ADMIN)
    assert known(tacker, fresh)[0]["user_defined_data"] == {"a": "1", "b": "2"}


def test_several_of_a_name_are_listed(tacker, fresh):
    packages = [dataclasses.replace(fresh, vnfd_id=str(uuid.uuid4()), product="twins") for _number in range(2)]
    ids = [tacker.onboard(package) for package in packages]
    result = tacker.run(MODULE, {"product_name": "twins", "state": "absent"})
    assert all(package_id in result["msg"] for package_id in ids)
    found = tacker.run("vnf_package_info", {"product_name": "twins"})
    assert sorted(package["id"] for package in found["vnf_packages"]) == sorted(ids)
    assert len(tacker.run("vnf_package_info", {"filter": "(eq,vnfProductName,twins)"})["vnf_packages"]) == 2


def test_an_id_that_is_no_uuid(tacker, fresh, tmp_path):
    odd = dataclasses.replace(fresh, vnfd_id=f"vnfd-{fresh.vnfd_id}").write(tmp_path / "odd")
    twice(tacker, {"src": str(odd)})


def test_an_empty_package_is_filled(tacker, fresh, folder):
    package_id = tacker.call("POST", PACKAGES, json={"userDefinedData": {"made": "before"}}).json()["id"]
    _seen, done = twice(tacker, {"id": package_id, "src": str(folder)})
    assert (done[MODULE]["id"], done[MODULE]["user_defined_data"]) == (package_id, {"made": "before"})


@pytest.mark.parametrize("unwell", [
    answer(503, {"detail": "come back"}), Answer(500, b"<html>sorry</html>", {"Content-Type": "text/html"}), None])  # fmt: skip
def test_an_upload_that_breaks_leaves_nothing_behind(tacker, fresh, folder, unwell):
    tacker.wire.intercept("PUT", "/package_content", lambda _request: unwell, times=9)
    result = tacker.run(MODULE, {"src": str(folder)})
    assert result["failed"]
    assert "upload the content" in result["msg"]
    assert tacker.run("vnf_package_info", {"filter": "(eq,onboardingState,CREATED)"})["vnf_packages"] == []
    assert known(tacker, fresh) == []


def test_without_waiting(tacker, fresh, folder):
    result = tacker.run(MODULE, {"src": str(folder), "wait": False})
    assert (result["failed"], result["changed"]) == (False, True)
    assert result[MODULE]["id"]
    assert tacker.run(MODULE, {"id": result[MODULE]["id"]})[MODULE]["onboarding_state"] == "ONBOARDED"


def test_what_takes_too_long_is_told(tacker, fresh, folder):
    tacker.wire.intercept("GET", "/vnf_packages/[^/]+", lambda _request: answer(200, {"onboardingState": "PROCESSING"}), times=99)
    result = tacker.run(MODULE, {"src": str(folder), "timeout": 1})
    assert "waiting for the onboarding of VNF package" in result["msg"]
    assert "last seen: PROCESSING" in result["msg"]


def test_what_tacker_would_refuse_is_not_sent(tacker, fresh, tmp_path):
    bad = dataclasses.replace(fresh, more={"TOSCA-Metadata/TOSCA.meta": (
        "TOSCA-Meta-File-Version: 1.0\nEntry-Definitions: Definitions/top.yaml\n\n"
        "Source: UserData/standard.py\nAlgorithm: SHA-256\nHash: 00aa\n")})  # fmt: skip
    result = tacker.run(MODULE, {"src": str(bad.write(tmp_path / "bad"))})
    assert "file UserData/standard.py does not have the checksum (SHA-256)" in result["msg"]
    assert tacker.wire.asked == [] or tacker.wire.writes == []
    with pytest.raises(AssertionError, match="the package was refused"):
        tacker.onboard(bad)


def test_the_guide_brings_the_next_version_on_board(tacker, fresh, tmp_path):
    old_id = tacker.onboard(dataclasses.replace(fresh, product="guided"))
    new = dataclasses.replace(fresh, vnfd_id=str(uuid.uuid4()), product="guided", version="2.0")
    guide = (ROOT / "docs" / "vnf-lifecycle.md").read_text()
    [play] = yaml.safe_load(guide.partition("# file: packages.yml\n")[2].partition("```")[0])
    variables = {"package": str(new.write(tmp_path / "new"))}
    for changed in (2, 0):
        done = tacker.play(*play["tasks"], **variables)
        assert f"changed={changed}" in done.stdout, done.stdout
        assert "failed=0" in done.stdout
    packages = tacker.run("vnf_package_info", {"product_name": "guided"})["vnf_packages"]
    assert [(package["software_version"], package["operational_state"]) for package in packages] == [
        ("1.0", "DISABLED"), ("2.0", "ENABLED")]  # fmt: skip
    assert packages[0]["id"] == old_id
