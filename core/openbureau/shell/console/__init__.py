"""The administrators' console (系统管理): one module per screen.

A page names the power it needs; `kernel/access/administration.py` says which administrator
holds it and where.
"""

from openbureau.base.declarations import MenuEntry, Page
from openbureau.shell.console import (
    access,
    administrators,
    appearance,
    audit,
    files,
    grants,
    group_roles,
    handovers,
    health,
    jobs,
    people,
    personal,
    plugins,
    roles,
    search_index,
    sessions,
    settings,
    sources,
    sync,
    sync_undo,
    tokens,
    unit_adoption,
    units,
    workdays,
)

_SCREENS = (
    units,
    people,
    sync,
    sync_undo,
    sources,
    handovers,
    plugins,
    jobs,
    files,
    search_index,
    settings,
    appearance,
    workdays,
    health,
    roles,
    grants,
    group_roles,
    personal,
    access,
    tokens,
    sessions,
    administrators,
    audit,
)

PAGES: tuple[Page, ...] = (
    *unit_adoption.PAGES,
    *(page for screen in _SCREENS for page in screen.PAGES),
)
MENU: tuple[MenuEntry, ...] = tuple(entry for screen in _SCREENS for entry in screen.MENU)
