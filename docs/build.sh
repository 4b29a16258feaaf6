#!/usr/bin/env bash
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# One site of the guides, the READMEs of the roles, the benchmarks, and the reference of modules, roles and plug-ins out of their own
# documentation ("make docs"). Every warning is an error; nothing is fetched, neither here nor by who reads the pages.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin
out=$PWD/build/docs
source=$out/source
rm -rf "$out"
mkdir -p "$source/roles" "$source/reference"
cp docs/*.md docs/conf.py docs/site.css "$source"
# In the checkout a guide points at a README where it lies; the site has it below roles/.
sed -i 's#](\.\./roles/\([a-z_]*\)/README\.md#](roles/\1.md#g' "$source"/*.md
for readme in roles/*/README.md; do
  cp "$readme" "$source/roles/$(basename "$(dirname "$readme")").md"
done
"$bin/python" -m bench.page > "$source/benchmarks.md"
"$bin/python" docs/event_driven.py > "$source/event-driven.md"
"$bin/antsibull-docs" collection --use-current --squash-hierarchy --fail-on-error --no-breadcrumbs --no-add-antsibull-docs-version \
  --dest-dir "$source/reference" nfv.maintenance
"$bin/sphinx-build" --builder html --fail-on-warning --keep-going --jobs auto --quiet --doctree-dir "$out/doctrees" "$source" "$out/html"
printf 'The site is in build/docs/html (%s pages): open index.html there.\n' "$(find "$out/html" -name '*.html' | wc -l)"
