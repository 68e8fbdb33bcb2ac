"""Passwords that are tried first: known words, keyboard runs, years, with a little around them.

What is predictable is taken away; a password of which too little remains is refused. Sources:
OWASP ASVS 5.0, 6.2.4; NIST SP 800-63B, 5.1.1.2.
"""

import re

FEWEST_LEFT = 4
SHORTEST_RUN = 4
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujm",
    "!@#$%^&*()",
)
_WORDS = re.findall(
    r"\w+",
    "password passwd passw0rd secret welcome login letmein master dragon monkey shadow sunshine "
    "princess football baseball superman iloveyou trustno default changeme test guest user admin "
    "administrator manager system server office public company root oracle mysql windows "
    "computer internet network huawei lenovo alibaba tencent taobao wechat weixin baidu qq "
    "woaini woaiwo wodemima mima nihao zhongguo china beijing shanghai guangdong yunnan kunming "
    "bangong danwei zhengfu zhengwu gongwen kouling guanli guanliyuan chushi xitong zhijian "
    "spring summer autumn winter january monday hello world love money lucky happy boss king "
    "openbureau pass abc aaa asd qwe zxc qaz",
)
_LEET = str.maketrans("@4310$5!7", "aaeiossit")
_YEARS = re.compile(r"(?:19|20)\d\d(?:0\d|1[0-2])?(?:[0-2]\d|3[01])?")
_REPEATED = re.compile(r"(.{1,3}?)\1{2,}")


def _runs() -> list[str]:
    found = set()
    for row in _ROWS:
        for line in (row, row[::-1]):
            for start in range(len(line)):
                for end in range(start + SHORTEST_RUN, len(line) + 1):
                    found.add(line[start:end])
    return sorted(found, key=len, reverse=True)


def _alternatives(texts: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(text) for text in texts))


_RUN = _alternatives(_runs())
_WORD = _alternatives(sorted((word for word in _WORDS if len(word) > 2), key=len, reverse=True))


def is_common(password: str) -> bool:
    """Whether little but a known word, a run of keys, a year or a repetition is in it."""
    folded = password.casefold()
    return any(_left(form) < FEWEST_LEFT for form in (folded, folded.translate(_LEET)))


def _left(text: str) -> int:
    """How many different characters nobody would guess."""
    for pattern in (_RUN, _WORD, _YEARS, _REPEATED):
        text = pattern.sub("", text)
    return len({char for char in text if char.isalnum()})
