# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role host_package_upgrade with the real apt and dpkg, in a folder that they take for the whole system.

Nothing of the machine is touched. What is not tried here: the reboot itself, and dnf.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
HAS_APT = subprocess.run(["/usr/bin/python3", "-c", "import apt, apt_pkg"], capture_output=True, check=False).returncode == 0
pytestmark = pytest.mark.skipif(not HAS_APT, reason="Ansible's module apt needs the system's python3-apt")
PLAYBOOK = """\
- hosts: host-a
  gather_facts: false
  tasks:
    - name: Upgrade, and keep what comes of it
      block:
        - name: Upgrade
          ansible.builtin.include_role:
            name: nfv.maintenance.host_package_upgrade
      always:
        - name: Keep it
          ansible.builtin.copy:
            dest: "{{ sandbox }}/result.json"
            content: "{{ {'not_needed': maintenance_not_needed, 'due': host_package_upgrade_reboot_due} | to_json }}"
            mode: "0600"
          check_mode: false
"""


class System:
    """A system with one package, and a repository that has a newer one."""

    def __init__(self, folder):
        self.folder = folder
        for name in (
            "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial",
            "etc/apt/sources.list.d", "etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/trusted.gpg.d", "var/log/apt",
            "repo",
        ):  # fmt: skip
            (folder / name).mkdir(parents=True)
        for name in ("var/lib/dpkg/status", "var/lib/dpkg/available", "var/lib/dpkg/diversions"):
            (folder / name).touch()
        self.dpkg = ["/usr/bin/dpkg", f"--root={folder}", "--force-not-root", "--force-bad-path", "--force-script-chrootless"]
        wrapper = folder / "dpkg"
        # What it finds amiss is the test's.
        audit = f'[ "$1" = --audit ] && [ -e {folder}/audit ] && exec cat {folder}/audit'
        wrapper.write_text(f'#!/bin/sh\n{audit}\nexec {" ".join(self.dpkg)} "$@"\n')
        wrapper.chmod(0o755)
        (folder / "apt.conf").write_text(
            f'Dir "{folder}/";\nDir::State::status "{folder}/var/lib/dpkg/status";\nDir::Bin::dpkg "{wrapper}";\n'
            f'Dir::Etc "{folder}/etc/apt/";\nDir::Log "{folder}/var/log/apt";\n'
            'APT::Sandbox::User "root";\nDPkg::Use-Pty "false";\n'
        )
        (folder / "etc/apt/sources.list").write_text(f"deb [trusted=yes] file:{folder}/repo ./\n")
        (folder / "play.yml").write_text(PLAYBOOK)
        (folder / "inventory").write_text("host-a ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n")
        subprocess.run([*self.dpkg, "-i", self.build("1.0")], check=True, capture_output=True)

    def build(self, version):
        tree = self.folder / f"build-{version}"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN/control").write_text(
            f"Package: nova-like\nVersion: {version}\nArchitecture: all\n"
            "Maintainer: nobody <nobody@example.org>\nDescription: a test\n"
        )
        (tree / "etc-nova-like").write_text(version)
        package = self.folder / "repo" / f"nova-like_{version}_all.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, package], check=True, capture_output=True)
        return package

    def offer(self, version):
        package = self.build(version)
        control = (self.folder / f"build-{version}/DEBIAN/control").read_text()
        digest = subprocess.run(["sha256sum", package], check=True, capture_output=True, text=True).stdout.split()[0]
        entry = f"{control}Filename: ./{package.name}\nSize: {package.stat().st_size}\nSHA256: {digest}\n"
        (self.folder / "repo/Packages").write_text(entry)

    @property
    def installed(self):
        return (self.folder / "etc-nova-like").read_text()

    def upgrade(self, *arguments, **variables):
        (self.folder / "result.json").unlink(missing_ok=True)
        given = {
            "sandbox": str(self.folder), "host_package_upgrade_reboot": "never",
            "host_package_upgrade_reboot_required_file": str(self.folder / "reboot-required"), **variables,
        }  # fmt: skip
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        collections = str(ROOT / ".cache" / "collections")
        config = str(self.folder / "apt.conf")
        env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": collections, "APT_CONFIG": config, "PATH": path}
        command = [Path(sys.executable).parent / "ansible-playbook", "-i", "inventory", "play.yml", "-e", json.dumps(given)]
        done = subprocess.run(
            [*command, *arguments], cwd=self.folder, env=env, capture_output=True, text=True, timeout=240, check=False
        )
        result = self.folder / "result.json"
        return done, json.loads(result.read_text()) if result.exists() else {}


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    """One for all tests of this file, in their order."""
    return System(tmp_path_factory.mktemp("system"))


def test_check_mode_says_what_would_be_upgraded(system):
    system.offer("2.0")
    done, result = system.upgrade("--check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Would be upgraded" in done.stdout
    assert "nova-like" in done.stdout
    assert system.installed == "1.0"
    assert result == {"not_needed": False, "due": False}


def test_packages_are_upgraded_and_a_reboot_that_is_due_is_told(system):
    (system.folder / "reboot-required").touch()
    done, result = system.upgrade()
    assert done.returncode == 0, done.stdout + done.stderr
    assert system.installed == "2.0"
    assert result == {"not_needed": False, "due": True}


def test_where_nothing_is_new_nothing_is_needed_and_what_is_half_installed_is_named(system):
    (system.folder / "reboot-required").unlink()
    (system.folder / "audit").write_text("The following packages are only half configured: libvirt-like\n")
    done, result = system.upgrade(host_package_upgrade_packages=["nova-like"])
    assert result == {"not_needed": True, "due": False}
    assert done.returncode != 0
    for words in ("host-a are not fully installed", "libvirt-like", "Next: dpkg --configure --pending"):
        assert words in done.stdout
