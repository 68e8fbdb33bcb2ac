"""The menu: HTML made once per enablement, permissions and language."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from openbureau.base.context import Context
from openbureau.base.declarations import MenuEntry
from openbureau.base.i18n import N_
from openbureau.base.plugins import Plugins

MENUS_KEPT = 500

GROUPS = (N_("综合办公"), N_("业务监管"), N_("服务"), N_("系统管理"))


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """A heading and its lines, labels already in the person's language."""

    label: str
    items: Sequence[MenuEntry]


def menu_groups(
    ctx: Context, plugins: Plugins, core_entries: Sequence[MenuEntry]
) -> list[MenuGroup]:
    """What this person's menu shows: the core's lines, then those of readable plugins."""
    entries = [entry for entry in core_entries if not entry.permission or _may(ctx, entry)]
    for record in plugins.loaded:
        if record.slug in ctx.plugins:
            entries += [entry for entry in record.declared.menu if _may(ctx, entry)]
    entries.sort(key=lambda entry: entry.order)
    labels = dict.fromkeys(["", *GROUPS, *(entry.group for entry in entries)])
    say = ctx.gettext
    return [
        MenuGroup(say(label), [_worded(entry, say) for entry in entries if entry.group == label])
        for label in labels
        if any(entry.group == label for entry in entries)
    ]


def _may(ctx: Context, entry: MenuEntry) -> bool:
    if entry.permission.startswith("administrator:"):
        return ctx.account.administrator == entry.permission.partition(":")[2]
    return ctx.may(entry.permission)


def _worded(entry: MenuEntry, say: Callable[[str], str]) -> MenuEntry:
    return MenuEntry(
        say(entry.label),
        entry.url,
        entry.permission,
        entry.group,
        entry.icon,
        entry.order,
        entry.count,
    )


class MenuCache:
    """Rendered menus, kept per everything that can change them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], str] = OrderedDict()
        self._lock = threading.Lock()

    def html(self, key: tuple[object, ...], make: Callable[[], str]) -> str:
        """The menu for a key, made when it is not there."""
        found = self._kept.get(key)
        if found is None:
            found = make()
            with self._lock:
                self._kept[key] = found
                while len(self._kept) > MENUS_KEPT:
                    self._kept.popitem(last=False)
        return found


def personal_menu(menu: str, counts: Mapping[str, int], address: str) -> str:
    """A cached menu with a person's numbers and the line of the current address marked."""
    parts = menu.split("\x00")
    for place in range(1, len(parts), 2):
        number = counts.get(parts[place], 0)
        parts[place] = str(number) if number else ""
    html = "".join(parts)
    current = _current_link(html, address)
    return html.replace(current, f'{current} aria-current="page"', 1) if current else html


def _current_link(html: str, address: str) -> str:
    """The longest menu address that the current one is or lies under."""
    path = address.partition("?")[0]
    for candidate in (address, *([path] if path == "/" else _prefixes(path))):
        link = f'href="{escape(candidate)}"'
        if link in html:
            return link
    return ""


def _prefixes(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    found = []
    for size in range(len(parts), 0, -1):
        stem = "/" + "/".join(parts[:size])
        found += [stem, stem + "/"]
    return found
