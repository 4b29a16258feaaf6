# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the real services answered: the expectation of every call, one file per story and one line per call."""

from __future__ import annotations

import json
from pathlib import Path

from .compare import Recording

FOLDER = Path(__file__).resolve().parent / "recorded"


def path(story: str) -> Path:
    """Return the file of a story."""
    return FOLDER / f"{story.replace(' ', '-').replace('.', '-')}.json"


def read(story: str) -> Recording:
    """Return what was recorded of a story."""
    found: Recording = json.loads(path(story).read_text(encoding="utf-8"))
    return found


def write(story: str, recording: Recording) -> None:
    """Record a story anew."""
    lines = [f"{json.dumps(name)}: {json.dumps(entry, ensure_ascii=False)}" for name, entry in recording.items()]
    path(story).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
