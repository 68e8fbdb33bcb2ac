"""The schema of an installation: the core's and each loaded plugin's migrations."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from openbureau.base.database import db, open_database
from openbureau.base.migrations import CORE, Applied, Owner, migrate, status
from openbureau.base.plugins import Plugins, Source
from openbureau.base.settings import Settings
from openbureau.shell.loading import load_for, package_folders


def migration_owners(plugins: Plugins) -> list[Owner]:
    """Every loaded distribution with a `migrations` folder, the core first."""
    owners = []
    for name, folder in package_folders(plugins):
        if (folder / "migrations").is_dir():
            owners.append(Owner(name, folder / "migrations", _requirements(plugins, name)))
    return owners


def _requirements(plugins: Plugins, slug: str) -> tuple[str, ...]:
    record = plugins.records.get(slug)
    if slug == CORE or record is None or record.manifest is None:
        return ()
    return tuple(re.split(r"[^a-z0-9]", need, maxsplit=1)[0] for need in record.manifest.requires)


def opened_owners(settings: Settings) -> list[Owner]:
    """Opens the database as it is, without migrating it; whose migrations it may hold."""
    if db.obj is None:
        db.initialize(open_database(settings.database_url))
    return migration_owners(load_for(settings))


def bring_up_to_date(
    settings: Settings, owners: Sequence[Owner], now: datetime, *, is_backed_up: bool = False
) -> list[Applied]:
    """Makes the data directory if absent and applies what is waiting; see `migrate`."""
    settings.data.mkdir(parents=True, exist_ok=True)
    return migrate(
        owners, settings.data, now, database_url=settings.database_url, is_backed_up=is_backed_up
    )


def usable_plugins(settings: Settings, sources: Iterable[Source] | None = None) -> Plugins:
    """The plugins of an open database; one whose schema does not fit is parked with the reason,
    so that the core always starts."""
    given = None if sources is None else list(sources)
    plugins = load_for(settings, given)
    parked = {
        state.owner: str(state.problem or "数据库结构未更新 / its schema is not up to date")
        for state in status(migration_owners(plugins))
        if state.owner != CORE and not state.is_current
    }
    return load_for(settings, given, parked) if parked else plugins
