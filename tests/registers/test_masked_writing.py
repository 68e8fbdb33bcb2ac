"""Whoever may write but not read personal data: forms, merges, shared queries, doubles."""

import pytest
from openbureau_devices.models import Device

from openbureau.base.database import reading
from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Client

from .test_pages import saved
from .test_queries import keep

SEE_AND_WRITE = ("devices.list_device", "devices.write_device")


@pytest.fixture
def url(devices: Bureau) -> str:
    """Where the record of somebody who may read personal data is."""
    devices.grant("zhang", "devices.registrar", "530102", "unit")
    return saved(devices.sign_in("zhang")).location


@pytest.fixture
def writer(devices: Bureau) -> Client:
    """Writes in the same county, and sees masks."""
    devices.grant_permission("zhou", *SEE_AND_WRITE, unit="530102")
    return devices.sign_in("zhou")


def kept() -> tuple[str, str, str]:
    with reading():
        row = Device.get()
        return row.keeper, row.mobile, row.place


FORM = {
    "code": "3110-01",
    "name": "蒸汽锅炉",
    "kind": "boiler",
    "user": "昆明食品厂",
    "state": "used",
    "unit": "530102",
    "due_on": "20261215",
    "keeper": "李**",
    "mobile": "138****5678",
}


def test_the_form_holds_masks_and_leaves_what_they_hide(writer: Client, url: str) -> None:
    form = writer.get(f"{url}/edit")
    assert 'value="138****5678"' in form.text
    assert "13812345678" not in form.text
    assert "李四光" not in form.text
    sent = {**FORM, "version": "1", "place": "人民路 1 号"}
    assert writer.post(f"{url}/edit", sent).status == 303
    assert kept() == ("李四光", "13812345678", "人民路 1 号")
    writer.get(f"{url}/edit")
    sent = {**FORM, "version": "2", "place": "人民路 1 号", "mobile": "13900000000"}
    assert writer.post(f"{url}/edit", sent).status == 303
    assert kept() == ("李四光", "13900000000", "人民路 1 号")


def test_a_merge_tells_nothing_of_what_is_masked(devices: Bureau, writer: Client, url: str) -> None:
    writer.get(f"{url}/edit")
    zhang = devices.sign_in("zhang")
    zhang.get(f"{url}/edit")
    theirs = {**FORM, "keeper": "李四光", "mobile": "13911112222", "version": "1"}
    assert zhang.post(f"{url}/edit", theirs).status == 303
    merged = writer.post(f"{url}/edit", {**FORM, "mobile": "13700000000", "version": "1"})
    assert merged.status == 409
    for number in ("13812345678", "13911112222", "李四光"):
        assert number not in merged.text
    assert "139****2222" in merged.words
    for guess in ("13911112222", "13812345678"):
        same = writer.post(f"{url}/edit", {**FORM, "mobile": guess, "version": "1"})
        assert (same.status, same.words.count("移动电话 138****5678")) == (409, 1), guess
    untouched = writer.post(f"{url}/edit", {**FORM, "place": "别处", "version": "1"})
    assert untouched.status == 409
    assert 'value="139****2222"' in untouched.text


def test_a_mask_is_no_value(devices: Bureau, url: str) -> None:
    zhang = devices.sign_in("zhang")
    refused = saved(zhang, code="3110-02", mobile="138****5678")
    assert refused.status == 422
    assert "这是遮盖后的内容" in refused.words


def test_a_query_by_personal_data_is_not_shared(devices: Bureau, url: str) -> None:
    zhang = devices.sign_in("zhang")
    address = "field=mobile&op=is&value=13812345678"
    assert keep(zhang, address, "按电话").status == 303
    refused = keep(zhang, address, "按电话二", "530102")
    assert refused.status == 422
    assert "条件中有个人信息" in refused.words


def test_a_double_in_another_unit_is_not_named(devices: Bureau, url: str) -> None:
    devices.grant("zhao", "devices.registrar", "530103", "unit")
    refused = saved(devices.sign_in("zhao"), unit="530103", name="别的锅炉")
    assert refused.status == 422
    assert "不在您的查看范围内" in refused.words
    assert "蒸汽锅炉" not in refused.words


def test_a_right_guess_is_written_like_a_wrong_one(writer: Client, url: str) -> None:
    writer.get(f"{url}/edit")
    guess = {**FORM, "version": "1", "mobile": "13812345678"}
    assert writer.post(f"{url}/edit", guess).status == 303
    with reading():
        assert Device.get().version == 2
