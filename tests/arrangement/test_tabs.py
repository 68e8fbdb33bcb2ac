"""Open pages are tabs: real addresses, kept per person on the server."""

import re

from openbureau.kernel.preferences.tabs import TABS_KEPT
from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Answer, Client
from openbureau.testing.statements import is_write, statements

STRIP = re.compile(r'<nav class="page-tabs.*?</nav>', re.S)
LINK = re.compile(r'<a href="([^"]*)"[^>]*>([^<]*)</a>')


def tabs(page: Answer) -> list[tuple[str, str]]:
    return LINK.findall(STRIP.findall(page.text)[0])


def close(client: Client, path: str) -> Answer:
    return client.follow(client.post("/-/tabs/close", {"path": path}))


def test_an_opened_page_is_a_tab_beside_the_desk(either_bureau: Bureau) -> None:
    client = either_bureau.sign_in("li")
    here = [("/", "工作台"), ("/-/units", "云南省质量技术监督局")]
    assert tabs(client.get("/-/units")) == here
    assert tabs(client.get("/")) == here


def test_a_second_computer_shows_the_same_tabs(bureau: Bureau) -> None:
    bureau.sign_in("li").get("/-/units/530100")
    assert ("/-/units/530100", "昆明市质量技术监督局") in tabs(bureau.sign_in("li").get("/"))
    assert tabs(bureau.sign_in("wang").get("/")) == [("/", "工作台")]


def test_a_tab_leads_back_to_the_state_its_page_was_left_in(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    client.get("/-/todos")
    client.get("/-/units", {"referer": "http://bureau.test/-/todos?tab=done&page=1"})
    assert ("/-/todos?tab=done&amp;page=1", "待办") in tabs(client.get("/"))


def test_the_ninth_page_takes_the_place_of_the_oldest(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    codes = ["530000", "530000-01", "530100", "530102", "530103", "530100-K1", "530400", "530402"]
    for code in codes:
        client.get(f"/-/units/{code}")
    assert len(tabs(client.get("/"))) == 1 + TABS_KEPT
    urls = [url for url, _ in tabs(client.get("/-/search"))]
    assert "/-/units/530000" not in urls
    assert urls[-1] == "/-/search"


def test_closing_another_tab_stays_on_the_page(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    client.get("/-/units")
    client.get("/-/search")
    page = close(client, "/-/units")
    assert page.url == "/-/search"
    assert tabs(page) == [("/", "工作台"), ("/-/search", "搜索")]


def test_closing_the_current_tab_leads_to_its_neighbour(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    client.get("/-/units")
    client.get("/-/search")
    assert close(client, "/-/search").url == "/-/units"
    assert close(client, "/-/units").url == "/"


def test_fragments_errors_and_foreseen_pages_open_no_tab(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    client.part("/-/todos?tab=done")
    client.get("/-/units/nowhere")
    client.get("/-/search", {"sec-purpose": "prefetch"})
    client.get("/-/search", method="HEAD")
    assert tabs(client.get("/")) == [("/", "工作台")]


def test_an_address_too_long_to_keep_is_no_tab(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    client.get(f"/-/search?q={'a' * 600}")
    assert tabs(client.get("/")) == [("/", "工作台")]


def test_titles_are_escaped_and_cut(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    client.get("/-/search?q=%3Cscript%3E" + "长" * 30)
    strip = STRIP.findall(client.get("/").text)[0]
    assert "<script>" not in strip
    assert "&lt;script&gt;" in strip


def test_looking_through_a_list_writes_once(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    client.get("/-/todos?tab=done")
    with statements() as seen:
        for number in range(3):
            client.get(f"/-/todos?tab=done&page={number}&q={number}")
    assert not any(is_write(sql) for sql in seen)
