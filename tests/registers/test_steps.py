"""What happened to a record is told: by imports, to its files, and that it is void."""

import pytest
from openbureau_devices.models import Device

from openbureau.base.context import Context
from openbureau.base.database import reading
from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Client

from .imported import applied, checked, row, workbook
from .test_pages import FORM, LIST, saved


@pytest.fixture
def zhang(devices: Bureau) -> Client:
    """Registers devices in her county."""
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    return devices.sign_in("zhang")


@pytest.fixture
def acting(devices: Bureau, zhang: Client) -> Context:
    """What she does without a browser."""
    return devices.context("zhang")


def test_void_record_says_so_among_what_was_found(zhang: Client) -> None:
    url = saved(zhang).location
    assert "已作废" not in zhang.get("/-/search?q=3110-01").words
    zhang.get(f"{url}/void")
    zhang.post(f"{url}/void", {"version": "1", "reason": "登记错误"})
    assert "已作废 · 3110" in zhang.get("/-/search?q=3110-01").words
    zhang.get(f"{url}/void")
    zhang.post(f"{url}/void", {"version": "2", "reason": "误作废"})
    assert "已作废" not in zhang.get("/-/search?q=3110-01").words


def test_import_that_changed_a_record_says_what(zhang: Client, acting: Context) -> None:
    applied(acting, checked(acting, workbook([row("D1")])))
    with reading():
        url = f"{LIST}/{Device.get().id}"
    assert "→" not in zhang.get(url).words
    applied(acting, checked(acting, workbook([row("D1", "热水锅炉")])))
    assert "导入；产品名称：蒸汽锅炉 → 热水锅炉" in zhang.get(url).words
    assert "导入；产品名称：蒸汽锅炉 → 热水锅炉" in zhang.get(f"{url}/history").words


def test_files_put_on_and_taken_off_are_told(devices: Bureau, zhang: Client) -> None:
    files = (("files", "合格证.txt", b"one\n"), ("files", "照片说明.txt", b"two\n"))
    zhang.get(f"{LIST}/new")
    url = zhang.post(f"{LIST}/new", FORM, files).location
    assert "添加附件；合格证.txt、照片说明.txt" in zhang.get(url).words
    [(uid,)] = devices.rows("SELECT uid FROM attachment WHERE name = '合格证.txt'")
    zhang.get(f"{url}/edit")
    fields = {**FORM, "version": "2", "remove": uid, "place": "人民路 1 号"}
    assert zhang.post(f"{url}/edit", fields).status == 303
    shown = zhang.get(url).words
    assert "移除附件；合格证.txt" in shown
    assert "使用地点：— → 人民路 1 号" in shown
    with reading():
        assert Device.get().version == 4
    acts = devices.rows("SELECT action, detail FROM audit_record WHERE realm = 'devices/device'")
    told = dict(acts)
    assert "照片说明.txt" in told["devices.attached_device"]
    assert "合格证.txt" in told["devices.detached_device"]
    assert "照片说明.txt" not in told["devices.detached_device"]


def test_untouched_files_leave_no_step(devices: Bureau, zhang: Client) -> None:
    url = saved(zhang).location
    zhang.get(f"{url}/edit")
    zhang.post(f"{url}/edit", {**FORM, "version": "1", "remove": "nothing"})
    assert devices.rows("SELECT action FROM record_change") == [("created",)]
