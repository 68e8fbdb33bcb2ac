"""The frame: what every full page shows around its content."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from markupsafe import Markup

from openbureau.base.answers import NOTICE_COOKIE
from openbureau.base.context import ActingPost, Context
from openbureau.base.database import to_instant
from openbureau.base.declarations import MenuEntry
from openbureau.base.request import Request
from openbureau.kernel.menus.queries import MenuCache, menu_groups, personal_menu
from openbureau.kernel.todos.queries import open_counts
from openbureau.kernel.units.queries import unit_tree

SCHEMES = ("auto", "light", "dark", "contrast")
SIZES = ("normal", "large")


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
    """One post of the identity switch."""

    id: int
    label: str
    is_acting: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything around a page's content; `person` is None before signing in."""

    bureau_name: str
    logo_text: str
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
    counts: dict[str, int]
    notices: int
    menu: Markup


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
        return Frame(
            bureau_name=self._bureau_name,
            logo_text=request.catalogue.gettext("网络办公平台"),
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
            counts=counts,
            notices=counts.get("notice", 0),
            menu=self._menu(request, ctx, counts) if ctx else Markup(),
        )

    def counts(self, request: Request) -> dict[str, int]:
        """The numbers beside the menu; one statement per request."""
        if request.counts is None:
            ctx = request.ctx
            request.counts = (
                open_counts(ctx.account.id, ctx.plugins, to_instant(ctx.now)) if ctx else {}
            )
        return request.counts

    def _menu(self, request: Request, ctx: Context, counts: dict[str, int]) -> Markup:
        key = (ctx.plugins, frozenset(ctx.reach), ctx.account.administrator, ctx.language)

        def make() -> str:
            template = request.app.environments[ctx.language].get_template("core/_menu.html")
            return template.render(groups=menu_groups(ctx, request.app.plugins, self._core_menu))

        html = personal_menu(self._menus.html(key, make), counts, request.full_path)
        return Markup(html)  # noqa: S704 - rendered by our own template


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
    if len(ctx.posts) < 2:
        return []
    return [FramePost(post.id, post_label(ctx, post), post == ctx.post) for post in ctx.posts]


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
