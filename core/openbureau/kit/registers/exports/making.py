"""Making the file of an export."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from openbureau.base.context import CHINA, Context
from openbureau.base.i18n import N_
from openbureau.base.request import Address
from openbureau.kernel.audit.actions import record_act
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.asked import Asked
from openbureau.kit.registers.declared import Register
from openbureau.kit.registers.exports.cells import written_rows
from openbureau.kit.registers.exports.texts import write_csv
from openbureau.kit.registers.exports.wanted import Wanted, personal_columns
from openbureau.kit.registers.exports.workbooks import write_workbook
from openbureau.kit.registers.matching import matching
from openbureau.kit.registers.phrases import address_in_words

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Order:
    """An export: by whom, of which register, what it is of and how it is wanted. `query` is
    what `address` asks."""

    ctx: Context
    register: Register
    address: Address
    query: Asked
    wanted: Wanted
    unit_id: int

    @property
    def words(self) -> str:
        """What it is of, in words."""
        return address_in_words(self.ctx, self.register, self.address, self.query)


@dataclass(frozen=True, slots=True)
class Written:
    """What a file holds: how many records, the units whose personal data can be read, and
    whether personal data is in it: 完整, 部分遮盖, 遮盖 or 无."""

    total: int
    readable: Sequence[int]
    personal: str


def write_export(order: Order, path: Path, advance: Advance) -> Written:
    """Writes the file. `advance` is told after each batch."""
    ctx, register, wanted = order.ctx, order.register, order.wanted
    columns = [register.by_name[name] for name in wanted.columns]
    found = matching(ctx, register, order.query, wanted.columns)
    sight: dict[int, bool] = {}

    def readable(unit_id: int) -> bool:
        if unit_id not in sight:
            sight[unit_id] = wanted.is_full and ctx.may_in(register.personal, unit_id)
        return sight[unit_id]

    rows = written_rows(ctx, register, wanted.columns, found, readable=readable)
    batches = _watched(rows, advance)
    if wanted.format == "csv":
        total = write_csv(path, columns, batches)
    else:
        told = partial(notes, order, sight)
        total = write_workbook(path, columns, batches, told)
    readable_ids = sorted(unit_id for unit_id, is_readable in sight.items() if is_readable)
    return Written(total, readable_ids, _personal(order, sight))


def _personal(order: Order, sight: Mapping[int, bool]) -> str:
    """What became of personal data; `sight` tells by unit whether it was readable."""
    if not personal_columns(order.register, order.wanted.columns):
        return N_("无")
    if not any(sight.values()):
        return N_("遮盖")
    return N_("完整") if all(sight.values()) else N_("部分遮盖")


def _watched(
    batches: Iterable[Sequence[Sequence[str]]], advance: Advance
) -> Iterator[Sequence[Sequence[str]]]:
    done = 0
    for rows in batches:
        yield rows
        done += len(rows)
        advance(done)


def audit_export(order: Order, name: str, digest: str, written: Written) -> None:
    """The audit line of an export, in the caller's transaction: what left the house."""
    register = order.register
    record_act(
        order.ctx,
        f"{register.slug}.exported_{register.noun}",
        register.realm,
        detail={
            "file": name,
            "digest": digest,
            "total": written.total,
            "query": order.words,
            "columns": list(order.wanted.columns),
            "personal": written.personal,
            "reason": order.wanted.reason,
        },
        unit_id=order.unit_id,
    )


def notes(order: Order, sight: Mapping[int, bool], total: int) -> list[tuple[str, str]]:
    """Who exported what, when and why."""
    ctx, say = order.ctx, order.ctx.gettext
    unit = unit_tree(ctx.tree_version).by_id[order.unit_id]
    person = " ".join(
        part for part in (ctx.account.name, ctx.post.title if ctx.post else "") if part
    )
    return [
        (say("表名"), say(order.register.label)),
        (say("导出单位"), unit.name),
        (say("导出人"), person),
        (say("导出时间"), ctx.now.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")),
        (say("范围"), order.words),
        (say("条数"), f"{total:,}"),
        (say("个人信息"), say(_personal(order, sight))),
        (say("事由"), order.wanted.reason or "—"),
    ]
