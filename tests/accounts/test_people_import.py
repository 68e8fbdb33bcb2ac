"""People from a table: checked first, all at once, passwords on slips."""

import io
import re
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from openbureau.base.database import writing
from openbureau.kernel.access.models import Role, RoleGrant
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.units.models import Unit
from openbureau.shell.workbooks import Sheet, written
from openbureau.testing.bureau import Answer, Bureau, Client

URL = "/-/console/people/import"
PEOPLE = "/-/console/people"
HEADS = ["账号", "姓名", "单位代码", "职务", "排名", "手机", "电话", "邮箱", "房间"]
Rows = list[list[str]]
NEW: Rows = [
    ["neu1", "新来一", "530102", "科员", "20", "013800000000", "0871-1", "a@b", "301"],
    ["neu2", "新来二", "530402"],
]


def workbook(rows: Rows, heads: list[str] | None = None) -> bytes:
    return written([Sheet("人员", heads or HEADS, rows)])


def check(client: Client, content: bytes, name: str = "人员.xlsx") -> Answer:
    client.get(URL)
    return client.post(URL, {}, [("table", name, content)])


def confirm(client: Client, page: Answer) -> Answer:
    """Sends the form the check's page offers."""
    pattern = r'name="(kept_table|digest|leave_out)" value="([^"]*)"'
    return client.post(URL, dict(re.findall(pattern, page.text)))


def logins(bureau: Bureau) -> set[str]:
    return {row[0] for row in bureau.rows("SELECT login FROM account")}


def counts(page: Answer) -> dict[str, int]:
    found = re.findall(r"<dt>(新增|更新|不变|错误)</dt><dd>(\d+)</dd>", page.text)
    return {name: int(total) for name, total in found}


def test_template_holds_the_columns_and_the_units_of_the_reach(bureau: Bureau) -> None:
    answer = bureau.sign_in("system").get(f"{URL}/template")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.body))
    assert book.sheet_names == ["人员", "说明", "单位代码"]
    assert book.get_sheet_by_name("人员").to_python()[0] == HEADS
    codes = [row[0] for row in book.get_sheet_by_name("单位代码").to_python()[1:]]
    assert "530102" in codes


def test_check_writes_nothing_and_import_everything(either_bureau: Bureau) -> None:
    client = either_bureau.sign_in("system")
    before = logins(either_bureau)
    page = check(client, workbook(NEW))
    assert (page.status, counts(page)) == (200, {"新增": 2, "更新": 0, "不变": 0, "错误": 0})
    assert logins(either_bureau) == before
    answer = confirm(client, page)
    assert (answer.status, answer.location) == (303, "/-/console/people?only=new")
    assert logins(either_bureau) - before == {"neu1", "neu2"}
    row = either_bureau.rows(
        "SELECT a.mobile, a.room, a.pinyin, p.title, p.rank, u.code FROM account a "
        "JOIN post p ON p.account_id = a.id JOIN unit u ON u.id = p.unit_id "
        "WHERE a.login = 'neu1'"
    )
    assert row == [("013800000000", "301", "xinlaiyi", "科员", 20, "530102")]
    again = check(client, workbook(NEW))
    assert counts(again)["不变"] == 2
    assert "不需要导入" in again.words


def test_change_is_shown_and_an_empty_cell_changes_nothing(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    rows = [["zhang", "张晓梅", "530103", "", "", "", "0871-9"]]
    page = check(client, workbook(rows))
    assert counts(page)["更新"] == 1
    assert "→ 0871-9" in page.words
    assert "原任职终止，开始新任职" in page.words
    before = bureau.rows(
        "SELECT id FROM post WHERE account_id = (SELECT id FROM account WHERE login = 'zhang')"
    )
    assert confirm(client, page).status == 303
    row = bureau.rows(
        "SELECT a.phone, p.title, u.code, p.is_active FROM account a "
        "JOIN post p ON p.account_id = a.id JOIN unit u ON u.id = p.unit_id "
        "WHERE a.login = 'zhang' ORDER BY p.id"
    )
    assert row == [("0871-9", "科员", "530102", 0), ("0871-9", "科员", "530103", 1)]
    assert len(before) == 1


def test_move_names_what_is_lost_and_kept_and_the_trail_has_both(bureau: Bureau) -> None:
    with writing():
        zhang = Account.get(Account.login == "zhang")
        post = Post.get(Post.account == zhang)
        role = Role.create(code="r", name="职责", changed_at=bureau.now)
        for holder in ({"post": post}, {"account": zhang}):
            RoleGrant.create(role=role, unit=post.unit, granted_at=bureau.now, **holder)
    client = bureau.sign_in("system")
    page = check(client, workbook([["zhang", "张小梅", "530103"]]))
    for words in ("姓名：张晓梅 → 张小梅", "随原任职失去：角色 1 项", "保留在原单位的角色 1 项"):
        assert words in page.words
    assert confirm(client, page).status == 303
    details = bureau.rows("SELECT detail FROM audit_record WHERE action = 'core.change_account'")
    assert len(details) == 1
    for words in ("530102", "530103", "张晓梅", "张小梅"):
        assert words in details[0][0]


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\u2066"])
def test_name_that_hides_something_is_refused_everywhere(bureau: Bureau, hidden: str) -> None:
    client = bureau.sign_in("system")
    page = check(client, workbook([["neu", f"张{hidden}三", "530102"]]))
    assert "看不见的字符" in page.words or counts(page)["错误"] == 1
    fields = {"login": "neu", "name": f"张{hidden}三", "unit": "530102"}
    client.get(f"{PEOPLE}/new")
    refused = client.post(f"{PEOPLE}/new", fields)
    assert (refused.status, "看不见的字符" in refused.words) == (422, True)
    assert "neu" not in logins(bureau)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (["", "无账号", "530102"], "账号只能用"),
        (["a b", "空格", "530102"], "账号只能用"),
        (["*)(uid=*", "注入", "530102"], "账号只能用"),
        (["neu", "", "530102"], "没有姓名"),
        (["neu", "新", "nirgends"], "没有这个单位代码"),
        (["neu", "新", ""], "没有这个单位代码"),
        (["neu", "新", "530102", "", "0"], "1 到 9999"),
        (["neu", "新", "530102", "", "-1"], "1 到 9999"),
        (["neu", "新", "530102", "", "x"], "1 到 9999"),
        (["neu", "x" * 101, "530102"], "超过 100 个字"),
        (["system", "系统管理员", "530000"], "不在您可以导入的范围内"),
    ],
)
def test_line_that_cannot_be_says_why_and_imports_nothing(
    bureau: Bureau, row: list[str], why: str
) -> None:
    client = bureau.sign_in("system")
    before = logins(bureau)
    page = check(client, workbook([row, *NEW]))
    assert counts(page)["错误"] == 1
    assert why in page.words
    fields = re.findall(r'name="(kept_table|digest)" value="([^"]*)"', page.text)
    assert client.post(URL, dict(fields)).status == 200
    assert logins(bureau) == before
    assert confirm(client, page).status == 303
    assert logins(bureau) - before == {"neu1", "neu2"}


def test_same_account_twice_in_a_table(bureau: Bureau) -> None:
    page = check(bureau.sign_in("system"), workbook([NEW[0], NEW[0]]))
    assert "与第 2 行相同" in page.words


def test_result_that_changed_since_is_not_written(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    page = check(client, workbook(NEW))
    with writing():
        Account.create(login="neu1", name="先到", created_at=bureau.now)
    answer = confirm(client, page)
    assert answer.status == 200
    assert "neu2" not in logins(bureau)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "leer.xlsx"),
        (b"PK\x03\x04" + b"\0" * 100, "kaputt.xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4000, "kaputt.xls"),
        (b"%PDF-1.4", "人员.pdf"),
        (b"a,b,c", "人员.csv"),
        (b"MZ", "人员.xlsx"),
    ],
)
def test_file_that_is_no_table_is_refused(bureau: Bureau, content: bytes, name: str) -> None:
    client = bureau.sign_in("system")
    assert check(client, content, name).status == 422


def test_form_without_a_file_comes_back(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    client.get(URL)
    assert client.post(URL).status == 422
    assert client.post(URL, {"kept_table": "forged", "digest": "x"}).status == 422


@pytest.mark.parametrize("heads", [["账号", "姓名"], ["a", "b", "c"], [""]])
def test_table_without_its_columns_is_refused(bureau: Bureau, heads: list[str]) -> None:
    page = check(bureau.sign_in("system"), workbook(NEW, heads))
    assert page.status == 422
    assert "缺少这些列" in page.words or "不是可读的表格" in page.words


def test_table_with_too_many_people_is_refused(bureau: Bureau) -> None:
    rows = [[f"p{n}", "人", "530102"] for n in range(5001)]
    page = check(bureau.sign_in("system"), workbook(rows))
    assert (page.status, "请分几次" in page.words) == (422, True)


def test_delegated_administrator_imports_for_the_own_part_only(bureau: Bureau) -> None:
    with writing():
        Account.update(administrator_unit=Unit.get(Unit.code == "530100")).where(
            Account.login == "system"
        ).execute()
        bump_epoch("access")
    others = [["zhao", "赵建国", "530102"], ["audit", "审", "530102"], ["system", "系", "530102"]]
    page = check(bureau.sign_in("system"), workbook([NEW[0], NEW[1], *others]))
    assert counts(page) == {"新增": 1, "更新": 0, "不变": 0, "错误": 4}
    assert "不在您的管理范围内" in page.words
    assert page.words.count("这个账号已被使用，不在您可以导入的范围内") == len(others)
    assert "管理员的账号" not in page.words


class TestSlips:
    @pytest.fixture
    def client(self, bureau: Bureau) -> Client:
        client = bureau.sign_in("system")
        confirm(client, check(client, workbook(NEW)))
        return client

    def slips(self, page: Answer) -> dict[str, str]:
        accounts = re.findall(r"<dd><code>([a-z0-9.]+)</code></dd>", page.text)
        return dict(zip(accounts, re.findall(r'slip-password">([^<]+)<', page.text), strict=True))

    def test_slips_open_the_door_once(self, bureau: Bureau, client: Client) -> None:
        client.get(f"{PEOPLE}?only=new")
        page = client.post(f"{PEOPLE}/slips", {"select_all": "1"})
        issued = self.slips(page)
        assert set(issued) == {"neu1", "neu2"}
        guest = bureau.client()
        guest.get("/-/sign-in")
        fields = {"login": "neu1", "password": issued["neu1"]}
        assert guest.post("/-/sign-in", fields).location.startswith("/-/password")
        assert not any(p in str(bureau.rows("SELECT * FROM account")) for p in issued.values())
        assert not any(p in str(bureau.rows("SELECT * FROM audit_record")) for p in issued.values())

    def test_people_with_a_password_keep_it(self, bureau: Bureau, client: Client) -> None:
        ids = [str(row[0]) for row in bureau.rows("SELECT id FROM account")]
        page = client.post(f"{PEOPLE}/slips", {"account": ids})
        assert set(self.slips(page)) == {"neu1", "neu2"}
        assert bureau.sign_in("li").get("/").status == 200

    def test_printing_again_voids_the_first_slips(self, bureau: Bureau, client: Client) -> None:
        first, second = (
            self.slips(client.post(f"{PEOPLE}/slips", {"select_all": "1"})) for _ in "12"
        )
        assert first == {} or not set(first.values()) & set(second.values())

    @pytest.mark.parametrize("account", ["", "x", "0", "-1", "9" * 30])
    def test_strange_choice_prints_nothing(self, client: Client, account: str) -> None:
        answer = client.post(f"{PEOPLE}/slips", {"account": account})
        assert answer.location == f"{PEOPLE}?only=new"


def test_thousand_people_take_seconds(bureau: Bureau, tmp_path: Path) -> None:
    rows = [[f"p{n:04}", f"张三{n}", "530102", "科员", str(n % 99 + 1)] for n in range(1000)]
    client = bureau.sign_in("system")
    page = check(client, workbook(rows))
    assert counts(page)["新增"] == 1000
    assert confirm(client, page).status == 303
    slips = client.post(f"{PEOPLE}/slips", {"select_all": "1"})
    assert len(re.findall("slip-password", slips.text)) == 1000


def test_few_bytes_that_describe_a_huge_sheet_are_refused_with_a_sentence(bureau: Bureau) -> None:
    far = {1_048_574: [""] * 16_383 + ["x"]}
    rows: Rows = [far.get(number, []) for number in range(1_048_575)]
    content = workbook(rows)
    assert len(content) < 100_000
    answer = check(bureau.sign_in("system"), content)
    assert (answer.status, "占的地方太大" in answer.words) == (422, True)
