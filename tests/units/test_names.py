"""Pinyin of units and people."""

import pytest

from openbureau.kernel.units.names import person_pinyin, pinyin_of


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("曾志华", "zengzhihua", "zzh"),
        ("单文芳", "shanwenfang", "swf"),
        ("仇海云", "qiuhaiyun", "qhy"),
        ("尉迟松", "yuchisong", "ycs"),
        ("李志华", "lizhihua", "lzh"),
        ("扎西 · Tenzin", "zhaxitenzin", "zxt"),
        ("曾", "zeng", "z"),
    ],
)
def test_surnames_have_their_own_reading(name: str, pinyin: str, initials: str) -> None:
    assert person_pinyin(name) == (pinyin, initials)


def test_unit_names_are_read_as_words() -> None:
    assert pinyin_of("大理州局") == ("dalizhouju", "dlzj")
    assert pinyin_of("第2检验所") == ("di2jianyansuo", "d2jys")
    assert pinyin_of("") == ("", "")
