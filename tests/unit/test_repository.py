# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules that keep the house in order, checked on the tree itself."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path for path in (ROOT / "plugins/modules").glob("*.py") if path.stem != "__init__")
ROLES = sorted(path.parent for path in (ROOT / "roles").glob("*/tasks"))
# They need no cloud, so they have no authentication options to share.
WITHOUT_CLOUD = {
    "maintenance_delivery", "maintenance_download", "maintenance_plan", "maintenance_policy", "maintenance_secret",
    "telemetry_event_definitions", "telemetry_event_pipeline", "vnf_policy_action_info",
}  # fmt: skip
NO_HEADER = {".json", ".lock", ".txt", ".rst", ".png", ".svg", ".mako", ""}


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_argument_specs_of_a_role_equal_its_defaults(role: Path):
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]
    defaults = yaml.safe_load((role / "defaults/main.yml").read_text()) or {}
    for entry, spec in specs.items():
        given = {name: option["default"] for name, option in spec.get("options", {}).items() if "default" in option}
        wrong = {name: (value, defaults.get(name)) for name, value in given.items() if defaults.get(name, None) != value}
        assert not wrong, f"{role.name}, {entry}: default in the spec, default of the role: {wrong}"
    described = {name for spec in specs.values() for name, option in spec.get("options", {}).items() if "default" in option}
    assert set(defaults) == described, f"{role.name}: not in both: {set(defaults) ^ described}"
    for entry, spec in specs.items():
        without = {name: option for name, option in spec.get("options", {}).items() if "default" not in option}
        optional = [name for name, option in without.items() if not option.get("required")]
        assert not optional, f"{role.name}, {entry}: neither a default nor required: {optional}"


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_role_has_a_readme_and_prefixed_variables(role: Path):
    assert (role / "README.md").is_file(), f"{role.name} has no README.md"
    defaults = yaml.safe_load((role / "defaults/main.yml").read_text()) or {}
    assert all(name.startswith(f"{role.name}_") for name in defaults)


def test_every_module_that_talks_to_a_cloud_is_in_the_action_group():
    group = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"]["openstack"]
    assert sorted(group) == sorted({path.stem for path in MODULES} - WITHOUT_CLOUD)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_module_is_thin_and_tested(module: Path):
    tree = ast.parse(module.read_text())
    documentation = sum(
        node.end_lineno - node.lineno + 1
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in {"DOCUMENTATION", "EXAMPLES", "RETURN"}
    )
    code = len(module.read_text().splitlines()) - documentation
    assert code < 200, f"{module.name} holds logic that belongs below module_utils"
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if re.search(rf"\b{module.stem}\b", path.read_text())]
    assert tests, f"no test names {module.stem}"


def test_only_one_file_imports_openstacksdk():
    importers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "plugins").rglob("*.py")
        for name in _imports(path)
        if name == "openstack" or name.startswith("openstack.")
    }
    assert importers == {"plugins/module_utils/_sdk.py"}


def test_imports_run_one_way():
    for path in (ROOT / "lab").rglob("*.py"):
        assert not [name for name in _imports(path) if "ansible_collections" in name or name.startswith("plugins")], path
    for path in (ROOT / "plugins").rglob("*.py"):
        assert not [name for name in _imports(path) if name.split(".")[0] in {"lab", "extensions", "tests"}], path
    for path in (ROOT / "plugins/module_utils/_planner").rglob("*.py"):
        outside = {name for name in _imports(path) if name in {"time", "random", "datetime", "os", "socket"} or "_sdk" in name}
        assert not outside, f"{path.name} is pure, but imports {outside}"


def test_only_the_way_out_ends_a_module():
    for path in [*(ROOT / "plugins/module_utils").rglob("*.py"), *MODULES]:
        if path.name in {"_module.py", "maintenance_plan.py"}:
            continue
        assert not re.search(r"\.(fail_json|exit_json)\(", path.read_text()), f"{path} ends the module; raise CollectionError"


def test_sanity_has_no_ignore_files():
    assert not list((ROOT / "tests/sanity").glob("ignore*"))


def test_every_file_names_its_licence():
    missing = [
        str(path.relative_to(ROOT))
        for path in _tracked()
        if path.suffix not in NO_HEADER and "fixtures" not in path.parts and path.name not in {"changelog.yaml", "mypy.ini"}
        and "SPDX-License-Identifier" not in path.read_text(errors="replace")[:600]
    ]
    assert not missing


def test_no_test_file_is_longer_than_600_lines():
    long = {path.name: lines for path in (ROOT / "tests").rglob("*.py") if (lines := len(path.read_text().splitlines())) > 600}
    assert not long


def test_no_path_of_a_developer_and_no_registry_is_committed():
    pattern = re.compile(r"(^|[\s\"'=(])/(?:work|root|home)/\w|pypi\.org/simple|--(?:extra-)?index-url \S")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()[:80]}"
        for path in _tracked()
        if "fixtures" not in path.parts and path != Path(__file__)
        if path.suffix in {".py", ".yml", ".yaml", ".md", ".sh", ".lock", ""}
        for line in path.read_text(errors="replace").splitlines()
        if pattern.search(line)
    ]
    assert not found
