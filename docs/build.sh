#!/usr/bin/env bash
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The reference of modules, roles and plug-ins as pages, from their own documentation ("make docs").
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin
out=$PWD/build/docs
rm -rf "$out"
mkdir -p "$out/rst" "$out/html"
"$bin/antsibull-docs" collection --use-current --output-format simplified-rst --squash-hierarchy --fail-on-error \
  --dest-dir "$out/rst" nfv.maintenance
for page in "$out"/rst/*.rst; do
  "$bin/docutils" --writer=html5 --report=3 "$page" "$out/html/$(basename "$page" .rst).html"
done
sed -i 's/\.rst"/.html"/g' "$out"/html/*.html
printf 'The reference is in build/docs/html (%s pages); guides are in docs/.\n' "$(find "$out/html" -name '*.html' | wc -l)"
