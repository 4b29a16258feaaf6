#!/usr/bin/env bash
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every static check, from the checkout's environment ("make lint"). Ends at the first that fails, naming it.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
bin=$root/.venv/bin

step() { printf '\n== %s\n' "$1"; }

step "ruff"
"$bin/ruff" check .

step "mypy (strict)"
packages=()
for room in plugins.modules plugins.module_utils plugins.plugin_utils plugins.action plugins.callback plugins.filter plugins.inventory; do
  packages+=(-p "ansible_collections.nfv.maintenance.$room")
done
(cd .cache/collections && "$bin/mypy" --config-file "$root/mypy.ini" "${packages[@]}")
"$bin/mypy" --config-file mypy.ini lab release extensions/eda/plugins

step "licences (REUSE)"
"$bin/reuse" lint --quiet || "$bin/reuse" lint

step "yamllint"
"$bin/yamllint" --strict .

step "ansible-lint (production)"
"$bin/ansible-lint" --offline --profile production --strict

step "changelog fragments"
"$bin/antsibull-changelog" lint

step "documentation of the collection"
"$bin/antsibull-docs" lint-collection-docs --plugin-docs --validate-collection-refs=self --disallow-unknown-collection-refs .

# ansible-test wants to stand in ansible_collections/nfv/maintenance and follows no link, so it gets a copy of what is built;
# in a repository of its own, because it takes the files that git knows.
step "ansible-test sanity"
copy=$root/.cache/sanity/ansible_collections/nfv/maintenance
rm -rf "$copy"
mkdir -p "$copy"
git ls-files --cached --others --exclude-standard -- . ':!lab' ':!bench' ':!tests/fixtures' ':!.ci' | while read -r file; do
  if [ -f "$file" ]; then printf '%s\n' "$file"; fi
done | tar --create --files-from=- | tar --extract --directory "$copy"
git -C "$copy" init --quiet && git -C "$copy" add --all
test_home=$root/.cache/sanity-home
"$bin/python" tests/sanity_pip.py "$test_home"
(cd "$copy" && HOME=$test_home "$bin/ansible-test" sanity --venv --python "$("$bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" --color no)
