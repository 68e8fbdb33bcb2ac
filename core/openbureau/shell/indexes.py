"""The kinds of records in the search index, and how each is built anew."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from openbureau.base.declarations import RecordKind
from openbureau.base.i18n import N_
from openbureau.base.plugins import PluginRecord, Plugins
from openbureau.kernel.jobs.dispatch import Handler
from openbureau.kernel.search.building import KIND, Reader, building_handler
from openbureau.kernel.search.core_records import ACCOUNT, UNIT


@dataclass(frozen=True, slots=True)
class Indexed:
    """A kind of record in the index. `owner(language)` names its plugin, "" for the core."""

    realm: str
    label: str
    owner: Callable[[str], str]
    read: Reader | None = None

    @property
    def can_be_built(self) -> bool:
        """Whether its plugin can give every record again."""
        return self.read is not None or self.realm in (UNIT, ACCOUNT)


def indexed(plugins: Plugins) -> list[Indexed]:
    """People, units and every kind of record of loaded plugins."""
    found = [Indexed(ACCOUNT, N_("人员"), _core), Indexed(UNIT, N_("单位"), _core)]
    for record in plugins.loaded:
        found += [_of_plugin(record, kind) for kind in record.declared.records]
    return found


def index_handlers(plugins: Plugins) -> dict[str, Handler]:
    """The handler of building jobs."""
    readers = {kind.realm: kind.read for kind in indexed(plugins) if kind.read is not None}
    return {KIND: building_handler(readers)}


def _of_plugin(record: PluginRecord, kind: RecordKind) -> Indexed:
    return Indexed(kind.realm, kind.label, partial(_named, record), kind.findable)


def _named(record: PluginRecord, language: str) -> str:
    return record.label(language)


def _core(language: str) -> str:
    return ""
