"""Assembling one application: settings, plugins, templates, routes, gate."""

import datetime as dt
import logging
from collections.abc import Iterable, Mapping

from starlette.applications import Starlette
from starlette.types import ASGIApp

from openbureau.base.assets import load_assets
from openbureau.base.database import db, open_database, reading
from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.endpoint import Dispatch
from openbureau.base.i18n import N_, load_catalogues
from openbureau.base.keys import installation_key
from openbureau.base.pages import build_environments
from openbureau.base.plugins import Plugins, Source
from openbureau.base.request import Application
from openbureau.base.routing import CORE, Routes
from openbureau.base.settings import Settings, load_settings
from openbureau.base.themes import Theme, installed_themes
from openbureau.kernel.audit.writable import require_writable_trail
from openbureau.kernel.files.storage import open_store
from openbureau.kernel.frame import FrameBuilder
from openbureau.kernel.gate import StaffGate
from openbureau.kernel.jobs.bell import hang_bell
from openbureau.kernel.tokens.gate import ApiGate
from openbureau.kernel.units.models import Node
from openbureau.shell import (
    api,
    arrangement,
    attachments,
    calendars,
    console,
    contacts,
    delegations,
    desk,
    directory,
    drafts,
    health,
    keys,
    password,
    patterns,
    pickers,
    search,
    second_factor,
    sessions,
    sign_in,
    todos,
    uploads,
    why,
)
from openbureau.shell.loading import PACKAGE, package_folders, release
from openbureau.shell.schema import usable_plugins

CORE_PAGES: tuple[Page, ...] = (
    *desk.PAGES,
    *todos.PAGES,
    *directory.PAGES,
    *contacts.PAGES,
    *search.PAGES,
    *attachments.PAGES,
    *uploads.PAGES,
    *calendars.PAGES,
    *pickers.PAGES,
    *sign_in.PAGES,
    *delegations.PAGES,
    *why.PAGES,
    *password.PAGES,
    *second_factor.PAGES,
    *sessions.PAGES,
    *drafts.PAGES,
    *keys.PAGES,
    *arrangement.PAGES,
    *console.PAGES,
    *patterns.PAGES,
    *health.PAGES,
    *api.PAGES,
)
CORE_MENU = (
    MenuEntry(N_("工作台"), "/", "", icon="home", order=0),
    MenuEntry(N_("待办事项"), "/-/todos", "", icon="clipboard-list", order=1, count="do"),
    MenuEntry(N_("待阅"), "/-/todos?tab=read", "", icon="eye", order=2, count="read"),
    MenuEntry(N_("组织机构"), "/-/units", "", N_("服务"), "sitemap", 900),
    *contacts.MENU,
    *console.MENU,
)


def zone_routes(plugins: Plugins, zone: str) -> Routes:
    """Every page a process of this zone serves: a public one does not even contain the rest."""
    declared = [(CORE, CORE_PAGES), *((p.slug, p.declared.pages) for p in plugins.loaded)]
    if zone == "public":
        return Routes([(slug, [p for p in pages if p.zone == zone]) for slug, pages in declared])
    return Routes(declared)


def assemble(settings: Settings, plugins: Plugins, themes: Mapping[str, Theme]) -> Application:
    """An application on an open, migrated database."""
    folders = package_folders(plugins)
    catalogues = load_catalogues(folder for _, folder in folders)
    assets = load_assets(
        [
            *((owner, folder / "static" / owner) for owner, folder in folders),
            ("vendor", PACKAGE / "static" / "vendor"),
        ],
        themes.values(),
    )
    templates = {owner: folder / "templates" / owner for owner, folder in folders}
    templates["kit"] = PACKAGE / "templates" / "kit"
    with reading():
        node = Node.get_or_none(Node.is_self == True)  # noqa: E712 - SQL
    name = settings.bureau_name or (node.name if node else "OpenBureau")
    return Application(
        settings=settings,
        plugins=plugins,
        routes=zone_routes(plugins, settings.zone),
        assets=assets,
        catalogues=catalogues,
        environments=build_environments(templates, catalogues, assets, themes),
        themes=themes,
        key=installation_key(settings.data, "forms"),
        gate=StaffGate(FrameBuilder(CORE_MENU, name), _now),
        token_gate=ApiGate(_now),
        release=release(),
        is_demo=bool(node and node.is_demo),
        files=settings.data / "files",
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Bureau(Starlette):
    """The ASGI application without Starlette's layers for faults: every answer, also to a
    fault, is made in one place, and two layers cost a tenth of an unchanged page."""

    def build_middleware_stack(self) -> ASGIApp:
        return self.router


def create_app(
    settings: Settings,
    sources: Iterable[Source] | None = None,
    themes: Mapping[str, Theme] | None = None,
) -> Starlette:
    """The ASGI application of an installation whose database is migrated. Plugins and themes
    are the installed ones unless given."""
    if db.obj is None:
        db.initialize(open_database(settings.database_url))
    require_writable_trail(dt.datetime.now(dt.UTC))
    open_store(settings.data / "files")
    hang_bell(settings)
    found = installed_themes() if themes is None else themes
    application = assemble(settings, usable_plugins(settings, sources), found)
    app = Bureau(routes=[Dispatch(application)])
    app.state.openbureau = application
    return app


def create_app_from_environment(sources: Iterable[Source] | None = None) -> Starlette:
    """The ASGI application for a web process: settings from environment and file."""
    settings = load_settings().settings
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    return create_app(settings, sources)
