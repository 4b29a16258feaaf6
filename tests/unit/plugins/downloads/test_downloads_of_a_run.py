# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run fetches is found by its name, and a failure shows nothing that is secret."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).parents[4]
SECRET, PASSWORD = "signature-of-the-mirror", "not-a-real-password"
FILE = b"new firmware"
PLAYBOOK = """\
- hosts: localhost
  gather_facts: false
  connection: local
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - ansible.builtin.include_role:
        name: nfv.maintenance.rolling_host_maintenance
        tasks_from: downloads
    - ansible.builtin.debug:
        var: __rolling_host_maintenance_downloaded
"""


class Mirror(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path.startswith("/firmware") else 404)
        self.end_headers()
        self.wfile.write(FILE)

    def log_message(self, *_args):
        pass


def test_what_is_there_has_a_path_and_what_is_not_is_named_without_its_secrets(tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    checksum = f"sha256:{hashlib.sha256(FILE).hexdigest()}"
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    given = {
        "rolling_host_maintenance_downloads_directory": str(tmp_path / "cache"),
        "rolling_host_maintenance_downloads": [{"name": "firmware", "url": f"{base}/firmware", "checksum": checksum}],
    }
    env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections")}
    command = [Path(sys.executable).parent / "ansible-playbook", "-vvv", "-i", "localhost,", "play.yml", "-e", "@given.json"]

    def run():
        (tmp_path / "given.json").write_text(json.dumps(given))
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout + done.stderr

    try:
        code, output = run()
        assert code == 0, output
        assert f'"firmware": "{tmp_path}/cache/firmware"' in output
        given["rolling_host_maintenance_downloads"].append({
            "name": "patch", "url": f"{base}/patch?token={SECRET}", "checksum": checksum, "url_username": "me",
            "url_password": PASSWORD,
        })  # fmt: skip
        code, output = run()
    finally:
        server.shutdown()
        server.server_close()
    assert code != 0
    assert f"Failed to download {base}/patch: HTTP 404" in output
    assert SECRET not in output
    assert PASSWORD not in output
