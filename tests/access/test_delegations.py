"""Standing in for somebody absent: who may, what it lends, how it ends, what is recorded."""

import datetime as dt
from typing import Any

import pytest

from openbureau.base.context import CHINA
from openbureau.base.database import writing
from openbureau.kernel.access.delegations import absent_people, end_lapsed_delegations
from openbureau.kernel.access.models import Delegation
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.todos.actions import give_todos
from openbureau.testing.bureau import Bureau, Client
from openbureau.testing.statements import statements

URL = "/-/delegations"
TITLE = "关于开展电梯安全检查的通知"


def account(login: str) -> Any:
    return Account.get(Account.login == login)


def day(bureau: Bureau, later: int = 0) -> str:
    return (bureau.now.astimezone(CHINA).date() + dt.timedelta(days=later)).isoformat()


def lend(bureau: Bureau, lender: str, to: str, **fields: str) -> Any:
    client = bureau.sign_in(lender)
    client.get(URL)
    given = {
        "delegate": f"person:{account(to).uid}",
        "starts_on": day(bureau),
        "ends_on": day(bureau, 3),
        "reason": "出差",
        **fields,
    }
    return client.post(URL, given)


def primary_post(login: str) -> Any:
    return Post.get((Post.account == account(login)) & Post.is_primary)


def stand_in(bureau: Bureau, login: str, lender: str) -> Client:
    client = bureau.sign_in(login)
    client.get("/")
    chosen = client.post("/-/acting", {"post": str(primary_post(lender).id), "next": "/"})
    assert chosen.status == 303, chosen.words
    client.follow(chosen)
    return client


def test_delegate_sees_and_chooses_the_lent_identity(bureau: Bureau) -> None:
    assert lend(bureau, "wang", "zhang").status == 303
    client = bureau.sign_in("zhang")
    assert "代 王文松（昆明市局·局长）" in client.get("/").words
    desk = stand_in(bureau, "zhang", "wang").get("/")
    assert "您正在代王文松（昆明市局·局长）办理" in desk.words
    assert "张晓梅 代 王文松" in desk.words


def test_acts_are_recorded_for_both(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    bureau.grant("wang", "bulletins.publisher", "530100")
    lend(bureau, "wang", "zhang")
    own = bureau.sign_in("zhang")
    assert own.get("/bulletins/bulletin/new").status == 403
    client = stand_in(bureau, "zhang", "wang")
    client.get("/bulletins/bulletin/new")
    fields = {"title": TITLE, "body": "正文", "receivers": "subtree:530100", "intent": "publish"}
    confirmation = client.post("/bulletins/bulletin/new", fields).location
    client.get(confirmation)
    assert client.post(confirmation).status == 303
    wang, zhang = account("wang"), account("zhang")
    [(account_id, post_id, unit_id)] = bureau.rows(
        "SELECT account_id, post_id, unit_id FROM audit_record WHERE action = ?",
        ("bulletins.publish_bulletin",),
    )
    assert (account_id, post_id) == (zhang.id, primary_post("wang").id)
    assert unit_id == primary_post("wang").unit_id
    acts = [(account_id, post_id), (zhang.id, primary_post("zhang").id), (wang.id, None)]
    assert absent_people(acts) == {(zhang.id, post_id): "王文松"}
    stood = bureau.rows("SELECT record_id FROM audit_record WHERE action = 'core.stand_in'")
    assert stood == [(wang.id,)]


def test_todos_are_those_of_the_absent(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    wang = account("wang")
    with writing():
        give_todos(
            "do", realm="bulletins/bulletin", record_id=1,
            people=[(wang.id, primary_post("wang").unit_id)], title="会签某文", now=bureau.now,
        )  # fmt: skip
    lend(bureau, "wang", "zhang")
    assert "会签某文" not in bureau.sign_in("zhang").get("/-/todos").words
    client = stand_in(bureau, "zhang", "wang")
    assert "会签某文" in client.get("/-/todos").words


def test_one_post_lends_only_what_belongs_to_it(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    bureau.give_post("wang", "530402", "兼职")
    bureau.grant("wang", "bulletins.publisher", "530100")
    with writing():
        give_todos(
            "do", realm="bulletins/bulletin", record_id=1,
            people=[(account("wang").id, Post.get(Post.title == "兼职").unit_id)],
            title="玉溪的事", now=bureau.now,
        )  # fmt: skip
    lend(bureau, "wang", "zhang", post=str(primary_post("wang").id))
    client = stand_in(bureau, "zhang", "wang")
    assert client.get("/bulletins/bulletin/new").status == 403
    assert client.get("/bulletins/").status == 200
    assert "玉溪的事" not in client.get("/-/todos").words
    other = client.post("/-/acting", {"post": str(Post.get(Post.title == "兼职").id)})
    assert other.status == 404


@pytest.mark.parametrize("cause", ["ended", "expired", "disabled"])
def test_it_ends_at_once(bureau: Bureau, cause: str) -> None:
    lend(bureau, "wang", "zhang")
    client = stand_in(bureau, "zhang", "wang")
    if cause == "ended":
        lender = bureau.sign_in("wang")
        lender.get(URL)
        assert lender.post(f"{URL}/1/end").status == 303
    with writing():
        if cause == "expired":
            yesterday = bureau.now.astimezone(CHINA).date() - dt.timedelta(days=1)
            Delegation.update(starts_on=yesterday, ends_on=yesterday).execute()
        if cause == "disabled":
            Account.update(state="disabled").where(Account.login == "wang").execute()
        bump_epoch("access")
    desk = client.get("/")
    assert "正在代" not in desk.words
    assert "五华区局" in desk.words
    assert client.post("/-/acting", {"post": str(primary_post("wang").id)}).status == 404


def test_both_are_told(bureau: Bureau) -> None:
    lend(bureau, "wang", "zhang")
    zhang = bureau.sign_in("zhang")
    assert (
        f"王文松请您在 {day(bureau)} 至 {day(bureau, 3)} 代为办理" in zhang.get("/-/notices").words
    )
    zhang.get(URL)
    assert zhang.post(f"{URL}/1/end").status == 303
    assert "您授权张晓梅代办已经结束" in bureau.sign_in("wang").get("/-/notices").words


@pytest.mark.parametrize("cause", ["expired", "disabled"])
def test_lapsed_ones_are_ended_and_both_told(either_bureau: Bureau, cause: str) -> None:
    bureau = either_bureau
    lend(bureau, "wang", "zhang")
    assert end_lapsed_delegations(bureau.now) == 0
    later = bureau.now + dt.timedelta(days=4 if cause == "expired" else 0)
    if cause == "disabled":
        with writing():
            Account.update(state="disabled").where(Account.login == "wang").execute()
    assert end_lapsed_delegations(later) == 1
    assert end_lapsed_delegations(later) == 0
    told = bureau.rows("SELECT account_id FROM notice WHERE text LIKE ?", ("%已经结束。",))
    assert sorted(told) == sorted([(account("wang").id,), (account("zhang").id,)])
    page = bureau.sign_in("zhang").get(URL).words
    assert ("已到期" if cause == "expired" else "已收回") in page


def test_nothing_is_lent_on(bureau: Bureau) -> None:
    lend(bureau, "wang", "zhang")
    client = stand_in(bureau, "zhang", "wang")
    assert "不能再授权" in client.get(URL).words
    fields = {"delegate": f"person:{account('sun').uid}", "starts_on": day(bureau),
              "ends_on": day(bureau, 1)}  # fmt: skip
    assert client.post(URL, fields).status == 403
    assert len(bureau.rows("SELECT id FROM delegation")) == 1


def test_what_was_lent_to_one_is_not_lent_on_by_them(bureau: Bureau) -> None:
    lend(bureau, "wang", "zhang")
    lend(bureau, "zhang", "sun")
    client = bureau.sign_in("sun")
    assert "代 张晓梅" in client.get("/").words
    assert "代 王文松" not in client.get("/").words


@pytest.mark.parametrize(
    ("lender", "to", "fields"),
    [
        ("wang", "wang", {}),
        ("wang", "zhang", {"starts_on": "2020-01-01"}),
        ("wang", "zhang", {"ends_on": "2020-01-01"}),
        ("wang", "zhang", {"ends_on": "2099-01-01"}),
        ("wang", "system", {}),
        ("system", "zhang", {}),
        ("wang", "zhang", {"post": "999"}),
        ("wang", "zhang", {"delegate": "person:nobody"}),
    ],
)
def test_senseless_delegation_comes_back_filled(
    bureau: Bureau, lender: str, to: str, fields: dict[str, str]
) -> None:
    refused = lend(bureau, lender, to, **fields)
    assert refused.status == 422
    assert "没有保存" in refused.words or lender == "system"
    assert bureau.rows("SELECT id FROM delegation") == []


def test_one_post_is_lent_to_one_person_a_day(bureau: Bureau) -> None:
    lend(bureau, "wang", "zhang")
    refused = lend(bureau, "wang", "sun", post=str(primary_post("wang").id))
    assert refused.status == 422
    assert "已授权张晓梅代办" in refused.words


def test_stranger_ends_nothing(bureau: Bureau) -> None:
    lend(bureau, "wang", "zhang")
    client = bureau.sign_in("sun")
    client.get(URL)
    assert client.post(f"{URL}/1/end").status == 404


def test_frame_of_a_lent_identity_takes_three_statements(bureau: Bureau) -> None:
    lend(bureau, "wang", "zhang")
    client = stand_in(bureau, "zhang", "wang")
    client.get("/-/patterns")
    with statements() as seen:
        client.get("/-/patterns")
    assert len(seen) <= 3, seen
