"""The pages of an import and its command: upload, faults, repair, receipt, undo, jobs."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openbureau_devices.models import Device

from openbureau.base.database import reading
from openbureau.base.sheets import Limits, sheet_rows
from openbureau.kit.registers.models import ImportBatch
from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Answer, Client

from .imported import HEADS, row, text, workbook

HERE = Path(__file__).parent
# With its metadata the plugin is one of the installed ones.
EXAMPLE = f"{HERE / 'example'}:{HERE / 'installed'}"
URL = "/devices/device/import"


@pytest.fixture
def zhang(devices: Bureau) -> Client:
    """Registers devices in her county."""
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    return devices.sign_in("zhang")


def upload(client: Client, content: bytes, name: str = "设备.xlsx") -> Answer:
    client.get(URL)
    return client.post(URL, files=[("table", name, content)])


def post(client: Client, url: str, **fields: str) -> Answer:
    client.get(url.rpartition("/")[0] if url.endswith("/apply") else url)
    return client.post(url, fields)


def total() -> int:
    with reading():
        return Device.select().where(Device.voided_at.is_null()).count()


def rows_of(answer: Answer, folder: Path) -> list[list[Any]]:
    path = folder / "sheet.xlsx"
    path.write_bytes(answer.body)
    return list(sheet_rows(path, Limits(300)))


def test_template_is_filled_in_and_imported(zhang: Client, tmp_path: Path) -> None:
    answer = zhang.get(f"{URL}/template")
    assert "attachment" in answer.headers["content-disposition"]
    heads = rows_of(answer, tmp_path)
    assert heads[0][:3] == ["设备代码", "产品名称", "设备种类"]
    assert len(heads) == 1
    with zipfile.ZipFile(io.BytesIO(answer.body)) as book:
        assert book.read("xl/worksheets/sheet1.xml").count(b"<dataValidation ") == 4
        assert "说明" in book.read("xl/workbook.xml").decode()
    assert "import/template" in zhang.get(URL).text


def test_faults_are_repaired_uploaded_again_imported_and_undone(
    zhang: Client, tmp_path: Path
) -> None:
    found = zhang.follow(upload(zhang, workbook([row("1"), row("2", "锅炉", "火箭")])))
    for words in ("已检查，未导入", "有 1 行不能导入", "不在可选的值中", "只导入正确的 1 行"):
        assert words in found.words
    assert total() == 0
    back = rows_of(zhang.get(f"{found.url}/errors"), tmp_path)
    assert "不在可选的值中" in back[2][-1]
    back[2][2] = "电梯"
    repaired = zhang.follow(upload(zhang, workbook(back[1:], back[0]), "改正.xlsx"))
    assert "新增 2" in repaired.words
    done = zhang.follow(post(zhang, f"{repaired.url}/apply"))
    assert "已导入 2 条" in done.words
    assert total() == 2
    assert "蒸汽锅炉" in zhang.get("/devices/device").words
    assert post(zhang, f"{repaired.url}/undo").status == 422
    gone = zhang.follow(post(zhang, f"{repaired.url}/undo", reason="导错了"))
    assert "已撤销 2 条" in gone.words
    assert total() == 0
    assert "改正.xlsx" in zhang.get(URL).words


def test_good_rows_only_by_choice(zhang: Client) -> None:
    found = zhang.follow(upload(zhang, workbook([row("1"), row("2", "锅炉", "火箭")])))
    refused = post(zhang, f"{found.url}/apply")
    assert (refused.status, "明确选择" in refused.words) == (422, True)
    assert post(zhang, f"{found.url}/apply", take_good_rows="1").status == 303
    assert total() == 1
    assert post(zhang, f"{found.url}/apply", take_good_rows="1").status == 409


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"x", "a.docx", "内容与扩展名不符"),
        (b"\x89PNG\r\n\x1a\nxxxxxxxxxxxx", "a.png", "请上传 .xlsx"),
        (workbook([row("1")])[:2000], "a.xlsx", "内容与扩展名不符"),
        (workbook([["1"]], ["名"]), "a.xlsx", "没有找到列名"),
        (b"\xff\xfe\x00\x01", "a.csv", "内容与扩展名不符"),
    ],
)
def test_tables_that_are_none_come_back_with_a_sentence(
    zhang: Client, content: bytes, name: str, said: str
) -> None:
    answer = upload(zhang, content, name)
    assert (answer.status, said in answer.words) == (422, True), answer.words
    assert upload(zhang, b"", "").status == 422


def test_long_table_is_checked_and_written_by_jobs(devices: Bureau, zhang: Client) -> None:
    content = text([row(str(number)) for number in range(5200)])
    waiting = zhang.follow(upload(zhang, content, "多.csv"))
    assert "可以离开这一页" in waiting.words
    assert zhang.part(f"{waiting.url}?progress=1").status == 200
    assert upload(zhang, content, "多.csv").status == 409
    devices.run_jobs()
    answer = zhang.part(f"{waiting.url}?progress=1")
    assert answer.headers["hx-refresh"] == "true"
    assert "新增 5,200" in zhang.get(waiting.url).words
    post(zhang, f"{waiting.url}/apply")
    assert "正在导入" in zhang.get(waiting.url).words
    devices.run_jobs()
    assert "已导入 5,200 条" in zhang.get(waiting.url).words
    assert total() == 5200
    post(zhang, f"{waiting.url}/undo", reason="导错了")
    devices.run_jobs()
    assert "已撤销 5,200 条" in zhang.get(waiting.url).words
    assert total() == 0


def test_whoever_may_not_write_any_more_is_stopped(devices: Bureau, zhang: Client) -> None:
    content = text([row(str(number)) for number in range(1200)])
    found = zhang.follow(upload(zhang, content, "多.csv"))
    post(zhang, f"{found.url}/apply")
    devices.enable("devices", state="readonly")
    devices.run_jobs()
    with reading():
        batch = ImportBatch.get()
        assert (batch.state, batch.done_total) == ("failed", 0)
    assert total() == 0


def test_batches_of_others_are_neither_shown_nor_written(devices: Bureau, zhang: Client) -> None:
    found = zhang.follow(upload(zhang, workbook([row("1")])))
    devices.grant("sun", "devices.registrar", "530103", "unit")
    sun = devices.sign_in("sun")
    for path in ("", "/errors", "/undo"):
        assert sun.get(found.url + path).status == 404
    assert "设备.xlsx" not in sun.get(URL).words
    devices.grant("zhou", "devices.registrar", "530102", "unit")
    zhou = devices.sign_in("zhou")
    zhou.get(URL)
    assert zhou.get(found.url).status == 200
    assert zhou.post(f"{found.url}/apply").status == 403
    assert devices.sign_in("zhao").get(URL).status == 403


def test_rows_are_shown_to_whoever_may_see_what_is_personal(devices: Bureau, zhang: Client) -> None:
    heads = (*HEADS, "移动电话")
    rows = [[*row("1"), "13812345678"], [*row("2", "锅炉", "火箭"), "13912345678"]]
    found = zhang.follow(upload(zhang, workbook(rows, heads)))
    writer = ("devices.list_device", "devices.write_device")
    devices.grant_permission("sun", *writer, unit="530102")
    sun = devices.sign_in("sun")
    assert "设备.xlsx" in sun.get(URL).words
    seen = sun.get(found.url)
    assert (seen.status, "错误 1" in seen.words) == (200, True)
    for words in ("逐行说明", "不在可选的值中", "下载标出错误的表格", "/errors", "请下载"):
        assert words in found.text
        assert words not in seen.text
    assert sun.get(f"{found.url}/errors").status == 404
    assert zhang.get(f"{found.url}/errors").status == 200
    devices.grant("zhou", "devices.registrar", "530102", "unit")
    zhou = devices.sign_in("zhou")
    assert "逐行说明" in zhou.get(found.url).words
    assert zhou.get(f"{found.url}/errors").status == 200


def test_command_checks_and_imports(devices: Bureau, database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "设备.xlsx"
    path.write_bytes(workbook([row("1"), row("2", "锅炉", "火箭")]))

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        data = str(devices.installation.settings.data)
        given = ["--data", data, "import", "devices/device", str(path), *arguments, "--json"]
        ran = subprocess.run(
            [sys.executable, "-m", "openbureau", *given],
            env={**os.environ, "OPENBUREAU_DATABASE": database_url, "PYTHONPATH": EXAMPLE},
            capture_output=True,
            check=False,
        )
        found = json.loads(ran.stdout)
        return ran.returncode, found.get("error", found)

    status, found = run("--check")
    assert (status, found["new"], found["errors"], found["written"]) == (0, 1, 1, 0)
    assert Path(found["error_workbook"]).is_file()
    assert run("--apply")[1]["code"] == "REG-004"
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    status, found = run("--apply")
    assert (status, found["code"], total()) == (1, "IMP-002", 0)
    assert "--take-good-rows" in found["message_en"]
    status, found = run("--apply", "--take-good-rows")
    assert (status, found["state"], found["written"], total()) == (0, "applied", 1, 1)
    with reading():
        assert Device.get().unit.code == "530102"
    devices.grant("zhou", "devices.registrar", "530102", "unit")
    refused = run("--apply")[1]
    assert refused["code"] == "REG-004"
    assert "zhang, zhou" in refused["message"]
    assert run("--check", "--as", "zhang")[0] == 0
    assert "REG-003" in run("--check", "--as", "zhao")[1]["code"]
    assert "IMP-001" in run()[1]["code"]
    path.write_bytes(b"PK")
    assert "扩展名不符" in run("--check")[1]["message"]
    path.unlink()
    assert "IMP-005" in run("--check")[1]["code"]
