"""目录来源: where people come from, with a live sample (系统管理员)."""

from openbureau.base.declarations import MenuEntry, Page

PAGES: tuple[Page, ...] = ()
MENU: tuple[MenuEntry, ...] = ()
