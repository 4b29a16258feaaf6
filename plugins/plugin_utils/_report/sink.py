# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a report (private to this collection)."""

from __future__ import annotations

import json
import os
import tempfile
import typing as t
from pathlib import Path

from . import html, text

Dict = dict[str, t.Any]

NAMES = {"json": "report.json", "html": "report.html", "text": "report.txt"}
_LARGEST = 32 * 1024 * 1024


def write(report: Dict, folder: Path, formats: t.Iterable[str]) -> list[Path]:
    """Write a report in some formats; each file is there whole, or as it was.

    :param report: as :func:`.model.build` makes it.
    :raises OSError: when a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = {
        "json": lambda: json.dumps(report, indent=1, ensure_ascii=False) + "\n",
        "html": lambda: html.render(report),
        "text": lambda: text.summary(report),
    }
    written = []
    for wanted in formats:
        _replace(folder / NAMES[wanted], made[wanted]())
        written.append(folder / NAMES[wanted])
    return written


def _replace(path: Path, inner: str) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as out:
            out.write(inner)
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def measured(path: Path) -> Dict:
    """What somebody has measured of the service of VNFs: ``{"since", "until", "vnfs": [...], "violations": [...]}``.

    :raises ValueError: when the file does not hold that.
    :raises OSError: when it cannot be read.
    """
    with path.open(encoding="utf-8") as given:
        found = json.loads(given.read(_LARGEST))
    if not isinstance(found, dict) or not isinstance(found.get("vnfs"), list):
        raise ValueError("it is not an object with a list 'vnfs'")  # noqa: TRY004
    for vnf in found["vnfs"]:
        if not isinstance(vnf, dict) or "id" not in vnf:
            raise ValueError("a VNF in it has no 'id'")
        for gap in vnf.get("gaps") or []:
            if not isinstance(gap, dict) or not {"from", "to", "seconds"} <= set(gap):
                raise ValueError(f"a gap of VNF {vnf['id']} has no 'from', 'to' and 'seconds'")
    return found
