"""Who keeps a unit: the directory that brought or adopted it, or this system."""

from peewee import JOIN

from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.units.models import Unit

DIRECTORY = "ldap"


def is_kept_by_directory(unit: Unit) -> bool:
    """Whether name, code and place of a unit are the directory's to change: one in use says
    them, also of a unit of the list that it adopted; the next synchronisation would take
    another change back."""
    source = unit.directory
    return bool(unit.external_id) and (source is None or source.is_active)


def is_made_by_directory(unit: Unit) -> bool:
    """Whether the directory says as well whether the unit exists: it brought it here."""
    return unit.source == DIRECTORY and is_kept_by_directory(unit)


def adopted_units() -> list[Unit]:
    """The units some directory brought or adopted, with their sources."""
    return list(
        Unit.select(Unit, DirectorySource)
        .join(DirectorySource, JOIN.LEFT_OUTER)
        .where(Unit.external_id.is_null(False))
    )
