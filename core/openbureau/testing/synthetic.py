"""Plugins out of thin air: any number, each with permissions, menu, pages and a desk tile.

They exist in memory only, so that a test or a measurement can say what twenty of them cost.
"""

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from openbureau.base.context import Context
from openbureau.base.declarations import (
    DeskTile,
    MenuEntry,
    Page,
    Permission,
    Permissions,
    RoleTemplate,
)
from openbureau.base.hookspecs import hookimpl
from openbureau.base.pages import page
from openbureau.base.plugins import Manifest, Source
from openbureau.base.request import Request

GROUPS = ("综合办公", "业务监管", "服务")


def synthetic_plugins(total: int, pages: int = 20, entries: int = 1) -> list[Source]:
    """Sources of plugins `synth01` … for `create_app(settings, sources)`.

    Each has that many `pages` and menu `entries`, one permission that all staff hold, and
    a tile.
    """
    return [_source(number, pages, entries) for number in range(1, total + 1)]


def plugin_of(slug: str, **hooks: Callable[..., Any]) -> Source:
    """A plugin in memory that implements just these hooks."""
    name = f"openbureau_{slug}"
    module: Any = ModuleType(name, "A plugin that exists in memory only.")
    for hook, implementation in hooks.items():
        _add(module, hook, implementation)
    return Source(slug, name, module, _manifest(slug, {"zh": slug, "en": slug}))


def _manifest(slug: str, label: dict[str, str]) -> Manifest:
    return Manifest(
        slug=slug,
        name=label,
        version="1",
        api=">=1,<2",
        vendor="openbureau.testing",
        phase=1,
    )


def _source(number: int, pages: int, entries: int) -> Source:
    slug = f"synth{number:02d}"
    name = f"openbureau_{slug}"
    manifest = _manifest(slug, {"zh": f"测试模块{number}", "en": f"Synthetic {number}"})
    return Source(slug, name, _module(name, slug, number, pages, entries), manifest)


def _module(name: str, slug: str, number: int, pages: int, entries: int) -> ModuleType:
    module: Any = ModuleType(name, "A plugin that exists in memory only.")
    permission = f"{slug}.list_entry"
    _add(module, "permissions", lambda: _permissions(slug, number, permission))
    _add(module, "pages", lambda: _pages(permission, pages))
    _add(module, "menu", lambda: _menu(slug, number, permission, entries))

    def desk_tiles(ctx: Context) -> Sequence[DeskTile]:
        lines = [
            {
                "kind": "unit",
                "url": f"/{slug}/page{n}",
                "label": f"条目 {n}",
                "secondary": ctx.language,
            }
            for n in range(3)
        ]
        context = {"q": slug, "results": lines}
        return [DeskTile(f"测试模块{number}", "core/_units_results.html", context, f"/{slug}/")]

    _add(module, "desk_tiles", desk_tiles)
    return module


def _add(module: Any, hook: str, implementation: Callable[..., Any]) -> None:
    setattr(module, hook, hookimpl(implementation))


def _permissions(slug: str, number: int, permission: str) -> Permissions:
    return Permissions(
        permissions=(Permission(permission, f"查看测试模块{number}"),),
        roles=(
            RoleTemplate(f"{slug}.reader", f"测试模块{number}读者", (permission,), is_default=True),
        ),
    )


def _pages(permission: str, total: int) -> tuple[Page, ...]:
    """Half of them plain addresses, half with a number in them."""
    return tuple(
        Page(
            ("" if n == 0 else f"page{n}") if n % 2 == 0 else f"page{n}/{{id:int}}",
            _show,
            permission,
        )
        for n in range(total)
    )


def _menu(slug: str, number: int, permission: str, total: int) -> tuple[MenuEntry, ...]:
    group = GROUPS[number % len(GROUPS)]
    return tuple(
        MenuEntry(f"测试模块{number}入口{n}", f"/{slug}/page{n}", permission, group, order=number)
        for n in range(total)
    )


def _show(request: Request) -> Any:
    return page(
        "core/confirm.html",
        heading=request.path,
        lines=[f"{name} = {value}" for name, value in request.params.items()],
        action=request.path,
        hidden=[],
        submit_label="确定",
        cancel_url="/",
        form=None,
    )
