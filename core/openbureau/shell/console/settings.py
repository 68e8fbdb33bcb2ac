"""系统设置 and 安全策略: values that hold until changed (系统管理员, 安全管理员)."""

from openbureau.base.declarations import MenuEntry, Page

PAGES: tuple[Page, ...] = ()
MENU: tuple[MenuEntry, ...] = ()
