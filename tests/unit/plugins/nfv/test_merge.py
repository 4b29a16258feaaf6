# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON Merge Patch, on the examples of RFC 7396 and on what Tacker cannot do."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv import vim
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.merge import effective, managed, merge_patch

# Appendix A of RFC 7396: original, patch, result.
EXAMPLES = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("original", "patch", "result"), EXAMPLES)
def test_the_examples_of_the_rfc(original, patch, result):
    kept = copy.deepcopy((original, patch))
    assert merge_patch(original, patch) == result
    assert (original, patch) == kept


@pytest.mark.parametrize(
    ("present", "patch", "keys"),
    [
        (None, {}, []),
        (None, {"a": None}, []),
        ({"a": 1}, {"a": 1}, []),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 2, "d": None}}, []),
        ({"a": [1, 2]}, {"a": [2, 1]}, ["a"]),
        ({"a": 1, "b": 2}, {"b": None, "a": 2, "c": 3}, ["a", "b", "c"]),
        ({"a": 1}, {"a": True}, ["a"]),
        ({"a": None}, {"a": None}, ["a"]),
        ({}, {"a": {"b": None}}, ["a"]),
    ],
)
def test_what_would_change(present, patch, keys):
    assert effective(present, patch) == keys


def test_the_diff_has_only_what_the_patch_names():
    assert managed({"a": 1, "b": 2, "c": {"x": 1}}, {"b": None, "c": {"y": 2}}) == (
        {"b": 2, "c": {"x": 1}},
        {"c": {"x": 1, "y": 2}},
    )


PRESENT = {"vim1": {"vimId": "i", "vimType": "T", "accessInfo": {"username": "u", "project": "p"}, "extra": {"a": 1}}}


def test_a_vim_keeps_its_type():
    assert vim.completed(PRESENT, {"vim1": {"extra": {"a": None}}}) == {"vim1": {"vimType": "T", "extra": {"a": None}}}


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        ({"vim1": None}, "vim1 cannot be removed"),
        ({"vim1": "x"}, "allowed is a value of type object"),
        ({"vim1": {"vimId": None}}, "vim1.vimId cannot be removed"),
        ({"vim2": {"vimType": "T"}}, "vim2 is new and has no accessInfo"),
    ],
)
def test_what_cannot_be_done_with_a_vim(patch, words):
    with pytest.raises(CollectionError, match=words):
        vim.completed(PRESENT, patch)


def test_credentials_of_a_vim_are_neither_compared_nor_shown():
    same = {"vim1": {"vimType": "T", "accessInfo": {"username": "u", "password": "new", "bearer_token": "t"}}}
    assert vim.changed(PRESENT, same) == []
    other = {"vim1": {"accessInfo": {"username": "w", "password": "new"}, "extra": {"a": None}}}
    assert vim.changed(PRESENT, other) == ["vim1"]
    assert "new" not in str(vim.diff(PRESENT, other))
    assert vim.diff(PRESENT, other)[1]["vim1"] == {
        "vimId": "i", "vimType": "T", "accessInfo": {"username": "w", "project": "p"}, "extra": {}
    }  # fmt: skip
