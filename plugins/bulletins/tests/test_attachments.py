"""Files of a bulletin: they go exactly where the bulletin goes."""

import re
from urllib.parse import unquote

import pytest

from openbureau.testing.bureau import Answer, Bureau, Client

from .conftest import address, draft, publish, withdraw

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40


def file_url(client: Client, bulletin: int) -> str:
    found = re.search(r'href="(/-/files/\w+)"', client.get(address(bulletin)).text)
    assert found is not None
    return found[1]


def attached(client: Client, name: str = "检查方案.pdf") -> tuple[int, str]:
    bulletin = publish(client, files=(("files", name, PDF),))
    return bulletin, file_url(client, bulletin)


def name_of(answer: Answer) -> str:
    encoded = re.search(r"filename\*=UTF-8''(\S+)", answer.headers["content-disposition"])
    assert encoded is not None
    return unquote(encoded[1])


@pytest.mark.parametrize("login", ["li", "zhang", "wang"])
def test_author_and_receiver_get_the_same_bytes(on: Bureau, login: str) -> None:
    _, url = attached(on.sign_in("li"))
    answer = on.sign_in(login).get(url)
    assert answer.status == 200
    assert answer.body == PDF
    assert answer.headers["content-type"] == "application/pdf"


def test_browser_is_told_to_save_and_never_to_run_it(on: Bureau) -> None:
    client = on.sign_in("li")
    headers = client.get(attached(client)[1]).headers
    assert headers["content-disposition"].startswith("attachment;")
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store, private"


@pytest.mark.parametrize(
    "name", ["检查方案.pdf", "a b;c=d'e,f.pdf", "100% 合格（终稿）.pdf", "č.pdf"]
)
def test_name_comes_back_as_it_was_given(on: Bureau, name: str) -> None:
    client = on.sign_in("li")
    answer = client.get(attached(client, name)[1])
    assert name_of(answer) == name
    assert answer.headers["content-disposition"].isascii()


def test_stranger_gets_404_and_anonymous_signs_in(on: Bureau) -> None:
    _, url = attached(on.sign_in("li"))
    assert on.sign_in("zhao").get(url).status == 404
    assert on.client().get(url).location.startswith("/-/sign-in?next=/-/files/")


def test_file_of_a_draft_is_the_authors_alone(on: Bureau) -> None:
    client = on.sign_in("li")
    url = file_url(client, draft(client, files=(("files", "方案.pdf", PDF),)))
    assert client.get(url).status == 200
    assert on.sign_in("wang").get(url).status == 404


def test_withdrawn_file_is_gone_for_receivers_and_stays_with_the_publisher(on: Bureau) -> None:
    client = on.sign_in("li")
    bulletin, url = attached(client)
    withdraw(client, bulletin)
    assert on.sign_in("zhang").get(url).status == 404
    assert client.get(url).status == 200


def test_file_vanishes_where_the_plugin_is_off_and_comes_back(on: Bureau) -> None:
    _, url = attached(on.sign_in("li"))
    reader = on.sign_in("zhang")
    on.enable("bulletins", "unit:530102", "off")
    assert reader.get(url).status == 404
    on.enable("bulletins", "unit:530102", "on")
    assert reader.get(url).status == 200


def test_content_missing_from_the_store_is_said_so(on: Bureau) -> None:
    client = on.sign_in("li")
    _, url = attached(client)
    digest = on.rows("SELECT digest FROM stored_file")[0][0]
    for path in on.application.files.rglob(digest):
        path.unlink()
    page = client.get(url)
    assert page.status == 404
    assert "内容已不在存储中" in page.text


@pytest.mark.parametrize("uid", ["x", "0" * 32, "..%2f..%2fetc%2fpasswd", "%00", "1' OR '1'='1"])
def test_bad_file_address_gets_404(on: Bureau, uid: str) -> None:
    assert on.sign_in("li").get(f"/-/files/{uid}").status in {400, 404}


def test_half_a_file_can_be_fetched(on: Bureau) -> None:
    client = on.sign_in("li")
    answer = client.get(attached(client)[1], {"range": "bytes=0-8"})
    assert (answer.status, answer.body) == (206, PDF[:9])
