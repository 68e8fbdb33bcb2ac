"""在线会话: who is signed in (安全管理员)."""

from openbureau.base.declarations import MenuEntry, Page

PAGES: tuple[Page, ...] = ()
MENU: tuple[MenuEntry, ...] = ()
