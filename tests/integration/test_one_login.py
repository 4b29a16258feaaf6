# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often the tasks of a playbook log in."""

from __future__ import annotations

import yaml

from lab.stack import Stack


def test_the_tasks_of_a_playbook_share_one_login_for_each_user(stack: Stack) -> None:
    read = [{"nfv.maintenance.maintenance_snapshot_info": {"cloud": "lab-admin", "read_constraints": True}}] * 3
    own = [{"nfv.maintenance.fenix_session_info": {"cloud": "lab-vnf"}}] * 2
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [*read, *own, *read]}
    playbook = stack.folder / "one-login.yml"
    playbook.write_text(yaml.safe_dump([play]))
    # The session API logs in too, when it is asked for the first time.
    stack.session_api("sessions")
    stack.control("POST", "calls/reset")
    done = stack.run_playbook(str(playbook))
    assert done.returncode == 0, done.stdout
    assert "ok=8 " in done.stdout
    logins = stack.control("GET", "calls")["calls"]["identity POST /identity/v3/auth/tokens"]
    assert logins == 2
