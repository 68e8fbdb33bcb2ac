"""The desk: leaders' variant, hidden and moved cards, what nobody hides."""

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.todos.actions import give_todos
from openbureau.kernel.units.models import Unit
from openbureau.testing.bureau import Bureau


def give(bureau: Bureau, login: str, kind: str, title: str) -> None:
    with writing():
        account = Account.get(Account.login == login)
        unit = Unit.get(Unit.code == "530100")
        give_todos(
            kind,
            realm="bulletins/bulletin",
            record_id=sum(map(ord, title)),
            people=[(account.id, unit.id)],
            title=title,
            now=bureau.now,
        )


def lead(login: str) -> None:
    with writing():
        account = Account.get(Account.login == login)
        Post.update(is_leader=True).where(Post.account == account).execute()
        bump_epoch("access")


def test_leaders_see_only_what_waits_for_them_and_the_day(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    lead("wang")
    words = bureau.sign_in("wang").get("/").words
    assert "待批" in words
    assert "督办" in words
    content = words[words.index("待批") :]
    assert "通知公告" not in content


def test_supervised_matters_stand_on_the_desk_when_there_are_any(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    client = bureau.sign_in("wang")
    assert "全部督办" not in client.get("/").words
    give(bureau, "wang", "supervise", "反馈电梯改革试点情况")
    page = client.get("/")
    assert "全部督办" in page.words
    assert "反馈电梯改革试点情况" in page.words


def test_a_hidden_card_is_gone_and_comes_back(either_bureau: Bureau) -> None:
    client = either_bureau.sign_in("li")
    assert "今天没有日程" in client.get("/").words
    client.get("/-/desk/arrangement")
    page = client.follow(client.post("/-/desk/arrangement", {"shown": ["read", "shortcuts"]}))
    assert page.url == "/"
    assert "今天没有日程" not in page.words
    client.get("/-/desk/arrangement")
    client.post("/-/desk/arrangement", {"shown": ["read", "today", "shortcuts"]})
    assert "今天没有日程" in client.get("/").words


def test_an_arrow_moves_its_card_one_place(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    client = bureau.sign_in("li")
    page = client.get("/-/desk/arrangement")
    assert page.text.index('value="read"') < page.text.index('value="today"')
    shown = ["read", "today", "shortcuts", "tile:bulletins"]
    move = {"shown": shown, "move": "up today"}
    page = client.follow(client.post("/-/desk/arrangement", move))
    assert page.url == "/-/desk/arrangement"
    assert page.text.index('value="today"') < page.text.index('value="read"')


def test_todos_cannot_be_hidden(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    client.get("/-/desk/arrangement")
    client.post("/-/desk/arrangement", {"shown": [], "move": "up do"})
    assert "没有待办事项" in client.get("/").words


def test_strange_arrangements_change_nothing_else(bureau: Bureau) -> None:
    client = bureau.sign_in("li")
    client.get("/-/desk/arrangement")
    answer = client.post("/-/desk/arrangement", {"shown": ["<x>"], "move": "down nowhere"})
    assert answer.status == 303
    assert client.get("/").status == 200
