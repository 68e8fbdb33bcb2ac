"""An export holds what the person sees, harmless and masked, and is imported again unchanged."""

import csv
import datetime as dt
import io
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openbureau_devices.models import KINDS, RESULTS, STATES, Device
from openbureau_devices.registers import DEVICES

from openbureau import Unit
from openbureau.base.context import Context
from openbureau.base.database import writing
from openbureau.base.sheets import Limits, sheet_rows
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.units.queries import unit_tree
from openbureau.kit.registers.exports.texts import harmless
from openbureau.kit.registers.kinds import Surroundings, Unreadable
from openbureau.testing.bureau import Bureau

from .exported import device, exported, keep
from .imported import checked, counts, faults

FORMATS = ("xlsx", "csv")
STARTS = ("", "=", "+", "-", "@", "'", "''", "'=", "''+", "\t", "_x0041_", '"', "00", "１", "#")
AROUND = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
days = st.none() | st.dates(dt.date(1990, 1, 1), dt.date(2040, 1, 1))


@pytest.fixture
def wang(devices: Bureau) -> Context:
    """Registers devices of the whole province, contacts readable."""
    devices.grant("wang", "devices.registrar", "530000", "province")
    return devices.context("wang")


@st.composite
def texts(draw: st.DrawFn, most: int, *, is_long: bool = False) -> str:
    exclude = "\0" if is_long else "\0\n"
    letters = st.characters(codec="utf-8", exclude_characters=exclude)
    return (draw(st.sampled_from(STARTS)) + draw(st.text(letters, max_size=most)))[:most]


@st.composite
def values(draw: st.DrawFn) -> dict[str, Any]:
    """What a person could have typed for a device, before it was read."""
    found: dict[str, Any] = {}
    for name, kind in DEVICES.kinds.items():
        found[name] = draw(texts(getattr(kind, "longest", None) or 80, is_long=name == "remark"))
    first = draw(days)
    found |= {
        "kind": draw(st.sampled_from([code for code, _ in KINDS])),
        "state": draw(st.sampled_from([code for code, _ in STATES])),
        "result": draw(st.sampled_from(["", *(code for code, _ in RESULTS)])),
        "capacity": draw(
            st.none() | st.decimals(Decimal("-9e7"), Decimal("9e7"), places=2, allow_nan=False)
        ),
        "made_on": first,
        "inspected_on": first,
        "used_on": draw(days),
        "due_on": draw(days),
        "unit": draw(st.sampled_from(["530000", "530100", "530102", "530402"])),
    }
    return found


def kept(ctx: Context, rows: list[dict[str, Any]]) -> None:
    """Keeps as many of these as can be read, each with a key of its own."""
    around = Surroundings(ctx.today, unit_tree(ctx.tree_version))
    made = []
    for number, given_values in enumerate(rows):
        read: dict[str, Any] = {}
        for name, value in given_values.items():
            try:
                read[name] = DEVICES.kinds[name].read(value, around)
            except Unreadable:
                continue
        read["code"] = f"{read.get('code', '')[:12]}{number}"
        read["name"], read["user"] = read.get("name") or "=1+1", read.get("user") or "-2"
        del read["unit"]
        made.append(device(number, given_values["unit"], **read))
    with writing():
        Device.delete().execute()
    keep(made)


@pytest.mark.parametrize("extension", FORMATS)
def test_export_imported_again_changes_nothing(
    devices: Bureau, wang: Context, tmp_path: Path, extension: Any
) -> None:
    @AROUND
    @given(rows=st.lists(values(), min_size=1, max_size=12), is_full=st.booleans())
    def holds(rows: list[dict[str, Any]], is_full: bool) -> None:
        kept(wang, rows)
        content = exported(wang, tmp_path, extension, is_full=is_full)
        batch = checked(wang, content, f"设备.{extension}")
        assert counts(batch) == (0, 0, len(rows), 0, 0), (batch.problem, faults(batch), rows)

    holds()


def test_nothing_in_a_file_is_a_formula(wang: Context, tmp_path: Path) -> None:
    hostile = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        '=HYPERLINK("http://x")',
        "'=1",
        "''@a",
        "https://a.b",
    ]
    keep([device(n, name=text, remark=text) for n, text in enumerate(hostile)])
    for row in csv.reader(io.StringIO(exported(wang, tmp_path, "csv").decode("utf-8-sig"))):
        assert not [cell for cell in row if cell[:1] in "=+-@\t\r" and cell]
    with zipfile.ZipFile(io.BytesIO(exported(wang, tmp_path, "xlsx"))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "hyperlink" not in sheet
        assert 't="inlineStr"' in sheet
        assert "<v>" not in sheet
        assert "抽查" in book.read("xl/worksheets/sheet2.xml").decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [("a=", "a="), ("=", "'="), ("'=", "''="), ("'a", "'a"), ("\t1", "'\t1"), ("", ""), ("'", "'")],
)
def test_apostrophes_are_told_apart(text: str, said: str) -> None:
    assert harmless(text) == said


def lines(content: bytes, folder: Path) -> list[list[Any]]:
    path = folder / "read.xlsx"
    path.write_bytes(content)
    return list(sheet_rows(path, Limits(100)))


def test_personal_columns_are_masked_where_the_person_may_not_read_them(
    devices: Bureau, tmp_path: Path
) -> None:
    devices.grant("li", "devices.reader", "530100", "subtree")
    devices.grant("li", "devices.registrar", "530102", "unit")
    li = devices.context("li")
    told = {"keeper": "欧阳锋", "mobile": "13812345678"}
    keep([device(1, "530102", **told), device(2, "530103", **told)])
    for is_full, mine in ((True, ["欧阳锋", "13812345678"]), (False, ["欧**", "138****5678"])):
        content = exported(
            li, tmp_path, "xlsx", columns=("code", "keeper", "mobile"), is_full=is_full
        )
        assert lines(content, tmp_path) == [
            ["设备代码", "安全管理人员", "移动电话"],
            ["D00001", *mine],
            ["D00002", "欧**", "138****5678"],
        ]


def test_export_is_of_what_was_asked_in_the_asked_columns(wang: Context, tmp_path: Path) -> None:
    keep([device(n, kind="lift" if n % 2 else "boiler") for n in range(5)])
    content = exported(wang, tmp_path, "csv", "kind=lift", columns=("state", "code"))
    assert content.decode("utf-8-sig") == "状态,设备代码\r\n在用,D00001\r\n在用,D00003\r\n"


def test_unit_that_is_closed_leaves_its_cell_empty(
    devices: Bureau, wang: Context, tmp_path: Path
) -> None:
    keep([device(1, "530103")])
    with writing():
        Unit.update(is_active=False).where(Unit.code == "530103").execute()
        bump_epoch("units")
    ctx = devices.context("wang")
    content = exported(ctx, tmp_path, "csv", columns=("code", "unit", "name", "kind", "user"))
    assert content.decode("utf-8-sig").splitlines()[1] == "D00001,,蒸汽锅炉,锅炉,昆明食品厂"
    assert counts(checked(ctx, content, "设备.csv")) == (0, 0, 1, 0, 0)
