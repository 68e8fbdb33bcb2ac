"""后台任务: what runs, what failed, running it again (系统管理员)."""

from openbureau.base.declarations import MenuEntry, Page

PAGES: tuple[Page, ...] = ()
MENU: tuple[MenuEntry, ...] = ()
