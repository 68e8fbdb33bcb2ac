"""Pages: one template per page, a fragment is a block of that page.

A view returns `page(...)`; the template is rendered after its transaction has ended.
First part of a template's name is its owner: `core/desk.html`, `bulletins/list.html`.
"""

import datetime as dt
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup

from openbureau.base.assets import Assets
from openbureau.base.context import CHINA
from openbureau.base.database import from_instant
from openbureau.base.escaping import PlainEnvironment
from openbureau.base.i18n import Catalogue
from openbureau.base.themes import PLAIN, Theme

_CHINA_S = 8 * 3600
_CONTROLS = bytes([*range(9), 11, 12, *range(14, 32), 127])
_LATE_CONTROLS = re.compile(rb"\xc2[\x80-\x9f]")
# Characters from the top of a page in which its title must end.
TITLE_WITHIN = 4096


@dataclass(frozen=True, slots=True)
class PageResult:
    """What a view hands back: which template, with what, as which status."""

    template: str
    context: Mapping[str, Any]
    status: int = 200
    fragment: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """The answer to a successful POST: 303 to a full page, with a line to show there."""

    location: str
    notice: str = ""
    cookies: Sequence[tuple[str, str, int]] = field(default=())


@dataclass(frozen=True, slots=True)
class Download:
    """A stored file, streamed outside the view; `disposition` names it for saving. One that
    `is_shown` may stand on our own pages: pictures and PDF, nothing that acts."""

    path: Path
    disposition: str
    media_type: str
    is_shown: bool = False


def page(template: str, *, status: int = 200, fragment: str = "", **context: Any) -> PageResult:
    """A page from a template. `fragment` names the block sent alone when htmx asks for a part."""
    return PageResult(template, context, status, fragment)


def redirect(location: str, notice: str = "") -> Redirect:
    """303 to `location`; `notice` is shown once on the next page. Only local addresses."""
    return Redirect(location if is_local(location) else "/", notice)


def is_local(location: str) -> bool:
    """Whether an address stays on this site: one slash, no back-slash, no control character."""
    return (
        location.startswith("/")
        and not location.startswith(("//", "/\\"))
        and not any(ord(char) < 32 or char in "\\\x7f" for char in location)
    )


def build_environments(
    folders: Mapping[str, Path],
    catalogues: Mapping[str, Catalogue],
    assets: Assets,
    themes: Mapping[str, Theme],
) -> dict[tuple[str, str], PlainEnvironment]:
    """Template environments by (theme, language); `folders` maps an owner to its templates.

    The empty theme is the core's own look. An override of a theme reaches what it
    overrides as `shipped:core/base.html`.
    """
    shipped = PrefixLoader({owner: FileSystemLoader(folder) for owner, folder in folders.items()})
    loaders: dict[str, BaseLoader] = {PLAIN: shipped}
    for slug, theme in themes.items():
        own = FileSystemLoader(theme.folder / "templates")
        above = PrefixLoader({"shipped": shipped}, delimiter=":")
        loaders[slug] = ChoiceLoader([own, above, shipped])
    return {
        (slug, language): _environment(loader, catalogue, assets, slug)
        for slug, loader in loaders.items()
        for language, catalogue in catalogues.items()
    }


def _environment(
    loader: BaseLoader, catalogue: Catalogue, assets: Assets, theme: str
) -> PlainEnvironment:
    environment = PlainEnvironment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(  # type: ignore[attr-defined]
        catalogue.translations, newstyle=True
    )
    environment.constants = {
        "asset": assets.url,
        "sheet": partial(assets.sheet, theme),
        "count_marker": count_marker,
        "_": partial(worded, catalogue),
    }
    environment.globals.update(
        {name: value for name, value in environment.constants.items() if name != "_"}
    )
    environment.filters.update(
        moment=moment,
        dated_moment=dated_moment,
        day=day,
        filesize=filesize,
        thousands=thousands,
        urlpart=urlpart,
        sentences=(Markup(" ") if catalogue.language == "en" else Markup()).join,
    )
    return environment


def worded(catalogue: Catalogue, message: str) -> Markup:
    """A sentence without parameters in a catalogue's language; sentences are our own markup."""
    return Markup(catalogue.translations.gettext(message)) % {}  # noqa: S704


def count_marker(name: str) -> Markup:
    """The place in a cached menu where a person's number is put."""
    return Markup(f"\x00{name}\x00")  # noqa: S704 - a constant mark, replaced by a number


def render(environment: PlainEnvironment, result: PageResult, *, is_part: bool, **more: Any) -> str:
    """The HTML of a page, or of its fragment block when only a part was asked for."""
    template = environment.get_template(result.template)
    if is_part and result.fragment:
        context = template.new_context({**more, **result.context})
        return "".join(template.blocks[result.fragment](context))
    return template.render(**more, **result.context)


def html_bytes(html: str) -> bytes:
    """A page as it is sent. Control characters in its data are left out, because HTML has no
    way to write them; looking for them in bytes takes a fifth of the time."""
    content = html.encode("utf-8", "replace").translate(None, _CONTROLS)
    return _LATE_CONTROLS.sub(b"", content)


def page_title(html: str) -> str:
    """What a rendered page calls itself: its title before the last ` · `, the site's name."""
    start = html.find("<title>", 0, TITLE_WITHIN) + len("<title>")
    end = html.find("</title>", start, TITLE_WITHIN)
    if start < len("<title>") or end < 0:
        return ""
    return unescape(html[start:end].rpartition(" · ")[0]).strip()


def moment(value: dt.datetime | int | None) -> str:
    """`11-20 16:40` in China's time; the year stands before it unless it is this one."""
    if value is None:
        return "—"
    seconds = value // 1000 if isinstance(value, int) else int(value.timestamp())
    return _minute(seconds // 60, time.gmtime(time.time() + _CHINA_S).tm_year)


def dated_moment(value: dt.datetime | int | None) -> str:
    """`2004-11-20 16:40` in China's time: for paper that is signed and kept."""
    if value is None:
        return "—"
    at = from_instant(value) if isinstance(value, int) else value
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


@lru_cache(maxsize=4096)
def _minute(minute: int, this_year: int) -> str:
    # Lists show fifty of these, mostly the same to everybody.
    local = time.gmtime(minute * 60 + _CHINA_S)
    year = "" if local.tm_year == this_year else f"{local.tm_year}-"
    return f"{year}{local.tm_mon:02}-{local.tm_mday:02} {local.tm_hour:02}:{local.tm_min:02}"


def day(value: dt.datetime | dt.date | int | None) -> str:
    """`11-20`, with the year unless it is this one."""
    if value is None:
        return "—"
    if isinstance(value, int):
        value = from_instant(value)
    local = value.astimezone(CHINA).date() if isinstance(value, dt.datetime) else value
    this_year = dt.datetime.now(CHINA).year
    return local.strftime("%m-%d" if local.year == this_year else "%Y-%m-%d")


def filesize(size_bytes: int) -> str:
    """`820 B`, `64 KB`, `1.2 MB`, `2.0 GB`."""
    if size_bytes < 1024:
        return f"{size_bytes} B"
    if size_bytes < 1024 * 1024:
        return f"{size_bytes / 1024:.0f} KB"
    if size_bytes < 1024**3:
        return f"{size_bytes / 1024**2:.1f} MB"
    return f"{size_bytes / 1024**3:.1f} GB"


def thousands(number: int) -> str:
    """`1,034,221`."""
    return f"{number:,}"


def urlpart(value: Any) -> str:
    """The value quoted for use inside an address."""
    return quote(str(value), safe="")
