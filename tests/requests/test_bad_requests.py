"""Requests that make no sense: a sentence and a code, never a fault."""

import pytest

from openbureau.testing.bureau import Bureau

FORM = "application/x-www-form-urlencoded"
LIMIT_BYTES = 2 * 1024 * 1024


@pytest.mark.parametrize(
    "path", ["/nowhere", "/-/nowhere", "/bulletins/x/y/z", "//", "/.env", "/-/units/x/y"]
)
def test_unknown_address_gets_a_404_page_for_everybody(bureau: Bureau, path: str) -> None:
    for client in (bureau.client(), bureau.sign_in("li")):
        page = client.get(path)
        assert page.status == 404
        assert "没有找到这个页面或记录" in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/%",
        "/%zz",
        "/%ff%fe",
        "/-/units/%c3%28",
        "/-/people/%00",
        "/-/units/%00",
        "/-/search?q=%00",
    ],
)
def test_broken_address_gets_400_or_404(either_bureau: Bureau, path: str) -> None:
    assert either_bureau.sign_in("li").get(path).status in {400, 404}


@pytest.mark.parametrize(
    "query", ["q=%zz", "q=%ff", "&&&&", "=", "q", "q=a&q=b", "page=-1", "page=9e9", "tab=%27"]
)
def test_broken_query_is_read_as_well_as_it_can_be(either_bureau: Bureau, query: str) -> None:
    client = either_bureau.sign_in("li")
    for path in ("/-/search", "/-/todos", "/-/units"):
        assert client.get(f"{path}?{query}").status == 200


@pytest.mark.parametrize("length", [10_000, 60_000])
def test_huge_query_is_answered(bureau: Bureau, length: int) -> None:
    client = bureau.sign_in("li")
    assert client.get(f"/-/search?q={'长a' * (length // 2)}").status < 500
    assert client.get(f"/-/search?{'a=1&' * (length // 4)}").status < 500


def test_unit_page_number_beyond_the_end_is_empty(either_bureau: Bureau) -> None:
    client = either_bureau.sign_in("li")
    assert client.get("/-/units/530102?page=2147483647").status == 200
    assert client.get(f"/-/units/530102?page={'9' * 50}").status == 200


def test_body_of_the_limit_is_read_and_one_byte_more_is_413(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    client.get("/")
    start = f"csrf={client.hidden['csrf']}".encode() + b"".join(
        b"&x=" + b"a" * 500_000 for _ in "1234"
    )
    body = start + b"&x=" + b"a" * (LIMIT_BYTES - len(start) - 3)
    headers = {"content-type": FORM}
    page = client.send("POST", "/-/sign-out", body + b"a", headers)
    assert page.status == 413
    assert "超过了大小上限" in page.text
    assert client.send("POST", "/-/sign-out", body, headers).status == 303


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"no boundary here"),
        ("multipart/form-data; boundary=x", b"--x\r\nno header\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: x\r\n\r\na\r\n--x--"),
        ("multipart/form-data; boundary=" + "x" * 5000, b"--x"),
        ("multipart/form-data; boundary=x; charset=nonsense", b"--x\r\nbad"),
        (FORM, b"csrf=%zz&=&&&=%"),
        (FORM, b"\xff\xfe\x00"),
        ("text/plain", b"csrf=1"),
        ("application/json", b'{"csrf": 1}'),
    ],
)  # fmt: skip
def test_malformed_form_is_refused_without_a_fault(bureau: Bureau, kind: str, body: bytes) -> None:
    client = bureau.sign_in("li")
    answer = client.send("POST", "/-/sign-out", body, {"content-type": kind})
    assert answer.status in {400, 403}
    assert client.get("/").status == 200


@pytest.mark.parametrize(("fields", "passes"), [(2000, True), (2001, False)])
def test_form_has_at_most_two_thousand_fields(bureau: Bureau, fields: int, passes: bool) -> None:
    client = bureau.sign_in("li")
    client.get("/")
    body = "&".join([f"csrf={client.hidden['csrf']}", *["x=1"] * (fields - 1)]).encode()
    status = client.send("POST", "/-/sign-out", body, {"content-type": FORM}).status
    assert status == (303 if passes else 413)


@pytest.mark.parametrize("path", ["/", "/-/sign-in", "/-/units", "/bulletins/", "/-/health"])
def test_head_answers_like_get(bureau: Bureau, path: str) -> None:
    bureau.enable("bulletins")
    client = bureau.sign_in("li")
    got, head = client.get(path), client.get(path, method="HEAD")
    assert (head.status, head.headers.get("content-type")) == (
        got.status,
        got.headers.get("content-type"),
    )


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "CONNECT", "X"])
def test_other_methods_get_405(bureau: Bureau, method: str) -> None:
    page = bureau.sign_in("li").get("/-/units", method=method)
    assert page.status == 405
    assert "不接受这样的请求" in page.text


def test_error_page_speaks_english_to_an_english_reader(bureau: Bureau) -> None:
    client = bureau.client()
    client.cookies["language"] = "en"
    page = client.get("/nowhere")
    assert page.status == 404
    assert '<html lang="en"' in page.text
    assert not any("\u4e00" <= char <= "\u9fff" for char in page.text.partition("<h1>")[2][:300])


def test_error_page_follows_the_browsers_language(bureau: Bureau) -> None:
    page = bureau.client().get("/nowhere", {"accept-language": "en-GB,en;q=0.9,zh;q=0.1"})
    assert '<html lang="en"' in page.text


def test_answer_names_its_request_and_no_server(bureau: Bureau) -> None:
    answers = [bureau.client().get("/-/sign-in") for _ in range(2)]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 2
    assert "server" not in answers[0].headers
