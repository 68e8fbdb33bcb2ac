"""Pinyin of unit and person names, for searching by sound and by initials."""

import importlib
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

_ONE_CHARACTER_SURNAMES = {
    "曾": "zeng",
    "单": "shan",
    "解": "xie",
    "仇": "qiu",
    "区": "ou",
    "查": "zha",
    "盖": "ge",
    "任": "ren",
    "华": "hua",
    "朴": "piao",
    "翟": "zhai",
    "覃": "qin",
    "缪": "miao",
    "员": "yun",
    "繁": "po",
    "冼": "xian",
    "洗": "xian",
    "种": "chong",
    "薄": "bo",
    "秘": "bi",
    "折": "she",
    "祭": "zhai",
    "能": "nai",
    "乐": "yue",
    "黑": "he",
    "郇": "xun",
    "句": "gou",
    "都": "du",
    "藏": "zang",
    "降": "jiang",
    "召": "zhao",
    "宁": "ning",
    "葛": "ge",
    "燕": "yan",
    "盛": "sheng",
    "应": "ying",
    "令": "ling",
    "相": "xiang",
    "长": "chang",
    "行": "xing",
    "朝": "chao",
    "重": "chong",
    "少": "shao",
    "隗": "wei",
    "乜": "nie",
    "宓": "mi",
    "石": "shi",
    "车": "che",
    "贾": "jia",
    "沈": "shen",
    "褚": "chu",
    "卜": "bu",
    "谷": "gu",
    "柏": "bai",
    "费": "fei",
    "牟": "mou",
    "过": "guo",
    "纪": "ji",
    "曲": "qu",
}

_TWO_CHARACTER_SURNAMES = {
    "尉迟": ("yu", "chi"),
    "万俟": ("mo", "qi"),
    "长孙": ("zhang", "sun"),
    "单于": ("chan", "yu"),
    "澹台": ("tan", "tai"),
    "令狐": ("ling", "hu"),
    "呼延": ("hu", "yan"),
    "宇文": ("yu", "wen"),
    "鲜于": ("xian", "yu"),
    "皇甫": ("huang", "fu"),
    "夏侯": ("xia", "hou"),
    "欧阳": ("ou", "yang"),
    "上官": ("shang", "guan"),
    "诸葛": ("zhu", "ge"),
    "司马": ("si", "ma"),
    "慕容": ("mu", "rong"),
}


@lru_cache(maxsize=8192)
def pinyin_of(name: str) -> tuple[str, str]:
    """Full pinyin without spaces or tones, and initials; both lower case.

    Latin letters and digits stay as they are, everything else is left out:
    `昆明市局` gives `("kunmingshiju", "kmsj")`.
    """
    return _joined(_syllables(name))


def person_pinyin(name: str) -> tuple[str, str]:
    """Like `pinyin_of`, with the reading a character has as a surname: 曾 is zeng, not ceng."""
    name = name.strip()
    if len(name) > 2 and name[:2] in _TWO_CHARACTER_SURNAMES:
        return _joined([*_TWO_CHARACTER_SURNAMES[name[:2]], *_syllables(name[2:])])
    if name[:1] in _ONE_CHARACTER_SURNAMES:
        return _joined([_ONE_CHARACTER_SURNAMES[name[0]], *_syllables(name[1:])])
    return pinyin_of(name)


def _joined(syllables: Iterable[str]) -> tuple[str, str]:
    parts = list(syllables)
    return "".join(parts), "".join(part if part.isdigit() else part[0] for part in parts)


def _syllables(text: str) -> list[str]:
    if not text:
        return []
    found = (
        "".join(c for c in part.lower() if c.isascii() and c.isalnum())
        for part in _library().lazy_pinyin(text)
    )
    return [part for part in found if part]


@cache
def _library() -> Any:
    # 55 MiB of phrases: loaded in the processes that write names, not in every web worker.
    return importlib.import_module("pypinyin")
