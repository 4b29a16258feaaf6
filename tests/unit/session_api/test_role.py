# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role that deploys the service: its files fit the service they are for."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import typing as t

import pytest
import yaml
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api import config

ROOT = pathlib.Path(__file__).resolve().parents[3]
ROLE = ROOT / "roles" / "session_api"
OPTIONS = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
DEFAULTS = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())

NEEDED = {
    "session_api_public_endpoint": "https://maintenance.example.org/v1",
    "session_api_auth_url": "https://keystone.example.org:5000/v3",
    "session_api_password": "pa$$word # 'quoted' {{ braces",
}
# What the service and its page are made of; the rest of that room belongs to runs.
PARTS_OF_THE_REPORT = (
    "__init__.py", "html.py", "model.py", "report_schema.json", "schema.py", "spans.py", "view.css", "view.js", "waves.py",
)  # fmt: skip


def test_defaults_and_specs_are_equal() -> None:
    assert {name: one["default"] for name, one in OPTIONS.items() if "default" in one} == DEFAULTS
    assert {name for name, one in OPTIONS.items() if one.get("required")} == set(NEEDED)


def test_secrets_are_not_logged() -> None:
    assert {name for name, one in OPTIONS.items() if one.get("no_log")} == {
        "session_api_password",
        "session_api_database",
        "session_api_transport_url",
    }


def test_it_installs_what_the_service_imports() -> None:
    lines = (ROOT / "requirements" / "session-api.in").read_text().splitlines()
    required = {line for line in lines if line and not line.startswith("#")}
    assert required <= set(DEFAULTS["session_api_packages"])
    assert set(DEFAULTS["session_api_packages"]) - required <= {"requests>=2.31"}


@pytest.fixture
def rendered(tmp_path: pathlib.Path) -> t.Callable[..., pathlib.Path]:
    """Run a piece of the role on this machine with everything below a folder of the test's own."""

    def render(tasks: list[dict[str, t.Any]], **variables: t.Any) -> pathlib.Path:
        values = {f"session_api_{name}": str(tmp_path / name) for name in ("install_dir", "config_dir", "state_dir")}
        everything = {**DEFAULTS, **NEEDED, **values, **variables}
        everything["session_api_password"] = "{% raw %}" + everything["session_api_password"] + "{% endraw %}"
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": {**everything, "ansible_python_interpreter": sys.executable},
            "vars_files": [str(ROLE / "vars" / "main.yml")],
            "tasks": tasks,
        }
        path = tmp_path / "play.yml"
        path.write_text(json.dumps([play]))
        run = subprocess.run(
            [str(pathlib.Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", str(path)],
            env={**os.environ, "ANSIBLE_LOCAL_TEMP": str(tmp_path / "ansible"), "ANSIBLE_NOCOLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return tmp_path

    return render


def template(name: str, folder: pathlib.Path, to: str) -> dict[str, t.Any]:
    return {"ansible.builtin.template": {"src": str(ROLE / "templates" / name), "dest": str(folder / to), "mode": "0600"}}


def test_the_configuration_is_the_one_that_was_meant(rendered: t.Callable[..., pathlib.Path], tmp_path: pathlib.Path) -> None:
    rendered(
        [template("session-api.conf.j2", tmp_path, "session-api.conf")],
        session_api_transport_url="rabbit://user:pa$s@rabbit.example.org:5672/",
        session_api_event_types=["maintenance.scheduled", "maintenance.planned"],
        session_api_windows={"scale_in": 900},
        session_api_max_sessions=3,
        session_api_max_extension=60,
        session_api_webhooks={"allowed_networks": ["10.0.0.0/8", "192.0.2.1"], "ca_file": "/etc/ssl/vnf.pem", "max_attempts": 7},
    )
    conf = config.load(["--config-file", str(tmp_path / "session-api.conf")])
    assert config.public_endpoint(conf) == "https://maintenance.example.org"
    assert conf.notifications.transport_url == "rabbit://user:pa$s@rabbit.example.org:5672/"
    assert conf.notifications.intake_url is None
    assert conf.notifications.event_types == ["maintenance.scheduled", "maintenance.planned"]
    assert (config.window(conf, "SCALE_IN"), config.window(conf, "MAINTENANCE")) == (900, 60)
    assert (conf.conversation.max_sessions, conf.conversation.max_extension) == (3, 60)
    assert conf.webhooks.allowed_networks == ["10.0.0.0/8", "192.0.2.1"]
    assert (conf.webhooks.ca_file, conf.webhooks.max_attempts, conf.webhooks.timeout) == ("/etc/ssl/vnf.pem", 7, 10)
    assert conf.database.connection == DEFAULTS["session_api_database"]
    assert conf.oslo_policy.policy_file == str(tmp_path / "config_dir" / "policy.yaml")
    from keystoneauth1 import loading  # noqa: PLC0415

    loading.register_auth_conf_options(conf, "keystone_authtoken")
    conf.register_opts(loading.get_auth_plugin_conf_options("password"), group="keystone_authtoken")
    keystone = conf.keystone_authtoken
    assert (keystone.auth_url, keystone.username, keystone.password) == (
        "https://keystone.example.org:5000/v3",
        "maintenance",
        NEEDED["session_api_password"],
    )
    assert keystone.www_authenticate_uri == "https://keystone.example.org:5000/v3"


def test_the_defaults_of_role_and_service_agree(rendered: t.Callable[..., pathlib.Path], tmp_path: pathlib.Path) -> None:
    rendered([template("session-api.conf.j2", tmp_path, "session-api.conf")])
    conf = config.load(["--config-file", str(tmp_path / "session-api.conf")])
    bare = config.load([])
    for group in ("notifications", "conversation", "webhooks"):
        assert dict(conf[group].items()) == dict(bare[group].items())
    assert {name: conf[name] for name in ("host", "port", "publisher_id", "threads")} == {
        name: bare[name] for name in ("host", "port", "publisher_id", "threads")
    }


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_unit_is_one(rendered: t.Callable[..., pathlib.Path], tmp_path: pathlib.Path) -> None:
    rendered(
        [template("nfv-session-api.service.j2", tmp_path, "nfv-session-api.service")],
        session_api_user="daemon",
        session_api_install_dir="/opt/x",
    )
    unit = tmp_path / "nfv-session-api.service"
    unit.write_text(unit.read_text().replace("/opt/x/venv/bin/python", sys.executable))
    run = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert "nfv-session-api" not in run.stdout + run.stderr, run.stdout + run.stderr
    security = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=30", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert security.returncode == 0, security.stdout[-500:] + security.stderr


def test_the_program_that_is_copied_runs(rendered: t.Callable[..., pathlib.Path], tmp_path: pathlib.Path) -> None:
    """Everything but the virtual environment, owned by whoever runs the tests."""
    tasks = [one for one in yaml.safe_load((ROLE / "tasks" / "program.yml").read_text()) if "ansible.builtin.pip" not in one]
    for one in tasks:
        one.pop("notify", None)
        for module in one.values():
            if isinstance(module, dict):
                module.pop("owner", None)
                module.pop("group", None)
    rendered([{"ansible.builtin.set_fact": {"role_path": str(ROLE)}}, *tasks])
    copied = {str(path.relative_to(tmp_path / "install_dir")) for path in (tmp_path / "install_dir").rglob("*") if path.is_file()}
    source = ROOT / "plugins" / "plugin_utils" / "session_api"
    wanted = {path for path in source.rglob("*") if path.suffix in (".py", ".html")}
    below = "lib/ansible_collections/nfv/maintenance"
    assert copied == {
        f"{below}/plugins/module_utils/_maintenance/messages.py",
        *(f"{below}/{path.relative_to(ROOT)}" for path in wanted),
        *(f"{below}/plugins/plugin_utils/_report/{name}" for name in PARTS_OF_THE_REPORT),
    }
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api",
            "--config-file",
            "/nowhere",
        ],
        env={"PYTHONPATH": str(tmp_path / "install_dir" / "lib")},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert run.returncode == 2
    assert run.stderr.startswith("session_api: ")
    assert "/nowhere" in run.stderr
