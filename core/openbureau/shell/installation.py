"""Opening an installation: data directory, database, schema, plugins, roles.

Every command does this first, so an empty data directory becomes a working one.
"""

import datetime as dt
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from openbureau.base.database import db, open_database, writing
from openbureau.base.errors import OperatorError
from openbureau.base.migrations import CORE, MigrationError
from openbureau.base.plugins import Plugins, Source
from openbureau.base.settings import Settings
from openbureau.kernel.access.actions import install_role_templates
from openbureau.kernel.files.storage import open_store
from openbureau.kernel.jobs.bell import hang_bell
from openbureau.shell.loading import load_for
from openbureau.shell.schema import bring_up_to_date, migration_owners, usable_plugins

log = logging.getLogger("openbureau.plugins")


@dataclass(frozen=True, slots=True)
class Installation:
    """An opened installation."""

    settings: Settings
    plugins: Plugins


def connect(settings: Settings) -> None:
    """Opens the installation's database for this process."""
    _make_folder(settings.data)
    if db.obj is not None and not db.is_closed():
        db.close()
    db.initialize(open_database(settings.database_url))


def open_installation(settings: Settings, sources: Iterable[Source] | None = None) -> Installation:
    """Opens the database, migrates it (after a backup), and follows the plugins' roles."""
    connect(settings)
    given = None if sources is None else list(sources)
    _migrated(settings, load_for(settings, given))
    plugins = usable_plugins(settings, given)
    open_store(settings.data / "files")
    hang_bell(settings)
    with writing():
        install_role_templates(
            (plugin.slug, role)
            for plugin in plugins.loaded
            for role in plugin.declared.permissions.roles
        )
    return Installation(settings, plugins)


def _migrated(settings: Settings, plugins: Plugins) -> None:
    """Brings every schema up to date; a plugin's refusal parks that plugin only."""
    try:
        bring_up_to_date(settings, migration_owners(plugins), dt.datetime.now(dt.UTC))
    except MigrationError as refused:
        if refused.owner == CORE:
            raise
        log.error("%s", refused)


def _make_folder(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as fault:
        raise OperatorError(
            "DATA-001",
            f"数据目录 {data} 无法建立：{fault.strerror}。系统未启动。请检查路径和权限。",
            f"Cannot make the data directory {data}: {fault.strerror}. Nothing was started. "
            "Check the path and its permissions.",
        ) from fault
