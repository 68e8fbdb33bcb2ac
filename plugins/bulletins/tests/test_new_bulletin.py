"""The empty form: for those who may write."""

import re

import pytest

from openbureau.testing.bureau import Bureau

from .conftest import NEW


def test_writer_gets_a_form_that_works_without_scripts(on: Bureau) -> None:
    page = on.sign_in("li").get(NEW)
    assert page.status == 200
    assert 'method="post" enctype="multipart/form-data"' in page.text
    assert '<textarea class="input" id="receivers-names" name="receivers-names"' in page.text


def test_picker_offers_only_units_the_person_publishes_to(on: Bureau) -> None:
    client = on.sign_in("wang")
    page = client.get(NEW)
    kinds, within = re.findall(r'data-kinds="([^"]*)" data-within="([^"]*)"', page.text)[0]
    panel = client.part(f"/-/pick?tab=tree&kinds={kinds}&within={within}").text
    below = client.part(f"/-/pick?tab=tree&unit=530100&kinds={kinds}&within={within}").text
    assert 'data-value="unit:530100"' in panel
    assert 'data-value="subtree:530100"' in below
    assert "subtree:530000" not in panel
    assert "530400" not in panel
    assert "person:" not in below


def test_writer_who_may_not_publish_is_told_who_does(on: Bureau) -> None:
    on.grant_permission("zhang", "bulletins.write_bulletin", unit="530102")
    page = on.sign_in("zhang").get(NEW)
    assert "发布由本单位的发布人办理" in page.text
    assert "预览并发布" not in page.text


@pytest.mark.parametrize("login", ["zhang", "zhou", "zhao", "system"])
def test_reader_gets_403(on: Bureau, login: str) -> None:
    assert on.sign_in(login).get(NEW).status == 403


def test_anonymous_signs_in_and_comes_back(on: Bureau) -> None:
    answer = on.client().get(NEW)
    assert answer.status == 303
    assert answer.location == "/-/sign-in?next=/bulletins/bulletin/new"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_wrong_method_gets_405(on: Bureau, method: str) -> None:
    assert on.sign_in("li").get(NEW, method=method).status == 405
