"""Which value of a setting holds where."""

import datetime as dt
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from peewee import Query

from openbureau.base.context import Context
from openbureau.base.database import from_instant, statement
from openbureau.base.declarations import Setting
from openbureau.base.plugins import Plugins
from openbureau.kernel.enablement.models import Epoch
from openbureau.kernel.settings.declared import CORE_SETTINGS
from openbureau.kernel.settings.models import SettingValue
from openbureau.kernel.units.queries import unit_tree


@dataclass(frozen=True, slots=True)
class Chosen:
    """A value and who chose it: `unit_id` None is the whole installation."""

    value: Any
    unit_id: int | None
    account_id: int | None
    chosen_at: dt.datetime


@statement
def _all_values() -> Query:
    return SettingValue.select(
        SettingValue.key,
        SettingValue.unit.alias("unit_id"),
        SettingValue.value,
        SettingValue.account.alias("account_id"),
        SettingValue.chosen_at,
    ).order_by(SettingValue.id)


@statement
def _epochs() -> Query:
    return Epoch.select(Epoch.access, Epoch.units)


_lock = threading.Lock()
_kept: tuple[int, Mapping[tuple[str, int | None], Chosen]] | None = None


def chosen_values(access_epoch: int) -> Mapping[tuple[str, int | None], Chosen]:
    """Every chosen value by key and unit; one statement when the version is new."""
    global _kept  # noqa: PLW0603 - one picture per process, swapped whole
    kept = _kept
    if kept is not None and kept[0] == access_epoch:
        return kept[1]
    with _lock:
        values = {
            (row.key, row.unit_id): Chosen(
                msgspec.json.decode(row.value),
                row.unit_id,
                row.account_id,
                from_instant(row.chosen_at),
            )
            for row in _all_values().rows()
        }
        _kept = (access_epoch, values)
    return values


def chosen(
    setting: Setting, unit_id: int | None, access_epoch: int, units_epoch: int
) -> Chosen | None:
    """What was chosen for a unit or the nearest one above it; None: the default holds."""
    values = chosen_values(access_epoch)
    if setting.is_local and unit_id is not None:
        tree = unit_tree(units_epoch)
        for place in (unit_id, *(above.id for above in tree.ancestors(unit_id))):
            found = values.get((setting.key, place))
            if found is not None:
                return found
    return values.get((setting.key, None))


def settings_of(plugins: Plugins) -> dict[str, Setting]:
    """Every declared setting by key: the core's, then the loaded plugins'."""
    found = dict(CORE_SETTINGS)
    for record in plugins.loaded:
        found.update({setting.key: setting for setting in record.declared.settings})
    return found


def value_of(setting: Setting, unit_id: int | None, access_epoch: int, units_epoch: int) -> Any:
    """The value that holds in a unit: chosen there, above it, for all, or the default."""
    found = chosen(setting, unit_id, access_epoch, units_epoch)
    return setting.default if found is None else found.value


def setting_in(plugins: Plugins, access_epoch: int, ctx: Context, key: str) -> Any:
    """What `ctx.setting(key)` answers. Raises KeyError: nobody declares it."""
    setting = settings_of(plugins)[key]
    unit_id = ctx.post.unit_id if ctx.post else None
    return value_of(setting, unit_id, access_epoch, ctx.tree_version)


def current_epochs() -> tuple[int, int]:
    """The versions of access and units now; one statement."""
    row = _epochs().row()
    return row.access, row.units


def core_setting(key: str, unit_id: int | None = None) -> Any:
    """The value of one of the core's settings that holds now; one statement."""
    return value_of(CORE_SETTINGS[key], unit_id, *current_epochs())
