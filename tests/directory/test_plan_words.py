"""What a plan says in words: nothing runs into anything else."""

import pytest

from openbureau.kernel.directory.plan import Change, PostChange
from openbureau.kernel.directory.reasons import REASONS, reason_words
from openbureau.kernel.directory.sync import line


def test_a_further_post_stands_alone() -> None:
    change = Change(
        action="create",
        external_id="1",
        row_id=None,
        name="钱一",
        key="q1",
        place="曲靖市局",
        posts=(PostChange(row_id=None, unit="unit:1", title="科长"),),
    )
    assert line(change) == "新增 new: q1 钱一 → 曲靖市局（兼任 further post: 科长）"


def test_a_conflict_is_a_sentence_of_its_own() -> None:
    change = Change(
        action="conflict", external_id="1", row_id=None, name="钱一", key="fine",
        reason="login-in-use:fine",
    )  # fmt: skip
    assert line(change) == (
        "冲突 conflict: fine 钱一 —— 登录名属于另一个仍在目录中的人：fine / "
        "the login name belongs to somebody else who is still in the directory: fine"
    )


@pytest.mark.parametrize("reason", sorted(REASONS.keys() - {"excluded"}))
def test_every_subject_is_set_off(reason: str) -> None:
    zh, en = reason_words(f"{reason}:fine")
    assert zh.endswith("：fine")
    assert en.endswith(": fine")
    assert "：：" not in zh
