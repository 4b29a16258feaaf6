# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report at the end of a run: of the session's record where it can be read, else of what the run has read (private)."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._module import REPORTED

from . import model, reading
from .masking import masked
from .recorder import Recorder

Dict = dict[str, t.Any]


def report(
    recorder: Recorder, at: str, connection: Dict | None, read: t.Callable[[Dict, str], reading.Read] = reading.read
) -> Dict:
    """Make the report of a run.

    :param recorder: has heard of all its tasks, and of a session.
    :param at: now (ISO 8601, UTC).
    :param connection: options with which the session API is reached; None when it is not to be read.
    """
    seen = recorder.seen
    if connection is None:
        seen.notes.append("The session was not read at the end, so that what the run itself has not read is missing.")
        return _of_the_run(recorder, at)
    try:
        found = read(connection, str(recorder.session_id))
    except REPORTED as exc:
        seen.notes.append(
            f"The session could not be read at the end, so that what the run itself has not read is missing: {masked(exc)}"
        )
        return _of_the_run(recorder, at)
    seen.projects.update(found.projects)
    return model.build(found.session, found.messages, found.events, at, seen)


def _of_the_run(recorder: Recorder, at: str) -> Dict:
    known = recorder.details or {"session_id": recorder.session_id, "state": recorder.state}
    return model.build(known, known.get("messages") or [], known.get("events") or [], at, recorder.seen)
