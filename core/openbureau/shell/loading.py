"""Which plugins an installation loads, and where packages lie."""

import importlib.metadata
from collections.abc import Iterable, Mapping
from pathlib import Path

import openbureau
from openbureau.base.plugins import Plugins, Source, installed_plugins, load_plugins
from openbureau.base.settings import Settings
from openbureau.shell.registers.building import with_registers

PACKAGE = Path(openbureau.__file__).parent


def release() -> str:
    """The version of the core distribution."""
    return importlib.metadata.version("openbureau")


def load_for(
    settings: Settings,
    sources: Iterable[Source] | None = None,
    parked: Mapping[str, str] | None = None,
) -> Plugins:
    """The plugins of an installation; none in safe mode. `parked` names those that must not be
    loaded, each with the reason."""
    if settings.safe_mode:
        return load_plugins(())
    found = installed_plugins() if sources is None else sources
    return with_registers(load_plugins(found, parked))


def package_folders(plugins: Plugins) -> list[tuple[str, Path]]:
    """(owner, package folder): the core's first, then each loaded plugin's."""
    folders = [("core", PACKAGE)]
    folders += [(p.slug, p.folder) for p in plugins.loaded if p.folder is not None]
    return folders
