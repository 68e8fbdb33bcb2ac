"""`/-/patterns`: every component live, with its macro call and its markup, in every mode.

The reference a vendor works from; it needs no account. An example is a section of
`core/patterns/<name>.html` that starts with `{# example: … #}` and is complete in itself.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

from jinja2 import Template

from openbureau.base.declarations import Page
from openbureau.base.errors import NotFound
from openbureau.base.escaping import PlainEnvironment
from openbureau.base.pages import page
from openbureau.base.request import Request
from openbureau.kernel.frame import SCHEMES, SIZES
from openbureau.shell.pattern_entry import Pattern
from openbureau.shell.pattern_list import PATTERNS
from openbureau.shell.pattern_samples import samples

_MARK = re.compile(r"^\{# example: (.+?) #\}\n", re.M)


@dataclass(frozen=True, slots=True)
class Example:
    """One live example: its title, the source a vendor writes, and the compiled template."""

    title: str
    source: str
    template: Template


@lru_cache(maxsize=1024)
def examples(environment: PlainEnvironment, name: str) -> tuple[Example, ...]:
    """The examples of a component, in the order of its file."""
    assert environment.loader is not None  # noqa: S101 - built with one
    source, _, _ = environment.loader.get_source(environment, f"core/patterns/{name}.html")
    _, *parts = _MARK.split(source)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return tuple(
        Example(title, text.strip(), environment.from_string(text)) for title, text in pairs
    )


def list_patterns(request: Request) -> Any:
    """All components, by group."""
    return page("core/patterns.html", groups=_groups(), **_mode(request))


def show_pattern(request: Request) -> Any:
    """One component: what it is for, when not to use it, keys, paper, examples."""
    names = [pattern.name for pattern in PATTERNS]
    if request.params["name"] not in names:
        raise NotFound
    place = names.index(request.params["name"])
    mode = _mode(request)
    return page(
        "core/pattern.html",
        fragment="job" if "percent" in request.query else "",
        pattern=PATTERNS[place],
        before=PATTERNS[place - 1] if place else None,
        after=PATTERNS[place + 1] if place + 1 < len(PATTERNS) else None,
        groups=_groups(),
        examples=examples(request.environment, names[place]),
        sample=samples(request),
        percent=request.number("percent", 0, 0, 100),
        **mode,
    )


def _groups() -> list[tuple[str, list[Pattern]]]:
    return [(group, list(found)) for group, found in groupby(PATTERNS, lambda p: p.group)]


def _mode(request: Request) -> dict[str, Any]:
    """The look asked for in the address, for this page only; nothing is remembered."""
    query = request.query
    given: dict[str, str] = {}
    if query.get("scheme") in SCHEMES:
        given["scheme"] = query["scheme"]
    if query.get("size") in SIZES:
        given["size"] = query["size"]
    if query.get("theme") in request.app.themes:
        given["theme"] = request.theme = query["theme"]
    shown = {"scheme": request.cookies.get("scheme"), "size": request.cookies.get("size"), **given}
    mode = {
        "scheme": shown["scheme"] if shown["scheme"] in SCHEMES else SCHEMES[0],
        "size": shown["size"] if shown["size"] in SIZES else SIZES[0],
        "theme": request.theme,
    }
    language = request.catalogue.language
    return {
        "mode": mode,
        "kept": "&".join(f"{name}={value}" for name, value in given.items()),
        "themes": [(slug, theme.label(language)) for slug, theme in request.app.themes.items()],
    }


PAGES = (
    Page("patterns", list_patterns, "public"),
    Page("patterns/{name}", show_pattern, "public"),
)
