"""The list of keys behind `?`."""

from typing import Any

from openbureau.base.declarations import Page
from openbureau.base.i18n import N_
from openbureau.base.pages import page
from openbureau.base.request import Request

KEYS = (
    ("Alt+S", N_("搜索公告、人员、单位")),
    ("Ctrl+S", N_("暂存正在填写的表单")),
    ("Ctrl+Enter", N_("提交正在填写的表单")),
    ("Esc", N_("关闭打开的菜单或对话框")),
    ("Tab", N_("到下一项；顺序与纸面一致")),
    ("Shift+Tab", N_("回到上一项")),
    ("↓ ↑ j k", N_("列表中到下一行、上一行；Home、End 到首行、末行")),
    ("Enter", N_("打开所在的行")),
    ("Space", N_("勾选所在的行")),
    ("?", N_("显示本表")),
)


def show_keys(request: Request) -> Any:
    """Which keys do what; `?` shows it as a dialog."""
    keys = [(key, request.catalogue.gettext(label)) for key, label in KEYS]
    return page("core/keys.html", keys=keys)


PAGES = (Page("keys", show_keys, "public"),)
