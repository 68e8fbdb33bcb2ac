"""Theme, name and logo per unit, without code; inherited by all below."""

import io
import struct
import zlib

import pytest

from openbureau.base.themes import installed_themes
from openbureau.testing.bureau import Bureau
from openbureau.testing.client import Answer

FORM = "/-/console/appearance"
THEME = sorted(installed_themes())[0] if installed_themes() else ""


def picture(width: int = 26, height: int = 26) -> bytes:
    """A small grey PNG."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = io.BytesIO()
    for _ in range(height):
        rows.write(b"\x00" + b"\x80" * width)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows.getvalue()))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def choose(
    bureau: Bureau, unit: str, files: tuple[tuple[str, str, bytes], ...] = (), **fields: str
) -> Answer:
    client = bureau.sign_in("system")
    client.get(FORM)
    sent = {"unit": unit, "zone": "staff", "theme": "", "name": "", **fields}
    return client.post(FORM, sent, files)


def test_a_name_holds_for_the_unit_and_all_below(either_bureau: Bureau) -> None:
    assert choose(either_bureau, "530100", name="昆明质监办公").status == 303
    assert "昆明质监办公" in either_bureau.sign_in("zhang").get("/").words
    assert "昆明质监办公" not in either_bureau.sign_in("zhao").get("/").words


def test_a_lower_unit_may_choose_otherwise(bureau: Bureau) -> None:
    choose(bureau, "530000", name="云南质监办公")
    choose(bureau, "530102", name="五华质监办公")
    assert "五华质监办公" in bureau.sign_in("zhang").get("/").words
    assert "云南质监办公" in bureau.sign_in("sun").get("/").words


def test_the_root_decides_before_signing_in(bureau: Bureau) -> None:
    choose(bureau, "530000", name="云南质监办公")
    assert "云南质监办公" in bureau.client().get("/-/sign-in").words


def test_a_logo_is_shown_to_everybody_and_nothing_else_is(bureau: Bureau) -> None:
    assert choose(bureau, "530000", (("logo", "标识.png", picture()),)).status == 303
    page = bureau.client().get("/-/sign-in").text
    url = page.partition('class="emblem-logo" src="')[2].partition('"')[0]
    answer = bureau.client().get(url)
    assert answer.body == picture()
    assert answer.headers["content-type"] == "image/png"
    assert bureau.client().get("/-/logo/" + "0" * 64).status == 404
    assert bureau.client().get("/-/logo/..%2f..%2fkeys").status == 404


def test_a_logo_stays_until_it_is_dropped(bureau: Bureau) -> None:
    choose(bureau, "530000", (("logo", "a.png", picture()),))
    choose(bureau, "530000", name="云南质监办公")
    assert "emblem-logo" in bureau.client().get("/-/sign-in").text
    choose(bureau, "530000", drops_logo="y")
    assert "emblem-logo" not in bureau.client().get("/-/sign-in").text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"),
        ("a.png", b"<svg onload=alert(1)>"),
        ("big.png", picture(3000, 3000) + b"\0" * 300_000),
    ],
)
def test_what_is_no_small_picture_is_refused_and_the_form_comes_back(
    bureau: Bureau, name: str, content: bytes
) -> None:
    answer = choose(bureau, "530000", (("logo", name, content),), name="云南质监办公")
    assert answer.status == 422
    assert 'value="云南质监办公"' in answer.text
    assert "emblem-logo" not in bureau.client().get("/-/sign-in").text


@pytest.mark.parametrize(
    "fields", [{"unit": "nowhere"}, {"zone": "kiosk"}, {"theme": "gone"}, {"name": "长" * 31}]
)
def test_strange_choices_are_refused(bureau: Bureau, fields: dict[str, str]) -> None:
    client = bureau.sign_in("system")
    client.get(FORM)
    sent = {"unit": "530000", "zone": "staff", "theme": "", "name": "", **fields}
    assert client.post(FORM, sent).status == 422


def test_only_system_administrators_choose(bureau: Bureau) -> None:
    for login in ("li", "security", "audit"):
        assert bureau.sign_in(login).get(FORM).status == 403


@pytest.mark.skipif(not THEME, reason="no theme is installed")
def test_a_theme_is_chosen_per_unit(bureau: Bureau) -> None:
    choose(bureau, "530100", theme=THEME)
    sheet = bureau.application.assets.sheet(THEME)
    assert sheet in bureau.sign_in("zhang").get("/").text
