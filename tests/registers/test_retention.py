"""Personal data of registers: listed with purpose and term, and emptied when that is over."""

import datetime as dt
import io
from typing import Any

import pytest
from openbureau_devices.models import Device
from openbureau_devices.registers import DEVICES

from openbureau.base.context import CHINA
from openbureau.base.database import reading, writing
from openbureau.kernel.files.actions import attach, sweep_orphans
from openbureau.kernel.files.models import StoredFile
from openbureau.kernel.files.storage import store
from openbureau.kernel.search.models import SearchEntry
from openbureau.kit.registers.models import ImportBatch, ImportLine, RecordChange
from openbureau.kit.registers.records import change_record, create_record
from openbureau.kit.registers.retention import ask_ends, end_terms, ended_on, over_total
from openbureau.testing.bureau import Bureau

from .imported import HEADS, applied, checked, row, stored_path, workbook

CONSOLE = "/-/console/personal"
TODAY = dt.date(2026, 11, 23)
NIGHT = dt.datetime(2026, 11, 23, 3, 20, tzinfo=CHINA)


def device(devices: Bureau, code: str, used_on: str | None) -> Any:
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    values = {
        "code": code,
        "name": "蒸汽锅炉",
        "kind": "boiler",
        "user": "昆明某某食品厂",
        "keeper": "王大力",
        "mobile": "13800000001",
        "used_on": used_on,
    }
    with writing():
        return create_record(devices.context("zhang"), DEVICES, values)


def choose(devices: Bureau, **fields: str) -> Any:
    security = devices.sign_in("security")
    security.get(f"{CONSOLE}/devices/device")
    return security.post(f"{CONSOLE}/devices/device", fields)


@pytest.mark.parametrize(
    ("years", "today", "day"),
    [
        (10, dt.date(2026, 11, 23), dt.date(2016, 11, 23)),
        (1, dt.date(2024, 2, 29), dt.date(2023, 2, 28)),
        (4, dt.date(2024, 2, 29), dt.date(2020, 2, 28)),
    ],
)
def test_a_term_ends_on_the_same_day_years_later(years: int, today: dt.date, day: dt.date) -> None:
    assert ended_on(years, today) == day


def test_the_inventory_says_what_why_and_how_long(devices: Bureau) -> None:
    device(devices, "1", "2010-05-01")
    words = devices.sign_in("security").get(CONSOLE).words
    for part in ("设备", "安全管理人员", "移动电话", "检验到期时联系", "10 年", "1 条已到期"):
        assert part in words
    assert devices.sign_in("li").get(CONSOLE).status == 403


def test_only_what_is_over_is_emptied_everywhere_and_only_once_decided(devices: Bureau) -> None:
    old, young, unused = (
        device(devices, code, day)
        for code, day in (("1", "2016-11-23"), ("2", "2016-11-24"), ("3", None))
    )
    with writing():
        ctx = devices.context("zhang")
        change_record(ctx, DEVICES, old.id, 1, {"keeper": "李小明", "place": "一号车间"})
    assert end_terms(DEVICES, TODAY, devices.now) == 0
    assert choose(devices, years="10", basis="使用登记办法", is_carried_out="y").status == 303
    assert end_terms(DEVICES, TODAY, devices.now) == 1
    assert end_terms(DEVICES, TODAY, devices.now) == 0
    with reading():
        rows = {row.id: row for row in Device.select()}
        assert (rows[old.id].keeper, rows[old.id].mobile, rows[old.id].place) == (
            "",
            "",
            "一号车间",
        )
        assert rows[old.id].version == 3
        assert {rows[one.id].keeper for one in (young, unused)} == {"王大力"}
        texts = [
            change.before + change.after
            for change in RecordChange.select().where(RecordChange.record_id == old.id)
        ]
        assert not any("王大力" in text or "李小明" in text or "1380" in text for text in texts)
        assert any("一号车间" in text for text in texts)
        assert over_total(DEVICES, 10, TODAY) == 0
        assert SearchEntry.select().where(SearchEntry.realm == DEVICES.realm).count() == 3
    detail = devices.rows("SELECT detail FROM audit_record WHERE action = 'core.end_retention'")
    assert len(detail) == 1
    assert '"records":1' in str(detail[0][0]).replace(" ", "")


def test_the_job_of_the_night_does_it(devices: Bureau) -> None:
    device(devices, "1", "2010-05-01")
    ask_ends(NIGHT)
    assert devices.rows("SELECT id FROM job WHERE kind = 'core.end_retention'") == []
    choose(devices, years="10", basis="使用登记办法", is_carried_out="y")
    ask_ends(NIGHT + dt.timedelta(minutes=1))
    assert devices.rows("SELECT id FROM job WHERE kind = 'core.end_retention'") == []
    ask_ends(NIGHT)
    ask_ends(NIGHT)
    devices.run_jobs()
    assert devices.rows("SELECT state FROM job WHERE kind = 'core.end_retention'") == [("done",)]
    assert devices.rows("SELECT keeper FROM devices_device") == [("",)]


def test_a_later_decision_takes_its_place_and_both_are_kept(devices: Bureau) -> None:
    device(devices, "1", "2010-05-01")
    choose(devices, years="10", basis="旧规定", is_carried_out="y")
    choose(devices, years="30", basis="新规定", is_carried_out="y")
    assert end_terms(DEVICES, TODAY, devices.now) == 0
    words = devices.sign_in("security").get(f"{CONSOLE}/devices/device").words
    assert "旧规定" in words
    assert "新规定" in words


@pytest.mark.parametrize(
    "fields",
    [
        {"years": "0", "basis": "规定"},
        {"years": "一百", "basis": "规定"},
        {"years": "101", "basis": "规定"},
        {"years": "10", "basis": ""},
        {"years": "10", "basis": "长" * 301},
    ],
)
def test_an_impossible_term_comes_back_filled(devices: Bureau, fields: dict[str, str]) -> None:
    answer = choose(devices, **fields)
    assert answer.status == 422
    assert fields["years"] in answer.text
    assert devices.rows("SELECT id FROM retention_choice") == []


CONTACTS = (*HEADS, "安全管理人员", "移动电话", "投入使用日期")


def contact(code: str, used_on: str, mobile: str = "13800000001", **bad: str) -> list[str]:
    return [*row(code, "锅炉", bad.get("kind", "锅炉")), "王大力", mobile, used_on]


def test_tables_of_imports_end_with_what_they_brought(devices: Bureau) -> None:
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    zhang = devices.context("zhang")
    over = [
        contact("1", "2010-05-01"),
        contact("2", "2024-05-01", "1.38E+15"),
        contact("3", "2024-05-01", kind="火箭"),
    ]
    ended = applied(zhang, checked(zhang, workbook(over, CONTACTS)), takes_good_rows=True)
    kept = applied(zhang, checked(zhang, workbook([contact("4", "2024-05-01")], CONTACTS)))
    choose(devices, years="10", basis="使用登记办法", is_carried_out="y")
    end_terms(DEVICES, TODAY, devices.now)
    page = f"/devices/device/import/{ended.uid}"
    client = devices.sign_in("zhang")
    assert client.get(f"{page}/errors").status == 200
    later = devices.now + dt.timedelta(hours=25)
    end_terms(DEVICES, TODAY, later)
    end_terms(DEVICES, TODAY, later)
    with reading():
        texts = [line.values + line.problems for line in ImportLine.select()]
        assert {file.digest for file in StoredFile.select()} == {kept.digest}
    assert sum("王大力" in text for text in texts) == 1
    assert not any("1.38E+15" in text for text in texts)
    sweep_orphans(later + dt.timedelta(hours=25))
    paths = [stored_path(digest) for digest in (ended.digest, ended.error_digest, kept.digest)]
    assert [path.exists() for path in paths] == [False, False, True]
    shown = client.get(page).words
    assert "表格已按保存期限清除" in shown
    assert "这一格的内容已按保存期限清除" in shown
    assert client.get(f"{page}/errors").status == 404
    action = "SELECT detail FROM audit_record WHERE action = 'core.end_retention' ORDER BY id"
    ((_,), (detail,)) = devices.rows(action)
    assert ended.digest in detail
    assert "使用登记办法" in detail


def test_table_that_was_only_checked_ends_when_it_is_as_old_itself(devices: Bureau) -> None:
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    zhang = devices.context("zhang")
    batch = checked(zhang, workbook([contact("5", "2024-05-01")], CONTACTS))
    choose(devices, years="10", basis="使用登记办法", is_carried_out="y")
    later = devices.now + dt.timedelta(hours=25)
    end_terms(DEVICES, TODAY, later)
    with reading():
        assert ImportBatch.get_by_id(batch.id).state == "checked"
    end_terms(DEVICES, (devices.now + dt.timedelta(days=3660)).date(), later)
    with reading():
        found = ImportBatch.get_by_id(batch.id)
        assert (found.state, found.digest) == ("failed", "")
        assert not any("王大力" in line.values for line in ImportLine.select())
        assert StoredFile.select().count() == 0


def test_file_that_something_else_holds_stays(devices: Bureau) -> None:
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    zhang = devices.context("zhang")
    content = workbook([contact("1", "2010-05-01")], CONTACTS)
    batch = applied(zhang, checked(zhang, content))
    with writing():
        stored = store(io.BytesIO(content), "设备.xlsx", 1 << 20, devices.now)
        attach("devices/device", 1, stored, zhang.account.id, devices.now)
    choose(devices, years="10", basis="使用登记办法", is_carried_out="y")
    end_terms(DEVICES, TODAY, devices.now + dt.timedelta(hours=25))
    with reading():
        assert ImportBatch.get_by_id(batch.id).digest == ""
        assert StoredFile.select().count() == 1


def test_no_such_register_is_not_found(devices: Bureau) -> None:
    security = devices.sign_in("security")
    assert security.get(f"{CONSOLE}/devices/nothing").status == 404
