"""An import of a register: checked, given back with its faults, written, taken back."""

import datetime as dt
import io
import json
import zipfile
from typing import Any

import pytest
import xlsxwriter
from openbureau_devices.models import Device
from openbureau_devices.registers import DEVICES

from openbureau.base.context import Context
from openbureau.base.database import reading, writing
from openbureau.base.errors import Conflict, Invalid, Problem
from openbureau.base.sheets import MIB, Limits, sheet_rows
from openbureau.kernel.access.models import RoleGrant
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.search.models import SearchEntry
from openbureau.kit.registers.imports.batches import refusal_of
from openbureau.kit.registers.imports.undoing import order_undo, undo_batch
from openbureau.kit.registers.models import ImportBatch, RecordChange
from openbureau.kit.registers.records import change_record
from openbureau.testing.bureau import Bureau

from .imported import HEADS, applied, checked, counts, faults, row, stored_path, text, workbook


@pytest.fixture
def zhang(devices: Bureau) -> Context:
    """Registers devices in her county."""
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    return devices.context("zhang")


def codes() -> list[str]:
    with reading():
        rows: Any = Device.select(Device.code).where(Device.voided_at.is_null()).tuples()
        return sorted(code for (code,) in rows)


def test_rows_are_new_changed_same_duplicate_or_faulty(zhang: Context) -> None:
    applied(zhang, checked(zhang, workbook([row("1"), row("2"), row("3")])))
    rows = [
        row("1"),
        row("2", "电站锅炉"),
        row("4"),
        row("4"),
        row("5", "锅炉", "火箭"),
        row("6"),
        row("6", "另一台"),
        row("7", "锅炉", "锅炉", "某厂", "盘龙区局"),
        row("8", "锅炉", "锅炉", "某厂", "530000-01"),
    ]
    batch = checked(zhang, workbook(rows))
    assert (batch.state, counts(batch)) == ("checked", (2, 1, 1, 1, 4))
    said = faults(batch)
    assert set(said) == {5, 6, 8, 9, 10}
    assert "完全相同" in said[5]
    assert "不在可选的值中" in said[6]
    assert "内容却不同" in said[8]
    assert "不在您的办理范围内" in said[9]
    assert "是处室" in said[10]
    assert codes() == ["1", "2", "3"]


def test_faulty_rows_come_back_red_with_the_reason(zhang: Context) -> None:
    rows = [row("1"), row("", "锅炉"), row("012345678901234567", "锅炉", "火箭")]
    batch = checked(zhang, workbook(rows))
    back = list(sheet_rows(stored_path(batch.error_digest), Limits(10)))
    assert back[0][-1] == "错误原因"
    assert [each[0] for each in back[1:]] == ["1", "", "012345678901234567"]
    assert [bool(each[-1]) for each in back[1:]] == [False, True, True]
    again = checked(zhang, stored_path(batch.error_digest).read_bytes())
    assert counts(again) == counts(batch)
    assert json.loads(again.headings)["unknown"] == []


def test_import_waits_for_repair_unless_good_rows_are_chosen(zhang: Context) -> None:
    batch = checked(zhang, workbook([row("1"), row("2", "锅炉", "火箭")]))
    with pytest.raises(Invalid):
        applied(zhang, batch)
    assert codes() == []
    batch = applied(zhang, batch, takes_good_rows=True)
    assert (batch.state, batch.done_total, codes()) == ("applied", 1, ["1"])
    with pytest.raises(Conflict):
        applied(zhang, batch, takes_good_rows=True)


def test_import_leaves_history_search_entry_and_one_audit_line(
    devices: Bureau, zhang: Context
) -> None:
    batch = applied(zhang, checked(zhang, workbook([row("8801"), row("8802")])))
    with reading():
        changes = [(c.action, c.batch_id, c.version) for c in RecordChange.select()]
    assert changes == [("imported", batch.id, 1)] * 2
    audit = devices.rows("SELECT action, detail FROM audit_record WHERE realm = 'devices/device'")
    assert [action for action, _ in audit] == ["devices.imported_device"]
    assert json.loads(audit[0][1])["digest"] == batch.digest
    assert "8802" in devices.sign_in("zhang").get("/devices/device?q=8802").words


def test_record_changed_after_the_check_is_told_and_left(zhang: Context) -> None:
    applied(zhang, checked(zhang, workbook([row("1"), row("2")])))
    batch = checked(zhang, workbook([row("1", "甲"), row("2", "乙"), row("3")]))
    with writing():
        first = Device.get(Device.code == "1")
        change_record(zhang, DEVICES, first.id, 1, {"name": "丙"})
    other = checked(zhang, workbook([row("3", "丁")]))
    applied(zhang, other)
    batch = applied(zhang, batch)
    assert (batch.state, batch.done_total) == ("applied", 1)
    said = faults(batch)
    assert "检查之后有人改过" in said[2]
    assert "检查之后有人登记" in said[4]
    with reading():
        names = {d.code: d.name for d in Device.select()}
    assert names == {"1": "丙", "2": "乙", "3": "丁"}


def test_undo_voids_new_records_and_restores_changed_ones(zhang: Context) -> None:
    applied(zhang, checked(zhang, workbook([row("1"), row("2")])))
    later = [row("1", "甲", "电梯", "某厂", "530102", "2027-01-01"), row("2", "乙"), row("3")]
    batch = applied(zhang, checked(zhang, workbook(later)))
    with writing():
        second = Device.get(Device.code == "2")
        change_record(zhang, DEVICES, second.id, 2, {"name": "丙"})
    with reading():
        with writing():
            order_undo(zhang, DEVICES, batch)
        undo_batch(DEVICES, batch, lambda: zhang, lambda *_: None, "导错了")
        batch = ImportBatch.get_by_id(batch.id)
        rows = {d.code: (d.name, d.kind, str(d.due_on), d.voided_at is None) for d in Device}
        changes = RecordChange.select().where(RecordChange.action == "undone")
        reasons = {change.reason for change in changes}
        found = SearchEntry.select().where(SearchEntry.summary.startswith("已作废"))
        void = [entry.record_id for entry in found]
        assert void == [device.id for device in Device if device.voided_at is not None]
    assert (batch.state, batch.kept_total) == ("undone", 1)
    assert rows["1"] == ("蒸汽锅炉", "boiler", "2026-12-15", True)
    assert rows["2"][0] == "丙"
    assert rows["3"][3] is False
    assert reasons == {"导错了"}
    assert "导入之后又有人改过" in faults(batch)[3]


def test_undo_ends_after_a_day_and_at_other_units(devices: Bureau, zhang: Context) -> None:
    devices.grant("li", "devices.registrar", "530000", "province")
    devices.grant("wang", "devices.registrar", "530100", "subtree")
    batch = applied(
        devices.context("li"),
        checked(
            devices.context("li"),
            workbook([row("1"), row("2", "a", "锅炉", "某厂", "530402")]),
        ),
    )
    with reading(), pytest.raises(Exception, match="办理范围以外"):
        order_undo(devices.context("wang"), DEVICES, batch)
    devices.now += dt.timedelta(hours=25)
    with reading(), pytest.raises(Conflict, match="24 小时"):
        order_undo(devices.context("li"), DEVICES, batch)


@pytest.mark.parametrize(
    "spelling",
    [
        "20261215",
        "2026.12.15",
        "2026/12/15",
        "2026年12月15日",
        "２０２６－１２－１５",
        dt.date(2026, 12, 15),
        46371,
        "46371",
    ],
)
def test_dates_in_every_spelling_are_one_day(zhang: Context, spelling: Any) -> None:
    batch = applied(zhang, checked(zhang, workbook([[*row("1")[:5], spelling]])))
    assert batch.state == "applied"
    with reading():
        assert Device.get().due_on == dt.date(2026, 12, 15)


def test_numbers_as_text_stay_and_long_ones_are_refused(zhang: Context) -> None:
    rows = [
        row(310110),
        row("0042"),
        row(5.3011219850101e17),
        row("5.30112E+17"),
        row("530112198501011234"),
    ]
    batch = checked(zhang, workbook(rows))
    assert set(faults(batch)) == {4, 5}
    applied(zhang, batch, takes_good_rows=True)
    assert codes() == ["0042", "310110", "530112198501011234"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_text_is_read_in_its_encoding(zhang: Context, encoding: str) -> None:
    batch = checked(zhang, text([row("1", "龘字锅炉")], encoding), "设备.csv")
    assert counts(batch) == (1, 0, 0, 0, 0)


def refusal(batch: ImportBatch) -> str:
    assert batch.state == "refused"
    message, params = refusal_of(batch)
    return message % params


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (workbook([]), "a.xlsx", "没有数据行"),
        (workbook([["", ""], ["x", "y"]], ["甲", "乙"]), "a.xlsx", "没有找到列名"),
        (workbook([["1", "锅炉"]], ["设备代码", "产品名称"]), "a.xlsx", "缺少必填的列：设备种类"),
        (workbook([["1", "2"]], ["设备代码", "设备代码 *"]), "a.xlsx", "出现了两次"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 600, "a.xls", "不是可读的表格"),
        (text([[*row("1"), *["x"] * 300]]), "a.csv", "超过 200 列"),
        ("设备代码\n".encode() + b"1\n" * 200_001, "a.csv", "缺少必填的列"),
        (text([row("1")] * 200_001), "a.csv", "超过 200000 行"),
    ],
    ids=["none", "heads", "missing", "twice", "old", "wide", "few", "million"],
)
def test_tables_that_are_none_are_refused_with_a_sentence(
    zhang: Context, content: bytes, name: str, said: str
) -> None:
    assert said in refusal(checked(zhang, content, name))
    assert codes() == []


def bomb() -> bytes:
    target = io.BytesIO(workbook([row("1")]))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/media/a.bin", bytes(200 * MIB))
    return target.getvalue()


def macros() -> bytes:
    target = io.BytesIO(workbook([row("1")]))
    with zipfile.ZipFile(target, "a") as packed:
        packed.writestr("xl/vbaProject.bin", b"x")
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (workbook([row("1")])[:3000], "half.xlsx"),
        (bomb(), "bomb.xlsx"),
        (macros(), "macros.xlsx"),
        (workbook([row("1")]), "macros.xlsm"),
    ],
)
def test_files_that_are_not_taken_are_not_even_stored(
    zhang: Context, content: bytes, name: str
) -> None:
    with pytest.raises(Problem) as refused:
        checked(zhang, content, name)
    assert refused.value.status in {413, 415, 422}


def test_title_and_merged_rows_above_the_names_do_no_harm(zhang: Context) -> None:
    rows = [["五华区设备清单"], [], list(reversed(["备注 2", *row("x")])), row("1")]
    rows[2] = ["设备代码＊", "产品名称", "设备种类", "使用单位", "监管单位", "下次检验日期", "批注"]
    batch = checked(zhang, workbook(rows, ()))
    assert counts(batch) == (1, 0, 0, 0, 0)
    assert json.loads(batch.headings) == {"row": 3, "unknown": ["批注"]}


def test_merged_cells_among_the_rows_are_told(zhang: Context) -> None:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADS)
        for number, kind in ((1, "锅炉"), (2, None)):
            sheet.write_row(number, 0, row(str(number), "蒸汽锅炉", kind))
        sheet.merge_range(1, 2, 2, 2, "锅炉")
    batch = checked(zhang, target.getvalue())
    assert counts(batch) == (1, 0, 0, 0, 1)
    assert "必须填写" in faults(batch)[3]


def test_same_file_at_once_is_told(zhang: Context) -> None:
    content = workbook([row("1")])
    batch = checked(zhang, content)
    with writing():
        ImportBatch.update(state="applying").where(ImportBatch.id == batch.id).execute()
    with pytest.raises(Conflict, match="正在由张晓梅导入"):
        checked(zhang, content)


CONTACTS = (*HEADS[:5], "安全管理人员", "移动电话")


def contact(code: str, keeper: str, mobile: str, name: str = "锅炉") -> list[str]:
    return [code, name, "锅炉", "某厂", "530102", keeper, mobile]


def contacts() -> dict[str, tuple[str, str, str]]:
    with reading():
        return {d.code: (d.name, d.keeper, d.mobile) for d in Device.select()}


def test_masked_cells_of_an_export_change_nothing(zhang: Context) -> None:
    first = [contact("1", "欧阳锋", "13812345678")]
    applied(zhang, checked(zhang, workbook(first, CONTACTS)))
    again = [contact("1", "欧**", "138****5678"), contact("2", "", "138****5678")]
    batch = checked(zhang, workbook(again, CONTACTS))
    assert counts(batch) == (0, 0, 1, 0, 1)
    assert "这是遮盖后的内容" in faults(batch)[3]


@pytest.mark.parametrize("code", ["1", "2"])
@pytest.mark.parametrize(
    ("keeper", "mobile"), [("", "138****5679"), ("", "1381234567*"), ("欧*", ""), ("*", "")]
)
def test_other_masks_are_faults_of_new_and_known_records(
    zhang: Context, code: str, keeper: str, mobile: str
) -> None:
    first = [contact("1", "欧阳锋", "13812345678")]
    applied(zhang, checked(zhang, workbook(first, CONTACTS)))
    batch = checked(zhang, workbook([contact(code, keeper, mobile, "电站锅炉")], CONTACTS))
    assert counts(batch) == (0, 0, 0, 0, 1)
    assert "这是遮盖后的内容" in faults(batch)[2]


def test_import_tells_nothing_about_what_the_person_sees_masked(
    devices: Bureau, zhang: Context
) -> None:
    kept = ("欧阳锋", "13812345678")
    applied(zhang, checked(zhang, workbook([contact("1", *kept)], CONTACTS)))
    devices.grant_permission("sun", "devices.list_device", "devices.write_device", unit="530102")
    sun = devices.context("sun")
    for guess in (kept, ("欧**", "138****5678"), ("欧阳克", "138****5679"), ("", "长" * 99)):
        batch = checked(sun, workbook([contact("1", *guess)], CONTACTS))
        assert (counts(batch), faults(batch)) == ((0, 0, 1, 0, 0), {}), guess
        batch = checked(sun, workbook([contact("1", *guess, "电站锅炉")], CONTACTS))
        assert (counts(batch), faults(batch)) == ((0, 1, 0, 0, 0), {}), guess
    applied(sun, batch)
    assert contacts() == {"1": ("电站锅炉", *kept)}
    new = [contact("2", "黄蓉", "13912345678"), contact("3", "黄*", "")]
    applied(sun, checked(sun, workbook(new, CONTACTS)), takes_good_rows=True)
    assert contacts()["2"] == ("锅炉", "黄蓉", "13912345678")
    assert "3" not in contacts()
    # What zhang could compare at the check is not written once she cannot any more.
    rows = [contact("1", "洪七公", "13812345678"), contact("2", "", "", "电站锅炉")]
    batch = checked(zhang, workbook(rows, CONTACTS))
    with writing():
        zhang_id = zhang.account.id
        RoleGrant.update(ended_at=devices.now).where(RoleGrant.account == zhang_id).execute()
        bump_epoch("access")
    devices.grant_permission("zhang", "devices.list_device", "devices.write_device", unit="530102")
    batch = applied(devices.context("zhang"), batch)
    assert (batch.state, batch.done_total) == ("applied", 1)
    assert list(faults(batch)) == [2]
    assert "不能查看这条记录的个人信息" in faults(batch)[2]
    assert contacts()["1"] == ("电站锅炉", *kept)
    assert contacts()["2"][0] == "电站锅炉"
