"""Pages and kinds of records that come with every register a plugin declares."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from openbureau.base.declarations import Declared, Page, RecordKind, Slot
from openbureau.base.plugins import PluginRecord, Plugins
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.finding import findable_after
from openbureau.kit.registers.records import is_seen, record, unit_of
from openbureau.shell.registers import (
    bulk,
    columns,
    details,
    edits,
    exports,
    imports,
    labels,
    lists,
    printing,
    queries,
    runs,
)

# Each gives the pages of one register.
PARTS: Sequence[Callable[[Register], Sequence[Page]]] = (
    lists.pages_of,
    queries.pages_of,
    printing.pages_of,
    columns.pages_of,
    edits.pages_of,
    imports.pages_of,
    exports.pages_of,
    bulk.pages_of,
    labels.pages_of,
    runs.pages_of,
    details.pages_of,
)


def with_registers(plugins: Plugins) -> Plugins:
    """The plugins with the pages and kinds of records that their registers bring."""
    records = {slug: _widened(found) for slug, found in plugins.records.items()}
    return Plugins(records, plugins.executor)


def _widened(found: PluginRecord) -> PluginRecord:
    registers: Sequence[Register] = found.declared.registers
    if not registers or not found.is_loaded:
        return found
    return replace(found, declared=_declared(found.declared, registers))


def _declared(declared: Declared, registers: Sequence[Register]) -> Declared:
    taken = {(page.path, method) for page in declared.pages for method in page.methods}
    known = {kind.realm for kind in declared.records}
    pages = [
        page
        for register in registers
        for part in PARTS
        for page in part(register)
        if not any((page.path, method) in taken for method in page.methods)
    ]
    kinds = [_kind(register) for register in registers if register.realm not in known]
    known_slots = {slot.name for slot in declared.slots}
    slots = [slot for slot in map(_slot, registers) if slot.name not in known_slots]
    return replace(
        declared,
        slots=(*declared.slots, *slots),
        pages=(*declared.pages, *pages),
        records=(*declared.records, *kinds),
    )


def _slot(register: Register) -> Slot:
    """Where other plugins show on a record's page what they know of it."""
    return Slot(register.slot, register.label)


def _kind(register: Register) -> RecordKind:
    return RecordKind(
        register.realm,
        register.label,
        lambda ctx, record_id: register.record_title(record(ctx, register, record_id)),
        register.record_url,
        lambda ctx, record_id: is_seen(ctx, register, record_id),
        register.read,
        partial(unit_of, register),
        partial(findable_after, register),
    )
