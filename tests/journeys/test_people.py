"""A county without a directory: people from a table, slips, first sign-ins, and the end."""

from pathlib import Path

import pytest

from openbureau.shell.workbooks import Sheet, written
from openbureau.testing.browser import Walker

pytestmark = pytest.mark.browser
HEADS = ["账号", "姓名", "单位代码", "职务"]
NEW = "Langes-Wort-2026"


def table(folder: Path, login: str) -> Path:
    path = folder / "people.xlsx"
    path.write_bytes(written([Sheet("人员", HEADS, [[login, "段小山", "530102", "科员"]])]))
    return path


def slip_for(walker: Walker, login: str, path: Path) -> str:
    """Imports one person and prints the slip; the password on it."""
    page = walker.sign_in("system").go("/-/console/people/import").page
    page.set_input_files("input[name=table]", path)
    page.click("button:has-text('检查')")
    page.wait_for_selector("text=检查结果")
    page.click("button:has-text('导入 1 人')")
    page.wait_for_url("**/-/console/people?only=new")
    assert login in walker.text
    page.check("tbody input[name=account]")
    page.click("button:has-text('打印初始密码条')")
    page.wait_for_selector(".slip")
    walker.shoot("slips")
    return page.inner_text(f".slip:has-text('{login}') .slip-password")


def fill_sign_in(walker: Walker, login: str, password: str) -> None:
    page = walker.sign_out().go("/-/sign-in").page
    page.fill("input[name=login] >> nth=0", login)
    page.fill("input[name=password] >> nth=0", password)
    page.press("input[name=password] >> nth=0", "Enter")


def test_county_gets_its_people_and_they_get_in(walker: Walker, tmp_path: Path) -> None:
    login = f"xian.{'s' if walker.has_script else 'n'}"
    password = slip_for(walker, login, table(tmp_path, login))
    fill_sign_in(walker, login, password)
    page = walker.page
    page.wait_for_selector("text=修改后才能继续")
    page.fill("input[name=former_password]", password)
    page.fill("input[name=new_password]", NEW)
    page.fill("input[name=repeated_password]", NEW)
    page.click("main button:has-text('修改密码')")
    page.wait_for_url(f"{walker.server.url}/")
    assert "段小山" in walker.text
    walker.go("/-/sessions")
    assert "登录记录" in walker.text
    walker.go("/-/second-factor")
    assert "用手机验证器扫码" in walker.text


def test_administrator_disables_a_person_who_is_told(walker: Walker) -> None:
    login = f"weg.{'s' if walker.has_script else 'n'}"
    page = walker.sign_in("system").go("/-/console/people/new").page
    page.fill("input[name=login]", login)
    page.fill("input[name=name]", "白小雨")
    page.select_option("select[name=unit]", "530102")
    page.click("button:has-text('建立账号')")
    page.wait_for_selector("text=状态与来源")
    page.click("main a:has-text('停用')")  # an open tab is called so as well
    page.wait_for_selector("textarea[name=reason]")
    page.fill("textarea[name=reason]", "调离")
    page.click("form button:has-text('停用')")
    page.wait_for_selector("text=恢复使用")
    assert "调离" in walker.text
    walker.shoot("person-disabled")
    walker.sign_out().sign_in("security").go("/-/console/sessions")
    assert "在线会话" in walker.text
    walker.go("/-/console/administrators")
    assert "安全管理员" in walker.text
