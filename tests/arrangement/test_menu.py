"""Pinned menu lines, the narrow menu, initials for its search."""

from openbureau.kernel.menus.queries import with_pins
from openbureau.testing.bureau import Bureau


def test_pinned_lines_stand_first_and_stay_in_their_group(either_bureau: Bureau) -> None:
    client = either_bureau.sign_in("li")
    client.get("/-/menu")
    page = client.follow(client.post("/-/menu", {"pins": ["/-/units"]}))
    assert "常用菜单已保存" in page.words
    menu = page.text[page.text.index('id="menu"') :]
    assert menu.index("常用") < menu.index('href="/-/units"') < menu.index("工作台")
    assert menu.count('href="/-/units"') == 2


def test_what_a_person_may_not_see_cannot_be_pinned(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    client.get("/-/menu")
    client.post("/-/menu", {"pins": ["/-/console/plugins", "/evil", "javascript:alert(1)"]})
    assert "menu-pins" not in client.get("/").text


def test_a_pin_whose_line_is_gone_is_not_shown() -> None:
    assert with_pins("<ul></ul>", ["/gone"], "常用") == "<ul></ul>"


def test_narrow_menu_is_remembered_without_scripts(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    client.get("/")
    client.post("/-/preferences", {"menu": "folded", "next": "/"})
    page = client.get("/")
    assert 'data-menu="folded"' in page.text
    assert "展开菜单" in page.words


def test_lines_carry_their_pinyin_initials(bureau: Bureau) -> None:
    assert 'data-initials="zzjg"' in bureau.sign_in("li").get("/").text
