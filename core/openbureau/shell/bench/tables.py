"""A register as tables: checking a large workbook, writing large exports, and what the
libraries alone need for the same.

`python -m openbureau.shell.bench.tables WORK FILE ROWS` does one of them in a process of its
own and says how long it took and how much memory was used.
"""

import csv
import datetime as dt
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import python_calamine
import xlsxwriter
from starlette.datastructures import QueryParams

from openbureau.base.context import Context, Person, Reach
from openbureau.base.database import db, reading, writing
from openbureau.base.i18n import load_catalogues
from openbureau.base.request import Address
from openbureau.base.settings import load_settings
from openbureau.kernel.access.contexts import context_of, moment_of
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.files.storage import store
from openbureau.kernel.units.models import Unit
from openbureau.kit.registers.exports.making import Order, write_export
from openbureau.kit.registers.exports.wanted import Wanted
from openbureau.kit.registers.imports.batches import open_batch
from openbureau.kit.registers.imports.checking import check_batch
from openbureau.kit.registers.listing import asked_by
from openbureau.kit.registers.models import ImportBatch
from openbureau.shell.bench import items
from openbureau.shell.bench.lists import environment_of, prepared
from openbureau.shell.bench.load import environment_with
from openbureau.shell.bench.report import Bench, Run
from openbureau.shell.bench.rows import Ground, measured_plugins
from openbureau.shell.demo.bureau import ROOT
from openbureau.shell.installation import open_installation

LARGEST_BYTES = 1 << 30
IMPORTED = 100_000
EVERYWHERE = Reach(is_everywhere=True)
NAMES = tuple(column.name for column in items.ITEMS.columns)
SELECTED = ", ".join(f'"{column.field.column_name}"' for column in items.ITEMS.columns)


def carried(bench: Bench) -> Iterator[Run]:
    """P9: rows a second by processor time, as a ratio to the library alone."""
    imported = min(IMPORTED, bench.totals[-1])
    with prepared(bench, imported) as (ground, folder):
        table = folder / "table.xlsx"
        _one("export xlsx", table, imported, ground)
        yield from _compared(bench, "check", ("read alone", "check xlsx"), table, imported, ground)
    with prepared(bench, bench.totals[-1]) as (ground, folder):
        for kind in ("csv", "xlsx"):
            works = (f"{kind} alone", f"export {kind}")
            yield from _compared(bench, kind, works, folder / kind, ground.total, ground)


def _compared(
    bench: Bench, label: str, works: Sequence[str], place: Path, rows: int, ground: Ground
) -> Iterator[Run]:
    """The library alone, then the product."""
    bench.say(f"P9 {label}: {rows:,} rows")
    found = {work: _one(work, place, rows, ground) for work in works}
    for work, used in found.items():
        numbers = {
            "rate": round(rows / used["cpu_s"]),
            "ratio": round(found[works[0]]["cpu_s"] / used["cpu_s"], 3),
            "elapsed_s": used["elapsed_s"],
            "memory_mib": used["memory_mib"],
        }
        yield Run(f"P9 {label} {rows:,}", work, numbers)


def _one(work: str, place: Path, rows: int, ground: Ground) -> dict[str, Any]:
    module = "openbureau.shell.bench.tables"
    done = subprocess.run(
        [sys.executable, "-m", module, work, str(place), str(rows)],
        env=environment_with(environment_of(ground)),
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _rows(total: int) -> Iterator[tuple[Any, ...]]:
    found = db.execute_sql(f"SELECT {SELECTED} FROM {items.TABLE} LIMIT {total:d}")  # noqa: S608 - constant names
    for values in found:
        yield tuple("" if value is None else str(value) for value in values)


def _xlsx_alone(place: Path, total: int) -> None:
    with (
        reading(),
        xlsxwriter.Workbook(place, {"constant_memory": True, "strings_to_numbers": False}) as book,
    ):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [column.label for column in items.ITEMS.columns])
        for number, values in enumerate(_rows(total), 1):
            for place_in_row, value in enumerate(values):
                sheet.write_string(number, place_in_row, value)


def _csv_alone(place: Path, total: int) -> None:
    with reading(), place.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(_rows(total))


def _read_alone(place: Path, total: int) -> None:
    sheet = python_calamine.load_workbook(place).get_sheet_by_index(0)
    if sum(1 for _ in sheet.iter_rows()) != total + 1:
        raise RuntimeError("the table is not whole")


def _person() -> Context:
    row = Account.select().where(Account.administrator == "system").order_by(Account.id).get()
    opened = open_installation(load_settings().settings, measured_plugins())
    catalogue = load_catalogues(())["zh"]
    person = Person(row.id, row.uid, row.login, row.name, row.administrator)
    ctx = context_of(person, moment_of(dt.datetime.now(dt.UTC)), opened.plugins, catalogue)
    held = dict.fromkeys((items.SEE, items.WRITE, items.PERSONAL), EVERYWHERE)
    return replace(ctx, reach={**ctx.reach, **held})


def _check(place: Path, total: int) -> None:
    with reading():
        ctx = _person()
        with place.open("rb") as file:
            stored = store(file, "table.xlsx", LARGEST_BYTES, ctx.now)
        with writing():
            batch = open_batch(ctx, items.ITEMS, stored, _root())
        check_batch(ctx, items.ITEMS, batch, _unseen)
        found = ImportBatch.get_by_id(batch.id)
        if (found.state, found.total) != ("checked", total):
            raise RuntimeError(f"{found.state}: {found.problem}")


def _export(format_: Any, place: Path, total: int) -> None:
    with reading():
        ctx = _person()
        address = Address(items.LIST_URL, QueryParams(""))
        query = asked_by(ctx, items.ITEMS, address)
        order = Order(
            ctx, items.ITEMS, address, query, Wanted(format_, NAMES, is_full=True), _root()
        )
        if write_export(order, place, _unseen).total != total:
            raise RuntimeError("the export is not whole")


def _root() -> int:
    return int(Unit.select(Unit.id).where(Unit.code == ROOT).scalar())


def _unseen(*_: int) -> None:
    """Nobody watches."""


WORKS: Mapping[str, Callable[[Path, int], None]] = {
    "xlsx alone": _xlsx_alone,
    "csv alone": _csv_alone,
    "read alone": _read_alone,
    "check xlsx": _check,
    "export xlsx": lambda place, total: _export("xlsx", place, total),
    "export csv": lambda place, total: _export("csv", place, total),
}


def main(work: str, place: Path, rows: int) -> None:
    """One work, measured from a loaded process on."""
    open_installation(load_settings().settings, measured_plugins())
    began, cpu = time.perf_counter(), _cpu_s()
    WORKS[work](place, rows)
    used = {
        "elapsed_s": round(time.perf_counter() - began, 2),
        "cpu_s": max(_cpu_s() - cpu, 1e-6),
        "memory_mib": _memory_mib(),
    }
    sys.stdout.write(json.dumps(used) + "\n")


def _memory_mib() -> int:
    """The most this process ever held."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def _cpu_s() -> float:
    """Of this process and of the ended ones it started."""
    found = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in found)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
