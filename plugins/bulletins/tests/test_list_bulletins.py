"""The lists: what each person sees, exact totals, paging by position, 304, statements."""

import datetime as dt
import re
from html import unescape

import pytest

from openbureau import Account, Unit, set_participants, writing
from openbureau.testing.bureau import Bureau, Client
from openbureau.testing.statements import statements
from openbureau_bulletins.models import PUBLISHED, REALM, Bulletin

from .conftest import TITLE, address, draft, publish

LIST = "/bulletins/"


def fill(bureau: Bureau, total: int, holders: tuple[str, ...] = ("subtree:530100",)) -> None:
    """Published bulletins of 省局, five to a minute; holders take turns."""
    with writing():
        units = {unit.code: unit.id for unit in Unit.select()}
        author = Account.get(Account.login == "li")
        for number in range(total):
            at = bureau.now - dt.timedelta(minutes=number // 5)
            row = Bulletin.create(
                title=f"公告{number:04}",
                body="正文",
                state=PUBLISHED,
                unit=units["530000"],
                account=author,
                created_at=at,
                updated_at=at,
                published_at=at,
            )
            kind, _, code = holders[number % len(holders)].partition(":")
            set_participants(REALM, row.id, "reader", [f"{kind}:{units[code]}"], at)


def titles(text: str) -> list[str]:
    return re.findall(r">(公告\d{4})</a>", text)


def walk(client: Client, url: str, rel: str) -> tuple[list[list[str]], str]:
    """(titles page by page, address of the last page) following one link to its end."""
    pages, link = [], url
    while True:
        text = client.get(link).text
        pages.append(titles(text))
        found = re.search(rf'rel="{rel}" href="([^"]+)"', text)
        if found is None:
            return pages, link
        link = unescape(found[1])


@pytest.mark.parametrize("viewer", ["zhang", "li"])
def test_paging_forth_and_back_gives_every_bulletin_once(either_on: Bureau, viewer: str) -> None:
    fill(either_on, 120, ("subtree:530100", "unit:530102", "subtree:530000"))
    either_on.give_post("zhang", "530103")
    either_on.give_post("zhang", "530400")
    client = either_on.sign_in(viewer)
    first = LIST if viewer == "zhang" else f"{LIST}?tab=sent"
    forth, last = walk(client, first, "next")
    back, _ = walk(client, last, "prev")
    everything = [title for page in forth for title in page]
    assert sorted(everything) == [f"公告{n:04}" for n in range(120)]
    assert [len(page) for page in forth] == [50, 50, 20]
    assert back == forth[::-1]


def test_total_is_exact_for_a_person_with_several_posts(either_on: Bureau) -> None:
    fill(either_on, 61, ("unit:530102", "unit:530103", "subtree:530100"))
    one, several = either_on.sign_in("zhang"), either_on.sign_in("sun")
    assert "共 41 条" in one.get(LIST).words
    either_on.give_post("sun", "530102")
    assert "第 1–50 条，共 61 条" in several.get(LIST).words


def test_new_bulletin_while_paging_shifts_nothing(on: Bureau) -> None:
    fill(on, 60)
    client = on.sign_in("zhang")
    first = client.get(LIST).text
    publish(on.sign_in("li"))
    link = re.search(r'rel="next" href="([^"]+)"', first)
    assert link is not None
    second = client.get(unescape(link[1])).text
    assert not set(titles(first)) & set(titles(second))
    assert len(titles(first) + titles(second)) == 60


def test_fragment_holds_the_same_rows_without_the_page_around(on: Bureau) -> None:
    fill(on, 7)
    client = on.sign_in("zhang")
    part, page = client.part(LIST), client.get(LIST)
    assert titles(part.text) == titles(page.text)
    assert part.text.strip().startswith('<div id="rows">')


def test_history_restore_gets_the_whole_page(on: Bureau) -> None:
    headers = {"hx-request-type": "partial", "hx-history-restore-request": "true"}
    assert "<html" in on.sign_in("zhang").get(LIST, headers).text


def test_stranger_sees_none_and_reader_has_one_tab(on: Bureau) -> None:
    fill(on, 3)
    assert titles(on.sign_in("zhao").get(LIST).text) == []
    assert "tab=drafts" not in on.sign_in("zhang").get(LIST).text
    assert "tab=drafts" in on.sign_in("li").get(LIST).text


def test_drafts_are_the_authors_own(on: Bureau) -> None:
    draft(on.sign_in("li"))
    assert TITLE in on.sign_in("li").get(f"{LIST}?tab=drafts").text
    assert TITLE not in on.sign_in("wang").get(f"{LIST}?tab=drafts").text


def test_sent_shows_progress(on: Bureau) -> None:
    bulletin = publish(on.sign_in("li"))
    on.run_jobs()
    on.sign_in("zhang").get(address(bulletin))
    assert "1/4" in on.sign_in("li").get(f"{LIST}?tab=sent").words


def test_search_finds_what_the_person_received(either_on: Bureau) -> None:
    publish(either_on.sign_in("li"))
    assert TITLE in either_on.sign_in("zhang").get(f"{LIST}?q=电梯").text
    assert TITLE not in either_on.sign_in("zhao").get(f"{LIST}?q=电梯").text
    assert "没有找到" in either_on.sign_in("zhang").get(f"{LIST}?q=锅炉").text


@pytest.mark.parametrize(
    "query",
    [
        "tab=nowhere",
        "before=1",
        "before=-",
        "before=x-y",
        f"before={'9' * 40}-1",
        "before=5-5&after=5-5",
        "before=１２-３",
        "passed=-5",
        "passed=99999999999999999999",
        "q=%00",
        "q=%ff%fe",
        f"q={'长' * 3000}",
        "q=%25%27%22)(*",
        "tab=sent&after=0-0",
    ],
)
def test_strange_address_still_gives_a_page(either_on: Bureau, query: str) -> None:
    assert either_on.sign_in("li").get(f"{LIST}?{query}").status in {200, 400}


def test_statements_stay_flat_from_ten_to_a_thousand(either_on: Bureau) -> None:
    client = either_on.sign_in("zhang")
    counts = []
    for more in (10, 990):
        fill(either_on, more)
        client.get(LIST)
        with statements() as seen:
            assert client.get(LIST).status == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 6, seen


def test_unchanged_list_answers_304_without_a_body(on: Bureau) -> None:
    fill(on, 3)
    client = on.sign_in("zhang")
    etag = client.get(LIST).headers["etag"]
    answer = client.get(LIST, {"if-none-match": etag})
    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["etag"] == etag


def test_each_change_makes_the_list_anew(on: Bureau) -> None:
    author, client = on.sign_in("li"), on.sign_in("zhang")
    etags = [client.get(LIST).headers["etag"]]

    def is_anew() -> bool:
        answer = client.get(LIST, {"if-none-match": etags[-1]})
        etags.append(answer.headers["etag"])
        return answer.status == 200

    publish(author)
    assert is_anew(), "somebody else published"
    on.run_jobs()
    assert is_anew(), "a todo arrived"
    assert not is_anew(), "nothing happened"
    on.enable("bulletins", "unit:530400", "off")
    assert is_anew(), "a plugin was switched"
    on.give_post("zhang", "530103")
    assert is_anew(), "posts changed"


def test_own_drafts_are_shown_as_they_are_now(on: Bureau) -> None:
    client = on.sign_in("li")
    url = f"{LIST}?tab=drafts"
    etag = client.get(url).headers["etag"]
    client.follow(client.get(address(draft(client), "edit")))
    page = client.get(url, {"if-none-match": etag})
    assert page.status == 200
    assert TITLE in page.text


def test_list_of_one_person_is_never_answered_to_another(on: Bureau) -> None:
    etag = on.sign_in("zhang").get(LIST).headers["etag"]
    assert on.sign_in("zhou").get(LIST, {"if-none-match": etag}).status == 200


def test_unit_without_the_plugin_gets_the_page_naming_the_phase(on: Bureau) -> None:
    on.enable("bulletins", "subtree:530400", "off")
    page = on.sign_in("zhao").get(LIST)
    assert page.status == 404
    assert "您所在的单位尚未启用「通知公告」" in page.text
    assert "第 1 期" in page.text


def test_readonly_unit_reads(on: Bureau) -> None:
    fill(on, 3)
    on.enable("bulletins", "unit:530102", "readonly")
    assert len(titles(on.sign_in("zhang").get(LIST).text)) == 3


def test_wrong_method_gets_405(on: Bureau) -> None:
    assert on.sign_in("li").get(LIST, method="POST").status == 405
