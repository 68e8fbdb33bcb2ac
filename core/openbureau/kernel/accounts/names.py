"""Which names people may have: what is shown is what is stored."""

import unicodedata

from openbureau.base.errors import Invalid
from openbureau.base.i18n import N_

# Control characters, marks that turn the direction of reading or have no width, halves of
# characters, line breaks. Characters without a meaning yet are let in: rare names need them.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
HIDDEN = N_("含有不能使用的字符（控制字符、改变文字方向或看不见的字符）")


def is_shown(text: str) -> bool:
    """Whether every character of a text can be seen, in the order it is stored."""
    return not any(unicodedata.category(char) in _HIDDEN for char in text)


def checked_name(name: str) -> str:
    """A person's name without outer blanks. Raises Invalid: it is empty, too long or hides
    something."""
    plain = " ".join(name.split()) if is_shown(name) else ""
    if not name.strip():
        raise Invalid(N_("姓名不能为空。"))
    if not plain:
        raise Invalid(N_("姓名含有不能使用的字符（控制字符、改变文字方向或看不见的字符）。"))
    if len(plain) > 100:
        raise Invalid(N_("姓名最多 100 个字。"))
    return plain
