"""通讯录: who is listed, in which order, found by what; on paper and as vCards."""

import datetime as dt
import re

import pytest

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.files.storage import content_path
from openbureau.kernel.units.models import Unit
from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Client

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
def listed(either_bureau: Bureau) -> Bureau:
    """Numbers, rooms and ranks for the cast."""
    numbers = {
        "li": ("0871-63150001", "13888123401", "301"),
        "zhang": ("0871-65550102", "13988555502", "B-12"),
        "zhou": ("0871-65550103", "", "201"),
        "zhao": ("0877-2020402", "", ""),
    }
    with writing():
        for login, (phone, mobile, room) in numbers.items():
            Account.update(phone=phone, mobile=mobile, room=room).where(
                Account.login == login
            ).execute()
        Post.update(rank=1, nature="acting").where(
            Post.account == Account.get(Account.login == "zhou")
        ).execute()
    return either_bureau


def names(client: Client, url: str) -> list[str]:
    """The names of a list, in its order."""
    answer = client.get(url)
    assert answer.status == 200
    return re.findall(r'<td class="cell-main"><a href="/-/people/\w+">([^<]+)</a>', answer.text)


def test_one_s_own_unit_comes_first_in_order_of_rank(listed: Bureau) -> None:
    client = listed.sign_in("zhang")
    assert names(client, "/-/contacts") == ["周云", "张晓梅"]
    words = client.get("/-/contacts").words
    assert "主持工作" in words


def test_a_unit_with_all_below_follows_the_official_order_of_units(listed: Bureau) -> None:
    client = listed.sign_in("li")
    assert names(client, "/-/contacts/530100") == ["王文松"]
    assert names(client, "/-/contacts/530100?all=1") == ["王文松", "周云", "张晓梅", "孙玉兰"]
    assert names(client, "/-/contacts/530000?all=1")[0] == "李志华"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("晓梅", ["张晓梅"]),
        ("zxm", ["张晓梅"]),
        ("zhangxiao", ["张晓梅"]),
        ("5502", ["张晓梅"]),
        ("65550102", ["张晓梅"]),
        ("0871-6555", ["周云", "张晓梅"]),
        ("ｂ-12", ["张晓梅"]),
        ("301", ["李志华"]),
        ("副局长", ["周云"]),
        ("%", []),
        ("_", []),
        ("'; DROP TABLE account", []),
        ("管理员", []),
    ],
)
def test_people_are_found_by_name_sound_number_room_and_title(
    listed: Bureau, words: str, found: list[str]
) -> None:
    client = listed.sign_in("li")
    assert names(client, f"/-/contacts?q={words}") == found


def test_who_left_or_is_not_there_yet_is_absent(listed: Bureau) -> None:
    today = dt.datetime.now(dt.UTC).date()
    with writing():
        Account.update(state="archived").where(Account.login == "zhou").execute()
        Post.update(ends_on=today - dt.timedelta(days=2)).where(
            Post.account == Account.get(Account.login == "zhang")
        ).execute()
    client = listed.sign_in("li")
    assert names(client, "/-/contacts/530102") == []
    uid = Account.get(Account.login == "zhou").uid
    assert client.get(f"/-/people/{uid}/card").status == 404


def test_a_second_post_is_listed_where_it_is(listed: Bureau) -> None:
    listed.give_post("li", "530103", "挂职副局长")
    client = listed.sign_in("li")
    assert names(client, "/-/contacts/530103") == ["李志华", "孙玉兰"]


def test_long_lists_are_paged_without_gaps(listed: Bureau) -> None:
    with writing():
        for number in range(130):
            account = Account.create(
                login=f"p{number}", name=f"测试{number:03}", created_at=listed.now
            )
            place = ("530102", "530103")[number % 2]
            Post.create(account=account, unit=Unit.get(Unit.code == place), rank=number + 200)
    client = listed.sign_in("li")
    pages = [names(client, f"/-/contacts/530100?all=1&page={page}") for page in (1, 2, 3, 99)]
    assert [len(page) for page in pages] == [50, 50, 34, 34]
    whole = [*pages[0], *pages[1], *pages[2]]
    assert len(set(whole)) == 134
    assert whole[:3] == ["王文松", "周云", "张晓梅"]
    assert "第 51–100 条，共 134 条" in client.get("/-/contacts/530100?all=1&page=2").words


def test_a_branch_of_the_tree_loads_lazily_and_works_without_scripts(listed: Bureau) -> None:
    client = listed.sign_in("li")
    part = client.part("/-/contacts/530100/branch")
    assert 'href="/-/contacts/530102"' in part.text
    assert client.get("/-/contacts/530100/branch").location == "/-/contacts/530100"
    assert client.get("/-/contacts/nowhere").status == 404


def test_numbers_can_be_dialled(listed: Bureau) -> None:
    text = listed.sign_in("zhang").get("/-/contacts").text
    assert '<a href="tel:0871-65550102">0871-65550102</a>' in text


def test_the_printed_list_names_every_unit_and_person(listed: Bureau) -> None:
    answer = listed.sign_in("li").get("/-/contacts/530100/print")
    words = answer.words
    places = [words.index(word) for word in ("王文松", "周云", "张晓梅", "孙玉兰")]
    assert places == sorted(places)
    assert "昆明市五华区质量技术监督局" in words
    assert "制表人" in words


def test_one_person_s_card(listed: Bureau) -> None:
    client = listed.sign_in("li")
    uid = Account.get(Account.login == "zhang").uid
    answer = client.get(f"/-/people/{uid}/card?version=3.0")
    assert answer.headers["content-type"] == "text/vcard; charset=utf-8"
    assert "VERSION:3.0" in answer.text
    assert "FN:张晓梅" in answer.text
    assert "filename" in answer.headers["content-disposition"]


def test_cards_of_a_unit_are_an_export_and_recorded(listed: Bureau) -> None:
    client = listed.sign_in("li")
    client.get("/-/contacts/530100?all=1")
    answer = client.post("/-/contacts/530100/cards", {"all": "1"})
    assert answer.status == 200
    assert answer.text.count("BEGIN:VCARD") == 4
    row = AuditRecord.select().where(AuditRecord.action == "core.export_contacts").get()
    assert '"people":4' in row.detail
    assert client.post("/-/contacts/530100/cards", is_bare=True).status == 403


def test_a_photo_is_shown_and_kept_by_the_browser(listed: Bureau) -> None:
    digest = "ab" * 32
    path = content_path(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(PNG)
    with writing():
        Account.update(photo=digest).where(Account.login == "zhang").execute()
    client = listed.sign_in("li")
    uid = Account.get(Account.login == "zhang").uid
    assert f'src="/-/people/{uid}/photo?v=abababababab"' in client.get(f"/-/people/{uid}").text
    answer = client.get(f"/-/people/{uid}/photo")
    assert answer.headers["content-type"] == "image/png"
    assert "private" in answer.headers["cache-control"]
    other = Account.get(Account.login == "zhou").uid
    assert client.get(f"/-/people/{other}/photo").status == 404
    assert listed.client().get(f"/-/people/{uid}/photo").status == 303
