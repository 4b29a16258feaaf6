# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let ansible-test make its environments without fetching a script from the network.

``sanity_pip.py HOME``: ansible-test downloads a bootstrap script for the pip version it names; one that uses the pip that
comes with Python is put into its cache below HOME instead, so that the sanity tests need nothing but a package index.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import ansible_test

BOOTSTRAP = """\
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL)
"""


def main() -> None:
    """Write one script for every pip version that this ansible-test may ask for."""
    source = (Path(ansible_test.__file__).parent / "_internal" / "python_requirements.py").read_text()
    versions = re.findall(r"pip\W{1,4}(\d+(?:\.\d+)+)", source)
    if not versions:
        sys.exit("sanity_pip.py: this ansible-test names no pip version; see get_venv_packages in its python_requirements.py")
    cache = Path(sys.argv[1]) / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in versions:
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(BOOTSTRAP)


if __name__ == "__main__":
    main()
