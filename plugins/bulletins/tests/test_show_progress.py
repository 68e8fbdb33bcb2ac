"""Who has read it, by unit."""

import re

import pytest

from openbureau.testing.bureau import Bureau

from .conftest import address, draft, publish, withdraw


def fractions(words: str) -> list[str]:
    return re.findall(r"(?<!\d)\d+/\d+(?!\d)", words)


def test_totals_stand_by_unit_in_official_order(either_on: Bureau) -> None:
    bulletin = publish(either_on.sign_in("li"))
    either_on.run_jobs()
    either_on.sign_in("zhang").get(address(bulletin))
    page = either_on.sign_in("li").get(address(bulletin, "progress"))
    assert fractions(page.words) == ["1/4", "0/1", "1/2", "0/1"]
    assert page.text.index("五华区质量") < page.text.index("盘龙区质量")


def test_person_of_two_units_is_counted_once(on: Bureau) -> None:
    on.give_post("zhang", "530103")
    bulletin = publish(on.sign_in("li"))
    on.run_jobs()
    page = on.sign_in("li").get(address(bulletin, "progress"))
    assert fractions(page.words) == ["0/4", "0/1", "0/2", "0/1"]


def test_unit_opens_as_a_fragment_and_as_a_page(on: Bureau) -> None:
    bulletin = publish(on.sign_in("li"))
    on.run_jobs()
    client = on.sign_in("li")
    url = address(bulletin, "progress?unit=530102")
    part, page = client.part(url), client.get(url)
    for answer in (part, page):
        assert "张晓梅" in answer.text
        assert "孙玉兰" not in answer.text
    assert "<html" not in part.text
    assert "<html" in page.text


def test_unknown_unit_shows_nobody(on: Bureau) -> None:
    bulletin = publish(on.sign_in("li"))
    on.run_jobs()
    assert "张晓梅" not in on.sign_in("li").part(address(bulletin, "progress?unit=999")).text


def test_people_who_read_before_withdrawal_stay_on_record(on: Bureau) -> None:
    author = on.sign_in("li")
    bulletin = publish(author)
    on.run_jobs()
    on.sign_in("zhang").get(address(bulletin))
    withdraw(author, bulletin)
    assert fractions(author.get(address(bulletin, "progress")).words)[0] == "1/4"


@pytest.mark.parametrize("login", ["zhang", "zhao", "wang"])
def test_reader_stranger_and_colleague_without_the_right_get_404(on: Bureau, login: str) -> None:
    bulletin = publish(on.sign_in("li"))
    assert on.sign_in(login).get(address(bulletin, "progress")).status == 404
    assert on.sign_in(login).part(address(bulletin, "progress?unit=530102")).status == 404


def test_superior_publisher_sees_a_lower_units_progress(on: Bureau) -> None:
    bulletin = publish(on.sign_in("wang"))
    assert on.sign_in("li").get(address(bulletin, "progress")).status == 200


def test_draft_and_bad_id_get_404_and_wrong_method_405(on: Bureau) -> None:
    client = on.sign_in("li")
    assert client.get(address(draft(client), "progress")).status == 404
    assert client.get(address(999, "progress")).status == 404
    assert client.get(address(1, "progress"), method="POST").status == 405
