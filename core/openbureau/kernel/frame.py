"""The frame: what every full page shows around its content."""

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from markupsafe import Markup

from openbureau.base.answers import NOTICE_COOKIE
from openbureau.base.context import CHINA, ActingPost, Context, Identity
from openbureau.base.declarations import MenuEntry
from openbureau.base.i18n import N_
from openbureau.base.request import Request
from openbureau.kernel.appearance.queries import NOTHING
from openbureau.kernel.menus.queries import (
    MenuCache,
    MenuGroup,
    menu_groups,
    personal_menu,
    with_pins,
)
from openbureau.kernel.preferences.queries import pinned_urls
from openbureau.kernel.preferences.tabs import left_at, tabs_from, with_page
from openbureau.kernel.todos.queries import open_counts
from openbureau.kernel.units.queries import unit_tree

SCHEMES = ("auto", "light", "dark", "contrast")
SIZES = ("normal", "large")
MENU_STATES = ("open", "folded")
MODE_COOKIES = ("language", "scheme", "size", "menu")


@dataclass(frozen=True, slots=True)
class FramePerson:
    """Who is signed in, as the header shows it."""

    uid: str
    name: str
    title: str
    unit_name: str
    access_unit_name: str
    administrator: str | None


@dataclass(frozen=True, slots=True)
class FramePost:
    """One post of the identity switch; a lent one is labelled `代 张三（办公室·主任）`."""

    id: int
    label: str
    is_acting: bool


@dataclass(frozen=True, slots=True)
class FrameAbsent:
    """For whom the person stands in, under which post, until which day, and the post that
    leads back to themselves."""

    name: str
    post: str
    until: str
    own_post_id: int | None


@dataclass(frozen=True, slots=True)
class FrameTab:
    """One open page (页签). The current one takes its title from the page itself."""

    url: str
    path: str
    title: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything around a page's content; `person` is None before signing in."""

    bureau_name: str
    logo_text: str
    logo_url: str
    language: str
    scheme: str
    size: str
    is_demo: bool
    is_insecure: bool
    notice: str | None
    release: str
    path: str
    person: FramePerson | None
    posts: Sequence[FramePost]
    absent: FrameAbsent | None
    counts: dict[str, int]
    notices: int
    menu: Markup
    menu_state: str
    tabs: Sequence[FrameTab]
    made_at: dt.datetime


class FrameBuilder:
    """Builds frames; keeps rendered menus."""

    def __init__(self, core_menu: Sequence[MenuEntry], bureau_name: str) -> None:
        self._core_menu = core_menu
        self._bureau_name = bureau_name
        self._menus = MenuCache()

    def build(self, request: Request) -> Frame:
        """The frame of this request's page."""
        ctx = request.ctx
        notice = request.cookies.get(NOTICE_COOKIE)
        if notice:
            request.cookie(NOTICE_COOKIE, "", 0)
        counts = self.counts(request)
        look = request.look or NOTHING
        return Frame(
            bureau_name=self._bureau_name,
            logo_text=look.name or request.catalogue.gettext("网络办公平台"),
            logo_url=f"/-/logo/{look.logo}" if look.logo else "",
            language=request.catalogue.language,
            scheme=_one_of(SCHEMES, request.cookies.get("scheme")),
            size=_one_of(SIZES, request.cookies.get("size")),
            is_demo=request.app.is_demo,
            is_insecure=not request.is_secure and not _is_loopback(request.address),
            notice=request.catalogue.gettext(unquote(notice)) if notice else None,
            release=request.app.release,
            path=request.full_path,
            person=_person(ctx) if ctx else None,
            posts=_posts(ctx) if ctx else (),
            absent=_absent(ctx) if ctx else None,
            counts=counts,
            notices=counts.get("notice", 0),
            menu=self._menu(request, ctx, counts) if ctx else Markup(),
            menu_state=_one_of(MENU_STATES, request.cookies.get("menu")),
            tabs=_tabs(request) if ctx else (),
            made_at=dt.datetime.now(CHINA),
        )

    def counts(self, request: Request) -> dict[str, int]:
        """The numbers beside the menu; one statement per request."""
        if request.counts is None:
            request.counts = open_counts(request.ctx) if request.ctx else {}
        return request.counts

    def places(self, request: Request) -> list[tuple[str, str]]:
        """Addresses and titles in the tab strip; the current page's own title is its content."""
        return [(tab.url, "" if tab.is_current else tab.title) for tab in _tabs(request)]

    def groups(self, request: Request) -> list[MenuGroup]:
        """The lines of the person's menu, grouped."""
        return menu_groups(request.person, request.app.plugins, self._core_menu)

    def _menu(self, request: Request, ctx: Context, counts: dict[str, int]) -> Markup:
        is_folded = _one_of(MENU_STATES, request.cookies.get("menu")) == "folded"
        key = (
            request.theme,
            is_folded,
            ctx.plugins,
            frozenset(ctx.reach),
            ctx.account.administrator,
            ctx.language,
        )

        def make() -> str:
            template = request.environment.get_template("core/_menu.html")
            return template.render(groups=self.groups(request), is_folded=is_folded)

        heading = ctx.gettext(N_("常用"))
        menu = with_pins(self._menus.html(key, make), pinned_urls(request.session.pins), heading)
        html = personal_menu(menu, counts, request.full_path)
        return Markup(html)  # noqa: S704 - rendered by our own template


def _tabs(request: Request) -> list[FrameTab]:
    """The tab strip as it stands with this page open."""
    here = request.form_page.partition("?")[0]
    tabs = left_at(tabs_from(request.session.tabs), request.headers.get("referer", ""))
    if request.is_safe and not request.is_refused:
        tabs = with_page(tabs, request.full_path, "")
    return [
        FrameTab(
            request.full_path if tab.path == here and request.is_safe else tab.url,
            tab.path,
            tab.title,
            is_current=tab.path == here,
        )
        for tab in tabs
    ]


def _person(ctx: Context) -> FramePerson:
    tree = unit_tree(ctx.tree_version)
    unit = tree.by_id[ctx.post.unit_id] if ctx.post else None
    access = tree.by_id[ctx.post.access_unit_id] if ctx.post else None
    return FramePerson(
        ctx.account.uid,
        ctx.account.name,
        ctx.post.title if ctx.post else "",
        unit.short_name if unit else "",
        access.name if access else "",
        ctx.account.administrator,
    )


def _posts(ctx: Context) -> list[FramePost]:
    if len(ctx.identities) < 2:
        return []
    return [
        FramePost(each.post.id, _identity_label(ctx, each), each.post == ctx.post)
        for each in ctx.identities
    ]


def _identity_label(ctx: Context, identity: Identity) -> str:
    label = post_label(ctx, identity.post)
    if identity.on_behalf_of is None:
        return label
    return ctx.gettext(N_("代 %(name)s（%(post)s）"), name=identity.on_behalf_of.name, post=label)


def _absent(ctx: Context) -> FrameAbsent | None:
    if ctx.on_behalf_of is None or ctx.post is None:
        return None
    until = next((each.until for each in ctx.identities if each.post == ctx.post), None)
    own = next((each.post.id for each in ctx.identities if each.on_behalf_of is None), None)
    return FrameAbsent(ctx.on_behalf_of.name, post_label(ctx, ctx.post), str(until or ""), own)


def post_label(ctx: Context, post: ActingPost) -> str:
    """`省局办公室·副主任`."""
    tree = unit_tree(ctx.tree_version)
    unit, access = tree.by_id[post.unit_id], tree.by_id[post.access_unit_id]
    place = unit.short_name if unit is access else f"{access.short_name}{unit.short_name}"
    return f"{place}·{post.title}" if post.title else place


def _one_of(values: Sequence[str], value: str | None) -> str:
    return value if value is not None and value in values else values[0]


@lru_cache(maxsize=1024)
def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return True
