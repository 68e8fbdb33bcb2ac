"""人员: accounts and posts (系统管理员)."""

from openbureau.base.declarations import MenuEntry, Page

PAGES: tuple[Page, ...] = ()
MENU: tuple[MenuEntry, ...] = ()
