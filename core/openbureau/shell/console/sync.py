"""目录同步: sources, previews, confirmation, undo (系统管理员)."""

from openbureau.base.declarations import MenuEntry, Page

PAGES: tuple[Page, ...] = ()
MENU: tuple[MenuEntry, ...] = ()
