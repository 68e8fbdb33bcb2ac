"""The administrator's list and page of people: within reach, with reasons, nothing lost."""

import datetime as dt
import re

import pytest

from openbureau.base.database import db, writing
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.units.models import Unit
from openbureau.testing.bureau import PASSWORD, Answer, Bureau, Client

URL = "/-/console/people"
TODAY = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date()


def uid(bureau: Bureau, login: str) -> str:
    return str(bureau.rows("SELECT uid FROM account WHERE login = ?", (login,))[0][0])


def page_of(bureau: Bureau, login: str) -> str:
    return f"{URL}/{uid(bureau, login)}"


def delegate(bureau: Bureau, unit: str = "530100") -> Client:
    """A browser of a system administrator bound to a unit and all below it."""
    with writing():
        Account.update(administrator_unit=Unit.get(Unit.code == unit)).where(
            Account.login == "system"
        ).execute()
        bump_epoch("access")
    return bureau.sign_in("system")


def do(client: Client, url: str, reason: str = "岗位调整") -> Answer:
    client.get(url)
    return client.post(url, {"reason": reason})


def names(page: Answer) -> list[str]:
    return re.findall(rf'href="{URL}/[0-9a-f]+" title="([^"]+)"', page.text)


def state(bureau: Bureau, login: str) -> str:
    return str(bureau.rows("SELECT state FROM account WHERE login = ?", (login,))[0][0])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=李志华", ["李志华"]),
        ("q=zxm", ["张晓梅"]),
        ("q=zhangxiao", ["张晓梅"]),
        ("q=zhou", ["周云"]),
        ("unit=530102", ["周云", "张晓梅"]),
        ("unit=530400", ["赵建国"]),
        ("kind=audit", ["审计管理员"]),
        ("state=disabled", []),
        ("source=ldap", []),
        ("q=' OR 1=1 --", []),
        ("q=%25", []),
        ("only=new", []),
        ("only=unused", []),
    ],
)
def test_list_is_narrowed(either_bureau: Bureau, query: str, found: list[str]) -> None:
    client = either_bureau.sign_in("system")
    assert sorted(names(client.get(f"{URL}?{query}"))) == sorted(found)


def test_accounts_nobody_uses_are_found(bureau: Bureau) -> None:
    bureau.sign_in("li")
    client = bureau.sign_in("system")
    with writing():
        db.execute_sql("UPDATE account SET created_at = created_at - 91 * 86400000")
    found = names(client.get(f"{URL}?only=unused"))
    assert "张晓梅" in found
    assert "李志华" not in found
    assert "系统管理员" not in found


@pytest.mark.parametrize("login", ["li", "security", "audit"])
def test_others_see_no_console(bureau: Bureau, login: str) -> None:
    client = bureau.sign_in(login)
    for url in (URL, page_of(bureau, "zhang"), f"{URL}/new", f"{URL}/import"):
        assert client.get(url).status == 403, url


def test_disabled_person_is_out_at_once_and_back_with_everything(either_bureau: Bureau) -> None:
    victim = either_bureau.sign_in("zhang")
    client = either_bureau.sign_in("system")
    url = page_of(either_bureau, "zhang")
    assert do(client, f"{url}/do/disable").status == 303
    assert victim.get("/").status == 303
    assert "账号已停用" in victim.get("/-/sign-in").text
    shown = client.get(url).words
    assert "系统管理员：岗位调整" in shown
    assert do(client, f"{url}/do/enable").status == 303
    assert either_bureau.sign_in("zhang").get("/").status == 200
    posts = "SELECT count(*) FROM post WHERE is_active AND account_id = "
    posts += "(SELECT id FROM account WHERE login = 'zhang')"
    assert either_bureau.rows(posts) == [(1,)]


def test_archived_after_disabled_and_never_before(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    url = page_of(bureau, "zhang")
    assert do(client, f"{url}/do/archive").status == 409
    do(client, f"{url}/do/disable")
    assert do(client, f"{url}/do/archive").status == 303
    assert state(bureau, "zhang") == "archived"
    assert do(client, f"{url}/do/enable").status == 303
    assert state(bureau, "zhang") == "active"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301])
def test_no_act_without_a_reason(bureau: Bureau, reason: str) -> None:
    client = bureau.sign_in("system")
    answer = do(client, f"{page_of(bureau, 'zhang')}/do/disable", reason)
    assert answer.status == 422
    assert state(bureau, "zhang") == "active"


@pytest.mark.parametrize("name", ["disable", "second-factor", "local"])
@pytest.mark.parametrize("login", ["system", "security", "audit"])
def test_administrators_are_not_administered_here(bureau: Bureau, login: str, name: str) -> None:
    client = bureau.sign_in("system")
    url = page_of(bureau, login)
    assert client.get(url).status == 200
    assert do(client, f"{url}/do/{name}").status == 403
    assert client.post(f"{url}/slip").status == 403
    assert client.post(f"{url}/posts", {"unit": "530102"}).status == 403
    assert state(bureau, login) == "active"


class TestDelegated:
    def test_sees_only_the_own_part(self, bureau: Bureau) -> None:
        found = names(delegate(bureau).get(URL))
        assert sorted(found) == sorted(["王文松", "张晓梅", "周云", "孙玉兰"])

    @pytest.mark.parametrize("login", ["li", "zhao", "security"])
    @pytest.mark.parametrize("path", ["", "/edit", "/posts", "/do/disable", "/slip"])
    def test_everybody_else_is_not_there(self, bureau: Bureau, login: str, path: str) -> None:
        client = delegate(bureau)
        assert client.get(f"{page_of(bureau, login)}{path}").status == 404

    def test_acts_on_nobody_else(self, bureau: Bureau) -> None:
        client = delegate(bureau)
        client.get(URL)
        for path in ("/edit", "/posts", "/do/disable", "/slip"):
            assert client.post(f"{page_of(bureau, 'zhao')}{path}").status == 404, path
        assert state(bureau, "zhao") == "active"

    def test_person_with_a_post_outside_is_seen_and_left_alone(self, bureau: Bureau) -> None:
        bureau.give_post("zhang", "530402")
        client = delegate(bureau)
        url = page_of(bureau, "zhang")
        assert "管理范围以外的单位也有任职" in client.get(url).words
        assert do(client, f"{url}/do/disable").status == 403
        assert client.post(f"{url}/slip").status == 403

    def test_units_outside_are_not_offered_and_not_taken(self, bureau: Bureau) -> None:
        client = delegate(bureau)
        assert "530402" not in client.get(f"{URL}/new").text
        fields = {"login": "neu", "name": "新人", "unit": "530402"}
        assert client.post(f"{URL}/new", fields).status == 422
        assert client.post(f"{URL}/new", {**fields, "unit": "530102"}).status == 303
        post = {"unit": "530402", "rank": "1", "nature": "regular"}
        client.get(URL)
        assert client.post(f"{page_of(bureau, 'zhang')}/posts", post).status == 422


def test_new_person_cannot_sign_in_before_a_password_was_issued(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    client.get(f"{URL}/new")
    fields = {"login": "Neu.1", "name": "新来", "unit": "530102", "title": "科员", "phone": "1"}
    answer = client.post(f"{URL}/new", fields)
    assert answer.status == 303
    assert "还没有密码" in client.follow(answer).words
    guest = bureau.client()
    guest.get("/-/sign-in")
    assert guest.post("/-/sign-in", {"login": "neu.1", "password": "x"}).status == 422
    url = page_of(bureau, "neu.1")
    client.get(f"{url}/slip")
    slip = client.post(f"{url}/slip")
    password = re.findall(r'slip-password">([^<]+)<', slip.text)[0]
    assert password not in str(bureau.rows("SELECT * FROM account"))
    assert password not in str(bureau.rows("SELECT detail FROM audit_record"))
    answer = guest.post("/-/sign-in", {"login": "neu.1", "password": password})
    assert answer.location == "/-/password?next=/"


@pytest.mark.parametrize(
    "fields",
    [
        {"login": ""},
        {"login": "li"},
        {"login": "ß"},
        {"login": "a b"},
        {"login": "x" * 61},
        {"login": "*)(uid=*"},
        {"name": ""},
        {"name": "x" * 101},
        {"unit": "nirgends"},
        {"unit": ""},
        {"mail": "x" * 201},
    ],
)
def test_new_person_that_cannot_be_comes_back_filled(
    bureau: Bureau, fields: dict[str, str]
) -> None:
    client = bureau.sign_in("system")
    client.get(f"{URL}/new")
    sent = {"login": "neu", "name": "新来的人", "unit": "530102", "title": "科员", **fields}
    answer = client.post(f"{URL}/new", sent)
    assert answer.status == 422
    assert 'value="科员"' in answer.text
    assert bureau.rows("SELECT count(*) FROM account WHERE name = '新来的人'") == [(0,)]


def test_reset_by_the_unit_s_administrator_ends_every_session(bureau: Bureau) -> None:
    victim = bureau.sign_in("zhang")
    client = delegate(bureau)
    url = page_of(bureau, "zhang")
    assert "发放新的初始密码" in client.get(f"{url}/slip").words
    slip = client.post(f"{url}/slip")
    assert slip.status == 200
    assert victim.get("/").status == 303
    guest = bureau.client()
    guest.get("/-/sign-in")
    assert guest.post("/-/sign-in", {"login": "zhang", "password": PASSWORD}).status == 422


def test_contact_is_changed_and_the_change_recorded(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    url = page_of(bureau, "zhang")
    page = client.get(f"{url}/edit")
    assert 'value="张晓梅"' in page.text
    fields = {"name": "张小梅", "phone": "0871-1", "mobile": "", "mail": "", "room": "305"}
    assert client.post(f"{url}/edit", fields).status == 303
    assert names(client.get(f"{URL}?q=张小梅")) == ["张小梅"]
    detail = bureau.rows("SELECT detail FROM audit_record WHERE action = 'core.change_account'")
    assert '"name":"张晓梅"' in detail[0][0]


def test_contact_of_the_directory_is_left_to_it(bureau: Bureau) -> None:
    with writing():
        Account.update(source="ldap", external_id="x").where(Account.login == "zhang").execute()
    client = bureau.sign_in("system")
    url = page_of(bureau, "zhang")
    assert client.get(f"{url}/edit").status == 403
    assert client.post(f"{url}/edit", {"name": "x"}).status == 403
    assert client.post(f"{url}/slip").status == 409


def test_account_whose_directory_is_gone_becomes_ours(bureau: Bureau) -> None:
    with writing():
        source = DirectorySource.create(
            code="a", name="旧目录", url="ldap://x", base="dc=x", changed_at=bureau.now
        )
        Account.update(source="ldap", external_id="x", directory=source).where(
            Account.login == "zhang"
        ).execute()
    client = bureau.sign_in("system")
    url = page_of(bureau, "zhang")
    assert "旧目录" in client.get(url).words
    assert do(client, f"{url}/do/local", "旧目录停用").status == 303
    assert bureau.rows("SELECT source, external_id FROM account WHERE login = 'zhang'") == [
        ("local", None)
    ]
    assert client.post(f"{url}/slip").status == 200


POST = {"unit": "530103", "title": "副局长", "rank": "5", "nature": "acting"}


class TestPosts:
    def test_acting_post_ends_by_itself(self, either_bureau: Bureau) -> None:
        client = either_bureau.sign_in("system")
        url = page_of(either_bureau, "zhang")
        client.get(f"{url}/posts")
        ends_on = (TODAY + dt.timedelta(days=30)).isoformat()
        fields = {**POST, "ends_on": ends_on, "is_leader": "y"}
        assert client.post(f"{url}/posts", fields).status == 303
        assert "主持工作" in client.get(url).words
        assert "盘龙区局" in either_bureau.sign_in("zhang").get("/").text
        with writing():
            yesterday = TODAY - dt.timedelta(days=1)
            Post.update(ends_on=yesterday).where(Post.nature == "acting").execute()
            bump_epoch("access")
        assert "盘龙区局" not in either_bureau.sign_in("zhang").get("/").text

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"unit": "nirgends"},
            {"rank": "x"},
            {"rank": "0"},
            {"nature": "fremd"},
            {"starts_on": "2026-05-01", "ends_on": "2026-04-01"},
            {"ends_on": "gestern"},
        ],
    )
    def test_post_that_cannot_be_comes_back(self, bureau: Bureau, fields: dict[str, str]) -> None:
        client = bureau.sign_in("system")
        url = page_of(bureau, "zhang")
        client.get(f"{url}/posts")
        answer = client.post(f"{url}/posts", {**POST, **fields})
        assert answer.status == 422
        assert "副局长" in answer.text

    def test_changed_primary_and_ended(self, bureau: Bureau) -> None:
        client = bureau.sign_in("system")
        url = page_of(bureau, "zhang")
        client.get(f"{url}/posts")
        fields = {**POST, "nature": "regular", "is_primary": "y"}
        assert client.post(f"{url}/posts", fields).status == 303
        row = bureau.rows(
            "SELECT p.id FROM post p JOIN account a ON a.id = p.account_id "
            "WHERE a.login = 'zhang' AND p.is_primary"
        )
        assert len(row) == 1
        post = f"{url}/posts/{row[0][0]}"
        assert 'value="副局长"' in client.get(post).text
        assert client.post(post, {**fields, "title": "局长"}).status == 303
        assert "局长" in client.get(url).words
        client.get(f"{post}/end")
        assert client.post(f"{post}/end", {"ends_on": TODAY.isoformat()}).status == 303
        assert "已终止" in client.get(url).words
        left = bureau.rows(
            "SELECT count(*) FROM post p JOIN account a ON a.id = p.account_id "
            "WHERE a.login = 'zhang' AND p.is_active AND p.is_primary"
        )
        assert left == [(1,)]

    def test_post_of_the_directory_or_of_somebody_else_is_not_touched(self, bureau: Bureau) -> None:
        with writing():
            Post.update(source="ldap").execute()
        client = bureau.sign_in("system")
        zhang, zhou = (
            bureau.rows(
                "SELECT p.id FROM post p JOIN account a ON a.id = p.account_id WHERE a.login = ?",
                (login,),
            )[0][0]
            for login in ("zhang", "zhou")
        )
        url = page_of(bureau, "zhang")
        client.get(url)
        end = {"ends_on": TODAY.isoformat()}
        assert client.post(f"{url}/posts/{zhang}/end", end).status == 409
        assert client.post(f"{url}/posts/{zhou}/end", end).status == 404


def test_every_act_leaves_one_audit_line(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    url = page_of(bureau, "zhang")
    do(client, f"{url}/do/disable")
    do(client, f"{url}/do/enable")
    client.get(f"{url}/slip")
    client.post(f"{url}/slip")
    rows = bureau.rows("SELECT action FROM audit_record WHERE realm = 'core/account' ORDER BY id")
    assert [row[0] for row in rows] == [
        "core.disable_account",
        "core.enable_account",
        "core.issue_password",
    ]


@pytest.mark.parametrize("path", ["/x", f"/{'0' * 32}", "/x/edit", "/x/do/disable", "/x/posts/1"])
def test_unknown_person_is_not_there(bureau: Bureau, path: str) -> None:
    assert bureau.sign_in("system").get(f"{URL}{path}").status == 404


def test_unknown_act_is_not_there(bureau: Bureau) -> None:
    client = bureau.sign_in("system")
    assert client.get(f"{page_of(bureau, 'zhang')}/do/delete").status == 404
