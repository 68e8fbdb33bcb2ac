"""Six lists with the same columns and filters; following a record."""

import datetime as dt
from typing import Any

import pytest

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.todos.actions import close_todo, give_todos
from openbureau.kernel.todos.models import Involvement
from openbureau.kernel.units.models import Unit
from openbureau.testing.bureau import Bureau

LABELS = {
    "do": "待办",
    "read": "待阅",
    "done": "已办",
    "started": "我发起",
    "followed": "我关注",
    "supervise": "督办",
}


def give(bureau: Bureau, login: str, kind: str, record: int, title: str, **more: Any) -> None:
    with writing():
        account = Account.get(Account.login == login)
        unit = Unit.get(Unit.code == "530102")
        give_todos(
            kind,
            realm="bulletins/bulletin",
            record_id=record,
            people=[(account.id, unit.id)],
            title=title,
            now=bureau.now,
            **more,
        )


@pytest.fixture
def on(either_bureau: Bureau) -> Bureau:
    either_bureau.enable("bulletins")
    return either_bureau


@pytest.mark.parametrize("code", LABELS)
def test_every_list_opens_empty_with_all_six_tabs(on: Bureau, code: str) -> None:
    page = on.sign_in("zhang").get(f"/-/todos?tab={code}")
    assert page.status == 200
    assert all(label in page.words for label in LABELS.values())
    assert "这里没有事项" in page.words


def test_what_is_due_soonest_comes_first_and_what_has_no_limit_last(on: Bureau) -> None:
    today = on.now.date()
    give(on, "zhang", "do", 1, "没有时限的事")
    give(on, "zhang", "do", 2, "后到期的事", due_on=today + dt.timedelta(days=9))
    give(on, "zhang", "do", 3, "已经超期的事", due_on=today - dt.timedelta(days=2))
    text = on.sign_in("zhang").get("/-/todos?tab=do").text
    assert text.index("已经超期的事") < text.index("后到期的事") < text.index("没有时限的事")


def test_lists_are_narrowed_by_title_plugin_and_limit(on: Bureau) -> None:
    today = on.now.date()
    give(on, "zhang", "do", 1, "锅炉登记", due_on=today - dt.timedelta(days=2))
    give(on, "zhang", "do", 2, "电梯检查", due_on=today + dt.timedelta(days=2))
    give(on, "zhang", "do", 3, "起重机检查", due_on=today + dt.timedelta(days=20))
    client = on.sign_in("zhang")
    assert "锅炉登记" not in client.get("/-/todos?tab=do&q=检查").words
    late = client.get("/-/todos?tab=do&due=late").words
    assert "锅炉登记" in late
    assert "电梯检查" not in late
    soon = client.get("/-/todos?tab=do&due=soon").words
    assert "电梯检查" in soon
    assert "起重机检查" not in soon
    assert "锅炉登记" in client.get("/-/todos?tab=do&plugin=bulletins").words
    assert "没有符合条件的事项" in client.get("/-/todos?tab=do&q=没有这样的").words


def test_a_done_todo_stays_with_the_present_step_of_its_record(on: Bureau) -> None:
    give(on, "zhang", "do", 7, "关于印发细则的通知", step="拟稿")
    give(on, "zhou", "do", 7, "关于印发细则的通知", step="会签")
    with writing():
        account = Account.get(Account.login == "zhang")
        close_todo("do", "bulletins/bulletin", 7, account.id, on.now)
    words = on.sign_in("zhang").get("/-/todos?tab=done").words
    assert "关于印发细则的通知" in words
    assert "会签" in words
    assert "已办结" in words


def test_strange_filters_are_ignored(on: Bureau) -> None:
    give(on, "zhang", "do", 1, "锅炉登记")
    client = on.sign_in("zhang")
    page = client.get("/-/todos?tab=nothing&plugin=%3Cx%3E&due=never&page=99999")
    assert page.status == 200
    assert "锅炉登记" in page.words


def test_who_may_not_see_a_record_cannot_follow_it(on: Bureau) -> None:
    client = on.sign_in("zhao")
    client.get("/-/todos")
    for realm, record in (
        ("bulletins/bulletin", "4711"),
        ("bulletins/bulletin", "9" * 40),
        ("bulletins/bulletin", "x"),
        ("core/account", "1"),
        ("nothing/thing", "1"),
    ):
        answer = client.post("/-/follow", {"realm": realm, "record": record, "follow": "1"})
        assert answer.status == 404
    assert Involvement.select().count() == 0
