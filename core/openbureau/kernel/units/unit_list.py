"""Reading and checking a list of units (单位名录) before anything is written."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openbureau.base.errors import OperatorError
from openbureau.kernel.units.errors import ListFault, UnitListRefused
from openbureau.kernel.units.models import KINDS

REQUIRED_COLUMNS = ("code", "name", "kind", "parent")
LENGTHS = {"code": 32, "name": 200, "short_name": 100, "region": 12}


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One line of a unit list; `parent` is a code, empty for the root."""

    code: str
    name: str
    kind: str
    parent: str = ""
    short_name: str = ""
    region: str = ""
    is_access_unit: bool = True
    is_name_assumed: bool = False
    line: int = 0


def read_unit_list(path: Path) -> list[UnitRow]:
    """The rows of a CSV file in UTF-8 (with or without BOM) or GB18030, in its order.

    Columns: code, name, kind, parent; optional short_name, region, access_unit (1 or 0; without
    it a section has 0, any other unit 1) and name_source (`assumed` marks an invented name).
    Raises UnitListRefused: a column is missing or a line unreadable. Raises OperatorError:
    there is no such file, or it is not text.
    """
    try:
        reader = csv.DictReader(io.StringIO(_decoded(path)), strict=True)
        missing = [name for name in REQUIRED_COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise UnitListRefused([_missing_columns(missing)])
        return [_row(line, reader.line_num) for line in reader]
    except csv.Error as fault:
        raise UnitListRefused(
            [
                ListFault(
                    reader.line_num, "", f"无法识别这一行（{fault}）", f"unreadable line ({fault})"
                )
            ]
        ) from fault


def _decoded(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise OperatorError(
            "UNIT-013",
            f"无法读取单位名录 {path}：{fault.strerror}。单位树没有改动。请检查文件路径和权限。",
            f"Cannot read the unit list {path}: {fault.strerror}. The unit tree is unchanged. "
            "Check the path and its permissions.",
        ) from fault
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise OperatorError(
        "UNIT-014",
        f"单位名录 {path} 既不是 UTF-8 也不是 GB18030 文本。单位树没有改动。"
        "请另存为 CSV（UTF-8）。",
        f"The unit list {path} is neither UTF-8 nor GB18030 text. The unit tree is unchanged. "
        "Save it as CSV (UTF-8).",
    )


def _missing_columns(names: Sequence[str]) -> ListFault:
    listed = ", ".join(names)
    return ListFault(1, "", f"缺少列：{listed}", f"missing columns: {listed}")


def _row(line: Mapping[str, str | None], number: int) -> UnitRow:
    def cell(name: str) -> str:
        return (line.get(name) or "").strip()

    default = "0" if cell("kind") == "office" else "1"
    return UnitRow(
        code=cell("code"),
        name=cell("name"),
        short_name=cell("short_name") or cell("name"),
        kind=cell("kind"),
        parent=cell("parent"),
        region=cell("region"),
        is_access_unit=(cell("access_unit") or default) != "0",
        is_name_assumed=cell("name_source") == "assumed",
        line=number,
    )


def list_faults(rows: Sequence[UnitRow], existing: Mapping[str, str]) -> list[ListFault]:
    """Every fault of the list, taken together with the units already there.

    `existing` maps the code of each unit in the database to its parent's code.
    """
    parents = {**existing, **{row.code: row.parent for row in rows}}
    faults = [fault for row in rows for fault in _row_faults(row, parents)]
    counted = Counter(row.code for row in rows if row.code)
    faults += [
        ListFault(row.line, row.code, f"编码 {row.code} 重复", f"the code {row.code} appears twice")
        for row in _repeated(rows, counted)
    ]
    roots = sorted(code for code, parent in parents.items() if not parent)
    if len(roots) != 1:
        listed = ", ".join(roots)
        faults.append(
            ListFault(
                0,
                "",
                f"应当只有一个没有上级的单位，现有 {len(roots)} 个：{listed}",
                f"exactly one unit must have no parent, found {len(roots)}: {listed}",
            )
        )
    for ring in parent_cycles(parents):
        listed = " → ".join(ring)
        faults.append(
            ListFault(0, ring[0], f"上级关系成环：{listed}", f"parents form a cycle: {listed}")
        )
    return faults


def _row_faults(row: UnitRow, parents: Mapping[str, str]) -> Iterator[ListFault]:
    if not row.code:
        yield ListFault(row.line, "", "编码为空", "the code is empty")
    if not row.name.strip():
        yield ListFault(
            row.line, row.code, f"单位 {row.code} 的名称为空", f"unit {row.code} has no name"
        )
    if row.kind not in KINDS:
        known = ", ".join(KINDS)
        yield ListFault(
            row.line,
            row.code,
            f"单位 {row.code} 的类别 {row.kind!r} 未知，可用：{known}",
            f"unit {row.code} is of unknown kind {row.kind!r}; known: {known}",
        )
    if row.parent and row.parent not in parents:
        yield ListFault(
            row.line,
            row.code,
            f"单位 {row.code} 的上级 {row.parent} 不存在",
            f"the parent {row.parent} of unit {row.code} does not exist",
        )
    for column, limit in LENGTHS.items():
        if len(getattr(row, column)) > limit:
            yield ListFault(
                row.line,
                row.code,
                f"单位 {row.code[:32]} 的 {column} 超过 {limit} 个字",
                f"{column} of unit {row.code[:32]} is longer than {limit} characters",
            )


def _repeated(rows: Sequence[UnitRow], counted: Mapping[str, int]) -> Iterator[UnitRow]:
    seen: set[str] = set()
    for row in rows:
        if counted.get(row.code, 0) > 1 and row.code in seen:
            yield row
        seen.add(row.code)


def parent_cycles(parents: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The rings in a map from code to parent code; each starts and ends with its lowest code."""
    done: set[str] = set()
    rings = []
    for start in sorted(parents):
        walked: list[str] = []
        code = start
        while code and code in parents and code not in done:
            done.add(code)
            walked.append(code)
            code = parents[code]
        if code in walked:
            ring = walked[walked.index(code) :]
            lowest = ring.index(min(ring))
            turned = ring[lowest:] + ring[:lowest]
            rings.append((*turned, turned[0]))
    return rings
