"""Giving a unit to a directory source, with what is below it and the people the source knows:
the way back after another source has taken it. Names, posts, roles and history stay."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from openbureau.base.errors import Conflict
from openbureau.base.i18n import N_
from openbureau.kernel.accounts.actions import end_sessions_of
from openbureau.kernel.accounts.acts import By
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.accounts.origins import DIRECTORY
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.directory.images import grouped
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.snapshot import PersonEntry, Snapshot, UnitEntry
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.search.core_records import index_people
from openbureau.kernel.units.models import Unit

REALM = "core/unit"


class UnitNotAdoptable(Conflict):
    """The unit cannot go to that source."""

    code = "UNIT-006"
    unaffected = N_("单位和人员没有任何改动。")


@dataclass(frozen=True, slots=True)
class UnitAdoption:
    """What goes to a source: units and accounts with their entries there; `former` are closed
    units that stood for one of the entries and give its identity up."""

    source: DirectorySource
    units: Sequence[tuple[Unit, UnitEntry]]
    people: Sequence[tuple[Account, PersonEntry]]
    former: Sequence[Unit]

    @property
    def digest(self) -> str:
        """A fingerprint, so that what was shown is what is written."""
        lines = [("unit", unit.id, entry.external_id) for unit, entry in self.units]
        lines += [("account", account.id, entry.external_id) for account, entry in self.people]
        lines += [("former", unit.id, "") for unit in self.former]
        return hashlib.sha256(msgspec.json.encode([self.source.id, *lines])).hexdigest()


def plan_adoption(unit: Unit, source: DirectorySource, snapshot: Snapshot) -> UnitAdoption:
    """What would go to the source. Raises UnitNotAdoptable: the source is retired, does not
    know the unit, or has everything already, or its entry stands for another open unit."""
    if not source.is_active:
        raise UnitNotAdoptable(N_("目录来源 %(name)s 已停用。请选择在用的来源。"), name=source.name)
    if not unit.is_active:
        raise UnitNotAdoptable(N_("这个单位已撤销，不能改由目录管理。"))
    top = _entry_of(unit, snapshot.units)
    entries = _below(top, snapshot.units)
    units, former = _units(unit, top, entries, source)
    people = _people(snapshot.people, {entry.external_id for entry in entries}, source)
    if not units and not people:
        raise UnitNotAdoptable(N_("这个单位和其中的人员本来就由这个目录管理。"))
    return UnitAdoption(source, units, people, former)


def _entry_of(unit: Unit, entries: Iterable[UnitEntry]) -> UnitEntry:
    """The entry that is the unit: by identity, else by code, else by name where it is the only
    one."""
    usable = [entry for entry in entries if not entry.fault]
    for found in (
        [entry for entry in usable if entry.external_id == unit.external_id],
        [entry for entry in usable if entry.code and entry.code == unit.code],
        [entry for entry in usable if entry.name in (unit.name, unit.short_name)],
    ):
        if len(found) == 1:
            return found[0]
    raise UnitNotAdoptable(
        N_("目录中没有找到代码为 %(code)s 的单位，或不止一个。请先在目录中改正。"), code=unit.code
    )


def _below(top: UnitEntry, entries: Iterable[UnitEntry]) -> list[UnitEntry]:
    """The entry and all below it."""
    rest = [entry for entry in entries if entry is not top]
    found, known = [top], {top.external_id}
    is_growing = True
    while is_growing:
        more = [entry for entry in rest if entry.parent in known and entry.external_id not in known]
        known |= {entry.external_id for entry in more}
        found += more
        is_growing = bool(more)
    return found


def _units(
    unit: Unit, top: UnitEntry, entries: Iterable[UnitEntry], source: DirectorySource
) -> tuple[list[tuple[Unit, UnitEntry]], list[Unit]]:
    rows = list(Unit.select().order_by(Unit.id))
    by_identity = {row.external_id: row for row in rows if row.external_id}
    by_code = {row.code: row for row in rows if row.is_active}
    given, former = [], []
    for entry in entries:
        known = by_identity.get(entry.external_id)
        row = unit if entry is top else by_code.get(entry.code, known)
        if known is not None and row is not None and known.id != row.id:
            if known.is_active:
                raise UnitNotAdoptable(
                    N_("目录中的 %(entry)s 已对应在用单位 %(code)s %(name)s。请核对。"),
                    entry=entry.name,
                    code=known.code,
                    name=known.name,
                )
            former.append(known)
        is_own = row is None or (
            row.directory_id == source.id and row.external_id == entry.external_id
        )
        if row is not None and not is_own and (entry is top or row.external_id):
            given.append((row, entry))
    return given, former


def _people(
    entries: Iterable[PersonEntry], units: set[str], source: DirectorySource
) -> list[tuple[Account, PersonEntry]]:
    """The accounts of people in these units that another source has; administrators stay where
    they are."""
    wanted: Mapping[str, PersonEntry] = {
        entry.external_id: entry for entry in entries if entry.unit in units and not entry.fault
    }
    rows = Account.select().where(
        (Account.source == DIRECTORY)
        & Account.external_id.is_null(False)
        & Account.administrator.is_null()
        & (Account.directory.is_null() | (Account.directory != source.id))
    )
    found = ((row, wanted.get(row.external_id or "")) for row in rows.order_by(Account.id))
    return [(row, entry) for row, entry in found if entry is not None]


def adopt_units(adoption: UnitAdoption, by: By) -> None:
    """Gives the units and people to the source, and ends the sessions of the people, whose
    passwords are kept there from now on. The next synchronisation of the source goes on."""
    source = adoption.source
    for unit in adoption.former:
        Unit.update(external_id=None).where(Unit.id == unit.id).execute()
    before = {unit.code: unit.directory_id for unit, _ in adoption.units}
    for unit, _ in adoption.units:
        Unit.update(external_id=None).where(Unit.id == unit.id).execute()
    for unit, entry in adoption.units:
        Unit.update(external_id=entry.external_id, directory=source).where(
            Unit.id == unit.id
        ).execute()
    for account, person in adoption.people:
        Account.update(directory=source, directory_dn=person.dn).where(
            Account.id == account.id
        ).execute()
        end_sessions_of(account.id, by.now, "ended")
    people = [account.id for account, _ in adoption.people]
    for group in grouped(people):
        index_people(group)
    _note(adoption, before, by)
    bump_epoch("units")
    bump_epoch("access")


def _note(adoption: UnitAdoption, before: Mapping[str, int | None], by: By) -> None:
    record_audit(
        action="core.adopt_unit",
        at=by.now,
        account_id=by.account_id,
        post_id=by.post_id,
        unit_id=by.unit_id,
        realm=REALM,
        record_id=adoption.units[0][0].id if adoption.units else None,
        detail={
            "source": adoption.source.code,
            "before": dict(before),
            "units": [unit.code for unit, _ in adoption.units],
            "people": [account.login for account, _ in adoption.people][:300],
            "people_total": len(adoption.people),
        },
        request_id=by.request_id,
        address=by.address,
    )
