"""What each person arranges: open tabs, pinned menu lines, the desk."""

import json
from typing import Any

from starlette.datastructures import FormData

from openbureau.base.csrf import FORM_PAGE_FIELD
from openbureau.base.declarations import Page
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.menus.queries import MenuGroup
from openbureau.kernel.preferences.actions import keep_preference
from openbureau.kernel.preferences.queries import pinned_urls
from openbureau.kernel.preferences.tabs import beside, tabs_from, tabs_text, without_page

PINS_KEPT = 12


def delete_tab(request: Request) -> Any:
    """Closes a tab; closing the page one looks at leads to its neighbour."""
    form = request.form if request.form is not None else FormData()
    closed = str(form.get("path", ""))
    here = str(form.get(FORM_PAGE_FIELD, "/"))
    tabs = tabs_from(request.session.tabs)
    left = without_page(tabs, closed)
    if left != tabs:
        keep_preference(request.person.account.id, tabs=tabs_text(left))
    return redirect(beside(tabs, closed) if here.partition("?")[0] == closed else here)


def edit_menu(request: Request) -> Any:
    """The lines of the person's menu, each with its pin."""
    pins = pinned_urls(request.session.pins)
    groups = [
        {
            "label": group.label,
            "lines": [{"line": line, "is_pinned": line.url in pins} for line in group.lines],
        }
        for group in _groups(request)
    ]
    return page("core/menu.html", groups=groups, limit=PINS_KEPT)


def update_menu(request: Request) -> Any:
    """Pins the chosen lines; those that stay keep their order, new ones follow."""
    form = request.form if request.form is not None else FormData()
    offered = [line.url for group in _groups(request) for line in group.lines]
    chosen = [url for url in offered if url in form.getlist("pins")]
    before = [url for url in pinned_urls(request.session.pins) if url in chosen]
    pins = [*before, *(url for url in chosen if url not in before)]
    keep_preference(request.person.account.id, pins=json.dumps(pins[:PINS_KEPT]))
    return redirect("/-/menu", "常用菜单已保存。")


def _groups(request: Request) -> list[MenuGroup]:
    groups: list[MenuGroup] = request.app.gate.menu(request)
    return groups


PAGES = (
    Page("tabs/close", delete_tab, "signed-in", methods=("POST",)),
    Page("menu", edit_menu, "signed-in"),
    Page("menu", update_menu, "signed-in", methods=("POST",)),
)
