"""The shape of an entry of `/-/patterns`, and the phrases entries share."""

from dataclasses import dataclass

from openbureau.base.i18n import N_


@dataclass(frozen=True, slots=True)
class Pattern:
    """One component; every text is a message id. `name` is that of its file of examples."""

    name: str
    group: str
    title: str
    purpose: str
    avoid: str
    keys: str
    printed: str


NO_KEYS = N_("没有自己的按键。")
AS_IT_IS = N_("照原样打印。")
NOT_PRINTED = N_("不打印。")
TAB = N_("Tab 逐个到达，Enter 打开。")
FILLED = N_("打印已填写的内容。")
