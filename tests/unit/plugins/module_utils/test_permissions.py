# Copyright: (c) 2026, coe.power_platform contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Permission words and access masks."""

from __future__ import annotations

import pytest
from ansible_collections.coe.power_platform.plugins.module_utils._dataverse.rows import Request, Row
from ansible_collections.coe.power_platform.plugins.module_utils._errors import AnswerError, ConfigurationError
from ansible_collections.coe.power_platform.plugins.module_utils._sharing import share_reader
from ansible_collections.coe.power_platform.plugins.module_utils._sharing.permissions import (
    RIGHTS,
    Permission,
    Permissions,
    from_api,
    mask_of,
    rights_of,
    to_api,
    word_of,
)

CO_OWNER = 851991


@pytest.mark.parametrize(
    ("mask", "text"),
    [
        (0, "None"),
        (1, "ReadAccess"),
        (3, "ReadAccess,WriteAccess"),
        (23, "ReadAccess,WriteAccess,AppendAccess,AppendToAccess"),
        (
            852023,
            "ReadAccess,WriteAccess,AppendAccess,AppendToAccess,CreateAccess,DeleteAccess,ShareAccess,AssignAccess",
        ),
    ],
)
def test_masks_are_written_without_blanks_and_read_with_them(mask: int, text: str) -> None:
    assert to_api(mask) == text
    assert from_api(text) == mask
    assert from_api(text.replace(",", ", ")) == mask


def test_rights_and_masks_convert_both_ways() -> None:
    assert mask_of(["read", "write", "append", "append_to", "delete", "share", "assign"]) == CO_OWNER
    assert rights_of(CO_OWNER) == ["read", "write", "append", "append_to", "delete", "share", "assign"]
    assert rights_of(1 | 8) == ["read"]


@pytest.mark.parametrize(
    ("mask", "word"),
    [
        (0, None),
        (1, "user"),
        (1 | 262144, "user"),
        (3, "co_owner"),
        (2, "co_owner"),
        (CO_OWNER, "co_owner"),
        (4, "custom"),
    ],
)
def test_a_mask_means_co_owner_with_write_and_user_with_read_only(mask: int, word: str | None) -> None:
    assert word_of(mask) == word


@pytest.mark.parametrize(
    ("word", "exact", "mask", "met"),
    [
        ("user", False, 0, False),
        ("user", False, 1, True),
        ("user", False, 1 | 262144, True),
        ("user", False, 3, False),
        ("user", False, CO_OWNER, False),
        ("user", True, 1 | 262144, False),
        ("co_owner", False, 3, False),
        ("co_owner", False, CO_OWNER, True),
        ("co_owner", False, 852023, True),
        ("co_owner", True, 852023, True),
        ("co_owner", True, CO_OWNER - 524288, False),
        ("user", True, 852023, False),
    ],
)
def test_a_share_is_right_when_it_means_the_word_and_has_its_rights(
    word: str, exact: bool, mask: int, met: bool
) -> None:
    assert Permissions(exact=exact).get(word).met_by(mask) is met


@pytest.mark.parametrize(
    ("access", "mask", "met"),
    [
        (["read", "write"], 852023, False),
        (["read", "write"], 3, True),
        (list(RIGHTS), 852023, True),
        (list(RIGHTS), CO_OWNER, False),
    ],
)
def test_rights_that_are_named_are_meant_exactly(access: list[str], mask: int, met: bool) -> None:
    assert Permissions(exact=True).get("co_owner", access).met_by(mask) is met


def test_rights_of_a_principal_replace_the_usual_ones() -> None:
    assert Permissions().get("user", ["read", "append"]) == Permission("user", 5)
    assert Permissions(exact=True).get("custom", ["append", "append_to"]) == Permission("custom", 20, exact=True)
    assert Permissions().get("custom", ["append"]).met_by(20)
    assert not Permissions().get("custom", ["append"]).met_by(21)


@pytest.mark.parametrize(
    ("user", "co_owner", "option"),
    [
        (["read", "write"], ["read", "write"], "user_access"),
        (["append"], ["read", "write"], "user_access"),
        (["read"], ["read", "delete"], "co_owner_access"),
        (["read"], ["write"], "co_owner_access"),
    ],
)
def test_masks_that_do_not_tell_the_words_apart_are_refused(user: list[str], co_owner: list[str], option: str) -> None:
    with pytest.raises(ConfigurationError, match=option):
        Permissions(user, co_owner)


@pytest.mark.parametrize("rights", ["FlyAccess", "FlyAccess, SwimAccess", "readaccess", "ReadAccess;WriteAccess"])
def test_a_share_of_unknown_rights_is_not_taken_for_none(rights: str) -> None:
    principal = {"@odata.type": "#Microsoft.Dynamics.CRM.team", "ownerid": "00000000-0000-0000-0000-000000000001"}
    row = Row({"AccessMask": rights, "Principal": principal}, Request("GET shares"))
    with pytest.raises(AnswerError, match="whose member AccessMask is a text and not a list of known rights"):
        share_reader._share_of_flow("flow", row)
