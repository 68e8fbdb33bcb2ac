"""The menu: HTML made once per enablement, permissions and language."""

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from openbureau.base.context import Context
from openbureau.base.declarations import MenuEntry
from openbureau.base.i18n import N_
from openbureau.base.plugins import Plugins
from openbureau.kernel.access.contexts import may_open

MENUS_KEPT = 500

# GB 2312 level 1: the code of the first character of each initial letter.
LETTERS = "abcdefghjklmnopqrstwxyz"
FIRST_CODES = (
    *(0xB0A1, 0xB0C5, 0xB2C1, 0xB4EE, 0xB6EA, 0xB7A2, 0xB8C1, 0xB9FE, 0xBBF7, 0xBFA6, 0xC0AC),
    *(0xC2E8, 0xC4C3, 0xC5B6, 0xC5BE, 0xC6DA, 0xC8BB, 0xC8F6, 0xCBFA, 0xCDDA, 0xCEF4, 0xD1B9),
    0xD4D1,
)
LAST_CODE = 0xD7F9

GROUPS = (
    *(N_("综合办公"), N_("业务监管"), N_("服务")),
    *(N_("系统管理"), N_("权限与安全"), N_("审计")),
)


@dataclass(frozen=True, slots=True)
class MenuLine:
    """One line, its label in the person's language; `initials` are the label's pinyin."""

    label: str
    initials: str
    url: str
    icon: str
    count: str


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """A heading and its lines, in the person's language."""

    label: str
    lines: Sequence[MenuLine]


def menu_groups(
    ctx: Context, plugins: Plugins, core_entries: Sequence[MenuEntry]
) -> list[MenuGroup]:
    """What this person's menu shows: the core's lines, then those of readable plugins."""
    entries = [
        entry for entry in core_entries if not entry.permission or may_open(ctx, entry.permission)
    ]
    for record in plugins.loaded:
        if record.slug in ctx.plugins:
            entries += [entry for entry in record.declared.menu if ctx.may(entry.permission)]
    entries.sort(key=lambda entry: entry.order)
    labels = dict.fromkeys(["", *GROUPS, *(entry.group for entry in entries)])
    say = ctx.gettext
    return [
        MenuGroup(say(label), [_line(entry, say) for entry in entries if entry.group == label])
        for label in labels
        if any(entry.group == label for entry in entries)
    ]


def _line(entry: MenuEntry, say: Callable[[str], str]) -> MenuLine:
    return MenuLine(say(entry.label), _initials(entry.label), entry.url, entry.icon, entry.count)


def _initials(label: str) -> str:
    """`通知公告` gives `tzgg`. GB 2312 lists its 3,755 common characters by pinyin, so the place
    in the list tells the letter; the library that knows all takes 57 MB of every process."""
    letters = []
    for character in label:
        code = int.from_bytes(character.encode("gb2312", "ignore"))
        if code < 0x80:
            letters.append(character.lower() if character.isalnum() else "")
        elif FIRST_CODES[0] <= code <= LAST_CODE:
            letters.append(LETTERS[bisect_right(FIRST_CODES, code) - 1])
    return "".join(letters)


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


def with_pins(menu: str, pins: Sequence[str], heading: str) -> str:
    """A cached menu with a person's pinned lines (常用) repeated at its top.

    A pinned line the person may no longer see is not in the menu, and so is not shown.
    """
    lines = [line for url in pins if (line := _line_of(menu, url))]
    if not lines:
        return menu
    label = f'<h2 class="menu-label">{escape(heading)}</h2>'
    return f'<div class="menu-group menu-pins">{label}<ul>{"".join(lines)}</ul></div>{menu}'


def _line_of(menu: str, url: str) -> str:
    start = menu.find(f'<li><a class="menu-link" href="{escape(url)}"')
    end = menu.find("</li>", start)
    return menu[start : end + len("</li>")] if start >= 0 else ""


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
