"""The pages of an export: asked, made at once or by a job, reason, trail, file, end of its time."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from openbureau_devices.models import Device

from openbureau.base.database import reading, writing
from openbureau.kernel.access.models import Role, RoleGrant
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.files.actions import sweep_orphans
from openbureau.kernel.units.models import Unit
from openbureau.kit.registers.exports.ordering import KEPT_FOR
from openbureau.kit.registers.models import BulkRun
from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Answer, Client

from .exported import device, keep

URL = "/devices/device/export"
HERE = Path(__file__).parent
# With its metadata the plugin is one of the installed ones.
EXAMPLE = f"{HERE / 'example'}:{HERE / 'installed'}"


@pytest.fixture
def zhang(devices: Bureau) -> Client:
    """Registers devices in her county, contacts readable."""
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    return devices.sign_in("zhang")


def export(client: Client, **fields: str) -> Answer:
    client.get(URL)
    given = {"format": "csv", "columns": "all", "personal": "masked", "shown": "code,name"}
    return client.post(URL, {**given, **fields})


def rows(answer: Answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))


def trail(bureau: Bureau) -> list[Any]:
    return bureau.rows("SELECT detail FROM audit_record WHERE action = 'devices.exported_device'")


def many(total: int) -> None:
    with writing():
        made = [device(number) for number in range(total)]
        for start in range(0, total, 500):
            Device.insert_many(made[start : start + 500]).execute()


def test_page_says_what_will_be_exported(zhang: Client) -> None:
    keep([device(1), device(2, kind="lift")])
    found = zhang.get(f"{URL}?kind=lift&page=3&columns=code")
    for words in ("条数 1", "设备种类 等于 电梯", "产品名称", "遮盖", "全部列"):
        assert words in found.words
    assert 'name="address" value="kind=lift&amp;columns=code"' in found.text


def test_small_export_comes_at_once_under_its_name(devices: Bureau, zhang: Client) -> None:
    keep([device(1, keeper="欧阳锋"), device(2, kind="lift")])
    answer = zhang.follow(export(zhang, address="kind=boiler", columns="shown"))
    assert rows(answer) == [["设备代码", "产品名称"], ["D00001", "蒸汽锅炉"]]
    assert "%E8%AE%BE%E5%A4%87_2" in answer.headers["content-disposition"]
    ((detail,),) = trail(devices)
    for words in (
        "设备种类 等于 锅炉",
        '"total":1',
        '"personal":"无"',
        '"columns":["code","name"]',
    ):
        assert words in detail.replace(": ", ":")


def test_readable_personal_data_needs_a_reason(devices: Bureau, zhang: Client) -> None:
    keep([device(1, keeper="欧阳锋")])
    refused = export(zhang, personal="full", reason=" ")
    assert (refused.status, "请写明事由" in refused.words) == (422, True)
    assert trail(devices) == []
    answer = zhang.follow(export(zhang, personal="full", reason="年度核查"))
    assert "欧阳锋" in answer.text
    ((detail,),) = trail(devices)
    assert "年度核查" in detail
    assert "完整" in detail
    assert "欧**" in zhang.follow(export(zhang)).text


def test_reader_without_the_right_gets_masks_whatever_is_sent(devices: Bureau) -> None:
    devices.grant("sun", "devices.reader", "530102", "unit")
    sun = devices.sign_in("sun")
    keep([device(1, keeper="欧阳锋")])
    assert "是遮盖的" in sun.get(URL).words
    answer = sun.follow(export(sun, personal="full", reason="想看"))
    assert "欧**" in answer.text
    assert "欧阳锋" not in answer.text


def test_long_export_is_a_job_with_a_file_for_a_week(devices: Bureau, zhang: Client) -> None:
    many(5100)
    waiting = zhang.follow(export(zhang))
    assert "可以离开这一页" in waiting.words
    assert export(zhang).status == 409
    devices.run_jobs()
    done = zhang.get(waiting.url)
    assert "下载 五华区局_设备_" in done.words
    answer = zhang.get(f"{waiting.url}/file")
    assert len(rows(answer)) == 5101
    sweep_orphans(devices.now + KEPT_FOR * 0.9)
    assert zhang.get(f"{waiting.url}/file").status == 200
    sweep_orphans(devices.now + KEPT_FOR * 1.1)
    assert zhang.get(f"{waiting.url}/file").status == 404
    assert "文件已过期" in zhang.get(waiting.url).words


def test_cancelled_export_leaves_no_file(devices: Bureau, zhang: Client) -> None:
    many(5100)
    waiting = zhang.follow(export(zhang))
    zhang.get(waiting.url)
    zhang.post(f"{waiting.url}/cancel")
    devices.run_jobs()
    with reading():
        run = BulkRun.get()
    assert (run.state, run.digest) == ("cancelled", "")
    assert trail(devices) == []


def test_files_of_others_are_not_shown(devices: Bureau, zhang: Client) -> None:
    keep([device(1)])
    url = export(zhang).location
    devices.grant("zhou", "devices.registrar", "530102", "unit")
    zhou = devices.sign_in("zhou")
    for address in (url, url.removesuffix("/file")):
        assert zhou.get(address).status == 404


def test_file_is_given_while_the_person_may_see_what_it_holds(
    devices: Bureau, zhang: Client
) -> None:
    devices.grant("zhang", "devices.registrar", "530103", "unit")
    keep([device(1, keeper="欧阳锋"), device(2, "530103", keeper="黄蓉", kind="lift")])
    full = export(zhang, personal="full", reason="年度核查").location
    own = export(zhang, personal="full", reason="年度核查", address="kind=boiler").location
    masked = export(zhang).location
    assert "黄蓉" in zhang.get(full).text
    with writing():
        there = Unit.get(Unit.code == "530103")
        RoleGrant.update(ended_at=devices.now).where(RoleGrant.unit == there).execute()
        bump_epoch("access")
    assert [zhang.get(url).status for url in (full, own, masked)] == [403, 200, 200]
    full = own
    with writing():
        RoleGrant.update(ended_at=devices.now).execute()
        bump_epoch("access")
    refused = zhang.get(full)
    assert (refused.status, "无权查看的完整个人信息" in refused.words) == (403, True)
    assert "欧阳锋" not in refused.text
    assert "欧**" in zhang.get(masked).text
    with writing():
        Role.update(is_default=False).execute()
        bump_epoch("access")
    assert [zhang.get(url).status for url in (full, masked)] == [403, 403]


def test_export_stays_open_where_the_plugin_can_only_be_read(
    devices: Bureau, zhang: Client
) -> None:
    keep([device(1)])
    devices.enable("devices", state="readonly")
    assert zhang.follow(export(zhang)).status == 200
    shown = zhang.get("/devices/device")
    assert shown.words.count("只能查阅，不能办理") == 1
    assert not [word for word in ("/import", "device/new", 'name="act"') if word in shown.text]
    for form in ("new", "import", "1/edit", "1/void", "bulk?act=idle&record=1"):
        refused = zhang.get(f"/devices/device/{form}")
        assert (refused.status, "只能查阅，不能办理" in refused.words) == (403, True), form
    zhang.get(URL)
    assert zhang.post("/devices/device/bulk", {"act": "idle", "record": "1"}).status == 403
    assert zhang.post("/devices/device/columns", {"columns": "code"}).status == 303


BAD_WISHES: tuple[tuple[dict[str, str], int], ...] = (
    ({"format": "exe"}, 422),
    ({"columns": "some"}, 422),
    ({"shown": "nothing,,rocket"}, 303),
    ({"address": "kind=rocket&sort=x&field=1&op=2&value=3&due_on=..x"}, 422),
    ({"address": "kind=boiler&kind=lift"}, 422),
    ({"reason": "长" * 300, "personal": "full"}, 422),
)


def test_bad_wishes_are_told_or_left_out(zhang: Client) -> None:
    keep([device(1)])
    for fields, status in BAD_WISHES:
        assert export(zhang, **fields).status == status, fields


REFUSED = (
    (("--out", "a.pdf"), "EXP-001"),
    (("--out", "a.csv", "--filter", "name=x"), "EXP-003"),
    (("--out", "a.csv", "--columns", "x"), "EXP-004"),
    (("--out", "a.csv", "--query", "due_on=..x"), "EXP-005"),
    (("--out", "a.csv", "--filter", "kind=lift", "--filter", "kind=ride"), "EXP-005"),
    (("--out", "a.csv", "--filter", "unit=999999"), "EXP-005"),
    (("--out", "a.csv", "--query", "kinds=lift"), "EXP-008"),
    (("--out", "a.csv", "--query", "field=kinds&op=is&value=lift"), "EXP-008"),
)


def test_command_exports_what_is_asked(devices: Bureau, database_url: str, tmp_path: Path) -> None:
    keep([device(1, keeper="欧阳锋"), device(2, "530103", kind="lift")])
    out = tmp_path / "设备.csv"

    def run(*arguments: str) -> dict[str, Any]:
        data = str(devices.installation.settings.data)
        given = ["--data", data, "export", "devices/device", *arguments, "--json"]
        ran = subprocess.run(
            [sys.executable, "-m", "openbureau", *given],
            env={**os.environ, "OPENBUREAU_DATABASE": database_url, "PYTHONPATH": EXAMPLE},
            capture_output=True,
            check=False,
        )
        found: dict[str, Any] = json.loads(ran.stdout)
        assert ran.returncode == (0 if "rows" in found else ran.returncode)
        return found.get("error", found)

    found = run("--out", str(out))
    assert (found["rows"], found["personal"]) == (2, "masked")
    assert "欧**" in out.read_text("utf-8-sig")
    assert run("--out", str(out))["code"] == "EXP-002"
    given = ("--out", str(out), "--force", "--filter", "kind=boiler", "--columns", "code,keeper")
    found = run(*given, "--reason", "交接")
    assert (found["rows"], found["query"]) == (1, "设备种类 等于 锅炉")
    assert out.read_text("utf-8-sig").splitlines() == ["设备代码,安全管理人员", "D00001,欧阳锋"]
    devices.grant("zhang", "devices.reader", "530102", "unit")
    assert run("--out", str(out), "--force", "--as", "zhang")["rows"] == 1
    assert "交接" in trail(devices)[1][0]
    devices.grant_permission("sun", "devices.list_device", unit="530103")
    found = run("--out", str(out), "--force", "--as", "sun", "--reason", "交接")
    assert (found["rows"], found["personal"]) == (1, "masked")
    assert [json.loads(detail)["personal"] for (detail,) in trail(devices)].count("完整") == 1
    for arguments, code in REFUSED:
        assert run(*arguments)["code"] == code
    assert run("--out", str(tmp_path / "no" / "a.csv"))["code"] == "EXP-007"
    assert sorted(tmp_path.glob(".export-*")) == []
