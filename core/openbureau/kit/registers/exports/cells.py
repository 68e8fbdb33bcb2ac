"""Records as the texts of a table's cells: what importing them again reads as the same."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from openbureau.base.context import Context
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.declared import Column, Register
from openbureau.kit.registers.kinds import Kind, Line, Surroundings, UnitChoice, Unreadable
from openbureau.kit.registers.masking import masked

Texts = Callable[[Sequence[Any]], list[str]]
_REMEMBERED = 4096


def written_rows(
    ctx: Context,
    register: Register,
    names: Sequence[str],
    batches: Iterable[Sequence[Any]],
    *,
    readable: Callable[[int], bool],
) -> Iterator[list[tuple[str, ...]]]:
    """Batches of rows as `matching` gives them, in texts. Personal columns are masked unless
    they are `readable` in records of a unit.

    A column at a time: a hundred thousand rows of twenty columns are two million cells.
    """
    columns = [register.by_name[name] for name in names]
    attributes = ["unit_id" if column.name == "unit" else column.name for column in columns]
    texts = [_texts(ctx, register, column) for column in columns]
    masks = [_mask(register, column) if column.personal else None for column in columns]
    for rows in batches:
        values = dict(zip(rows[0]._fields, zip(*rows, strict=True), strict=True))
        seen = list(map(readable, values["unit_id"])) if any(masks) else ()
        done = []
        for attribute, text_of, mask in zip(attributes, texts, masks, strict=True):
            found = text_of(values[attribute])
            if mask is not None and not all(seen):
                found = [t if see else mask(t) for t, see in zip(found, seen, strict=True)]
            done.append(found)
        yield list(zip(*done, strict=True))


def _texts(ctx: Context, register: Register, column: Column) -> Texts:
    kind = register.kinds[column.name]
    if isinstance(kind, Line):
        # Text is written as it is; asking the kind for each cell would cost most of the time.
        return lambda values: [value or "" for value in values]
    written = _unit_writer(ctx, kind) if isinstance(kind, UnitChoice) else kind.written
    known: dict[Any, str] = {}

    def texts(values: Sequence[Any]) -> list[str]:
        if len(known) > _REMEMBERED:
            known.clear()
        for value in set(values) - known.keys():
            known[value] = written(value)
        return [known[value] for value in values]

    return texts


def _unit_writer(ctx: Context, kind: Kind) -> Callable[[Any], str]:
    """A unit's name, or its code where the name is another's too; nothing for one that is
    closed, because reading it again would be refused."""
    tree = unit_tree(ctx.tree_version)
    around = Surroundings(ctx.today, tree)

    def written(unit_id: int | None) -> str:
        node = tree.by_id.get(unit_id) if unit_id is not None else None
        for text in (node.name, node.code) if node else ():
            try:
                if kind.read(text, around) == unit_id:
                    return str(text)
            except Unreadable:
                continue
        return ""

    return written


def _mask(register: Register, column: Column) -> Callable[[str], str]:
    """The masked text; nothing where the mask would not be read again as one."""
    kind = register.kinds[column.name]
    longest = getattr(kind, "longest", None)

    def mask(text: str) -> str:
        if not isinstance(kind, Line):
            return ""
        found = masked(column.personal, text)
        return "" if longest and len(found) > longest else found

    return mask
