# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make release``: the artifact, its bill of materials and its checksum."""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

import yaml

from . import artifact, materials


def main() -> int:
    """Entry point; 1 when the checkout holds what is not committed."""
    parser = argparse.ArgumentParser(prog="make release", description=__doc__)
    parser.add_argument("--out", type=Path, default=artifact.ROOT / "build" / "release")
    out: Path = parser.parse_args().out
    changed = subprocess.run(
        ["git", "status", "--porcelain"], cwd=artifact.ROOT, capture_output=True, text=True, check=True
    ).stdout
    if changed:
        print(f"Not committed, so nobody else could build the same:\n{changed}", file=sys.stderr)
        return 1
    galaxy = yaml.safe_load((artifact.ROOT / "galaxy.yml").read_text())
    built = artifact.build(out)
    bill = materials.write(
        out / built.name.replace(".tar.gz", ".cdx.json"), f"{galaxy['namespace']}.{galaxy['name']}", galaxy["version"]
    )
    digests = "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in (built, bill))
    (out / "SHA256SUMS").write_text(digests)
    print(digests, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
