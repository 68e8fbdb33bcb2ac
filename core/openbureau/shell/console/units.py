"""单位: the tree, its history and order (系统管理员, 受托的管单位子树)."""

from openbureau.base.declarations import MenuEntry, Page

PAGES: tuple[Page, ...] = ()
MENU: tuple[MenuEntry, ...] = ()
