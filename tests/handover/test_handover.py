"""离任交接: what a leaver holds goes to the successor in one signed step, or not at all."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from openbureau import Context, Service, notify
from openbureau.base.database import db, writing
from openbureau.base.plugins import Source
from openbureau.kernel.access.models import Delegation, Participant, RoleGrant
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.drafts.models import FormDraft
from openbureau.kernel.handover.models import Handover
from openbureau.kernel.preferences.models import ContactGroup
from openbureau.kernel.todos.models import Involvement, Notice, Todo
from openbureau.kernel.units.models import Unit
from openbureau.shell.cli.root import root
from openbureau.testing.bureau import Bureau, close_bureau, open_bureau
from openbureau.testing.client import Answer, Client
from openbureau.testing.synthetic import plugin_of


def account(login: str) -> Account:
    return Account.get(Account.login == login)


def give_todo(login: str, record_id: int, title: str) -> Todo:
    holder = account(login)
    unit = Post.get(Post.account == holder).unit
    return Todo.create(
        kind="do", plugin="core", realm="core/test", record_id=record_id, account=holder,
        unit=unit, title=title, arrived_at=1,
    )  # fmt: skip


@pytest.fixture
def leaving(either_bureau: Bureau) -> Bureau:
    return about_to_leave(either_bureau)


def about_to_leave(bureau: Bureau) -> Bureau:
    """zhang leaves: two todos, a draft, a group, a followed record, a role, a delegation."""
    bureau.grant_permission("zhang", "bulletins.write_bulletin", unit="530102")
    with writing():
        zhang, sun = account("zhang"), account("sun")
        for number in (1, 2):
            give_todo("zhang", number, f"事项{number}")
        give_todo("sun", 2, "事项2")
        Participant.create(
            realm="core/test", record_id=1, holder=f"account:{zhang.id}", kind="handler", at=1
        )
        FormDraft.create(
            account=zhang, page="/bulletins/bulletin/new", title="起草", fields="[]", saved_at=1
        )
        ContactGroup.create(account=zhang, name="骨干", members='["unit:530100"]')
        ContactGroup.create(account=sun, name="骨干", members="[]")
        Involvement.create(
            account=zhang, kind="followed", plugin="core", realm="core/test", record_id=9,
            title="关注的", at=1,
        )  # fmt: skip
        Delegation.create(
            delegator=sun, delegate=zhang, starts_on="2026-01-01", ends_on="2099-01-01",
            created_at=1,
        )  # fmt: skip
    return bureau


def fields(*, successor: str = "sun", **changes: Any) -> dict[str, Any]:
    post = Post.get(Post.account == account("zhang"))
    return {
        "successor": f"person:{account(successor).uid}",
        "kinds": ["todo", "draft", "grant", "delegation", "group", "followed"],
        "ended_posts": [str(post.id)],
        "passed_posts": [str(post.id)],
        "reason": "调离",
        **changes,
    }


def hidden_of(answer: Answer) -> dict[str, list[str]]:
    form = re.search(r'<form[^>]*id="handover">(.*?)</form>', answer.text, re.S)
    assert form is not None, answer.words
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', form[1]):
        if name not in {"csrf", "once", "form_page", "form_by"}:
            found.setdefault(name, []).append(value)
    return found


def wizard_url() -> str:
    return f"/-/console/handovers/{account('zhang').uid}"


def reviewed(client: Client, **changes: Any) -> Answer:
    assert client.get(wizard_url()).status == 200
    return client.post(wizard_url(), fields(**changes))


def confirmed(client: Client, review: Answer) -> Answer:
    return client.post(wizard_url(), {**hidden_of(review), "intent": "confirm"})


def test_the_wizard_shows_everything_the_person_holds(leaving: Bureau) -> None:
    client = leaving.sign_in("system")
    assert "张晓梅" in client.get("/-/console/handovers?q=zxm").words
    words = client.get(wizard_url()).words
    for text in ("事项1", "起草", "骨干", "关注的", "孙玉兰", "昆明市五华区质量技术监督局 科员"):
        assert text in words


def test_reviewing_moves_nothing(leaving: Bureau) -> None:
    review = reviewed(leaving.sign_in("system"))
    assert review.status == 200
    assert "还没有移交任何内容" in review.words
    assert Todo.select().where(Todo.account == account("zhang"), Todo.state == "open").count() == 2
    assert Handover.select().count() == 0


def test_confirming_moves_it_all_and_signs_the_list(leaving: Bureau) -> None:
    client = leaving.sign_in("system")
    done = confirmed(client, reviewed(client))
    assert done.status == 303
    zhang, sun = account("zhang"), account("sun")
    moved = Todo.get(Todo.record_id == 1, Todo.realm == "core/test")
    assert (moved.account_id, moved.handed_over_by_id) == (sun.id, zhang.id)
    assert moved.unit.code == "530102"
    doubled = Todo.get(Todo.record_id == 2, Todo.account == zhang)
    assert doubled.state == "cancelled"
    assert Participant.select().where(Participant.holder == f"account:{sun.id}").count() == 1
    assert FormDraft.get().account_id == sun.id
    names = sorted(row.name for row in ContactGroup.select().where(ContactGroup.account == sun))
    assert names == ["骨干", "骨干 2"]
    assert Involvement.select().where(Involvement.account == sun).count() == 1
    assert Delegation.get().ended_at is not None
    posts = Post.select().where(Post.title == "科员", Post.unit == Unit.get(Unit.code == "530102"))
    assert sorted((p.account_id, p.is_active) for p in posts) == sorted(
        [(zhang.id, False), (sun.id, True)]
    )
    assert RoleGrant.get(RoleGrant.account == zhang).ended_at is None
    assert {row.url for row in Notice.select().where(Notice.account == sun)} == {
        done.location,
        "/-/delegations",
    }
    assert Notice.select().where(Notice.account == zhang).count() == 1
    ended = AuditRecord.get(AuditRecord.action == "core.end_delegation")
    assert (ended.record_id, ended.account_id) == (Delegation.get().id, account("system").id)
    audited = AuditRecord.get(AuditRecord.action == "core.hand_over_duties")
    assert json.loads(audited.detail)["digest"] == Handover.get().digest


def test_the_sheet_is_for_those_concerned(leaving: Bureau) -> None:
    client = leaving.sign_in("system")
    location = confirmed(client, reviewed(client)).location
    words = client.follow(client.get(location)).words
    for text in ("移交人", "接收人", "监交人", "与签名一致", "已转安全管理员处理", "由接收人接任"):
        assert text in words
    for login, status in (("sun", 200), ("zhang", 200), ("security", 200), ("zhao", 404)):
        assert leaving.sign_in(login).get(location).status == status, login


def test_a_handover_is_found_again_by_either_name(leaving: Bureau) -> None:
    client = leaving.sign_in("system")
    location = confirmed(client, reviewed(client)).location
    for words in ("", "zhang", "孙玉", "syl"):
        assert location in client.get(f"/-/console/handovers?q={words}").text, words
    assert location not in client.get("/-/console/handovers?q=zhao").text
    assert "None" not in client.get("/-/console/handovers").words


def test_todos_say_who_handed_them_over(leaving: Bureau) -> None:
    client = leaving.sign_in("system")
    confirmed(client, reviewed(client))
    assert "由 张晓梅 移交" in leaving.sign_in("sun").get("/-/todos").words


def test_security_administrators_are_asked_to_settle_the_roles(leaving: Bureau) -> None:
    client = leaving.sign_in("system")
    confirmed(client, reviewed(client))
    security = leaving.sign_in("security")
    assert "请处理其角色" in security.get("/-/todos").words
    made = Handover.get()
    opened = security.follow(security.get(f"/-/handovers/of/{made.id}"))
    assert "角色已处理" in opened.words
    assert security.post(f"/-/handovers/{made.uid}/settled").status == 303
    assert Todo.get(Todo.realm == "core/handover").state == "done"


def test_what_changed_since_the_review_is_shown_again(leaving: Bureau) -> None:
    client = leaving.sign_in("system")
    review = reviewed(client)
    with writing():
        give_todo("zhang", 3, "刚到的")
    again = confirmed(client, review)
    assert again.status == 409
    assert "刚到的" in again.words
    assert Handover.select().count() == 0
    assert confirmed(client, again).status == 303


def test_a_form_sent_twice_hands_over_once(leaving: Bureau) -> None:
    client = leaving.sign_in("system")
    review = reviewed(client)
    sent = {**hidden_of(review), "intent": "confirm"}
    first = client.post(wizard_url(), sent)
    again = client.post(wizard_url(), sent)
    assert (first.status, again.location) == (303, first.location)
    assert Handover.select().count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"successor": "zhang"}, "接收人不能是离任者本人"),
        ({"reason": ""}, "这一项必须填写"),
        ({"ended_posts": []}, "须先在上面选择结束"),
        ({"kinds": ["todo", "nonsense"]}, ""),
    ],
)
def test_a_form_that_cannot_be_used_comes_back_filled(
    leaving: Bureau, changes: dict[str, Any], sentence: str
) -> None:
    answer = reviewed(leaving.sign_in("system"), **changes)
    assert answer.status == 422
    assert sentence in answer.words


def test_a_post_of_the_directory_is_listed_and_left_to_it(leaving: Bureau) -> None:
    with writing():
        Post.update(source="ldap").where(Post.account == account("zhang")).execute()
    client = leaving.sign_in("system")
    assert "不能在这里结束" in client.get(wizard_url()).words
    assert client.post(wizard_url(), fields()).status == 422
    client.get(wizard_url())
    confirmed(client, client.post(wizard_url(), fields(ended_posts=[], passed_posts=[])))
    assert Post.get(Post.account == account("zhang")).is_active


def test_another_post_becomes_the_primary_one(leaving: Bureau) -> None:
    leaving.give_post("zhang", "530103")
    client = leaving.sign_in("system")
    primary = Post.get(Post.account == account("zhang"), Post.is_primary)
    ending = {"ended_posts": [str(primary.id)], "passed_posts": []}
    confirmed(client, reviewed(client, **ending))
    left = Post.get(Post.account == account("zhang"), Post.is_active)
    assert left.is_primary


def test_todo_of_a_passed_post_stays_in_its_unit(leaving: Bureau) -> None:
    leaving.give_post("zhang", "530402")
    posts = list(Post.select().where(Post.account == account("zhang")).order_by(Post.id))
    with writing():
        todo = give_todo("zhang", 7, "红塔的事")
        Todo.update(unit=posts[1].unit_id).where(Todo.id == todo.id).execute()
    client = leaving.sign_in("system")
    both = [str(post.id) for post in posts]
    confirmed(client, reviewed(client, ended_posts=both, passed_posts=both))
    moved = Todo.get(Todo.record_id == 7)
    assert (moved.account_id, moved.unit_id) == (account("sun").id, posts[1].unit_id)


def test_kinds_left_out_stay(leaving: Bureau) -> None:
    client = leaving.sign_in("system")
    confirmed(client, reviewed(client, kinds=["draft"], ended_posts=[], passed_posts=[]))
    assert Todo.select().where(Todo.account == account("zhang"), Todo.state == "open").count() == 2
    assert Post.get(Post.account == account("zhang")).is_active
    outcomes = {line["outcome"] for line in json.loads(Handover.get().lines)["lines"]}
    assert outcomes == {"moved", "kept"}


def test_a_delegated_administrator_reaches_the_own_part_only(leaving: Bureau) -> None:
    with writing():
        Account.update(administrator_unit=Unit.get(Unit.code == "530400")).where(
            Account.login == "system"
        ).execute()
    client = leaving.sign_in("system")
    assert client.get(wizard_url()).status == 404
    assert "张晓梅" not in client.get("/-/console/handovers?q=zxm").words


def test_others_do_not_reach_the_wizard(leaving: Bureau) -> None:
    for login in ("li", "security", "audit"):
        assert leaving.sign_in(login).get(wizard_url()).status == 403


def test_the_command_line_lists_shows_and_verifies(bureau: Bureau) -> None:
    client = about_to_leave(bureau).sign_in("system")
    confirmed(client, reviewed(client))
    environment = {"OPENBUREAU_DATA": str(bureau.installation.settings.data)}

    def run(*arguments: str, status: int = 0) -> Any:
        done = CliRunner().invoke(root, ["handover", *arguments, "--json"], env=environment)
        assert done.exit_code == status, done.output
        return json.loads(done.stdout) if done.stdout else None

    (row,) = run("list")
    assert (row["leaver"], row["successor"]) == ("张晓梅", "孙玉兰")
    assert [row["handover"]] == [found["handover"] for found in run("list", "孙玉兰")]
    assert run("list", "nobody") == []
    assert len(run("show", row["handover"])["lines"]) == 8
    assert run("verify") == [{"handover": row["handover"], "authentic": True}]
    with writing():
        Handover.update(lines=Handover.get().lines.replace("事项1", "事项7")).execute()
    assert run("verify", status=1) == [{"handover": row["handover"], "authentic": False}]
    run("show", "nothing", status=1)


def good_part(ctx: Context, asked: dict[str, Any]) -> list[dict[str, Any]]:
    if asked["operation"] == "move":
        notify(asked["to"], "钥匙", now=ctx.now)
    return [{"kind": "钥匙", "title": "301 室", "count": 2, "url": ""}]


def bad_part(ctx: Context, asked: dict[str, Any]) -> list[dict[str, Any]]:
    if asked["operation"] == "move":
        notify(asked["to"], "坏的", now=ctx.now)
        raise RuntimeError("broken")
    return [{"kind": "坏", "title": "x"}]


def offering(slug: str, provide: Any) -> Source:
    return plugin_of(slug, services=lambda: (Service(f"{slug}.handover/1", provide),))


@pytest.fixture
def with_plugins(tmp_path: Path, database_url: str) -> Iterator[Bureau]:
    sources = [offering("keysplugin", good_part), offering("badplugin", bad_part)]
    yield open_bureau(tmp_path / "data", database_url, sources)
    close_bureau()


def test_plugins_move_their_own_and_a_failing_one_is_named(with_plugins: Bureau) -> None:
    client = with_plugins.sign_in("system")
    review = reviewed(
        client,
        kinds=["plugin:keysplugin", "plugin:badplugin"],
        ended_posts=[],
        passed_posts=[],
    )
    assert "301 室" in review.words
    assert confirmed(client, review).status == 303
    lines = json.loads(Handover.get().lines)["lines"]
    outcomes = {line["plugin"]: line["outcome"] for line in lines if line["plugin"] != "core"}
    assert outcomes == {"keysplugin": "moved", "badplugin": "failed"}
    assert [notice.text for notice in Notice.select() if notice.text in {"钥匙", "坏的"}] == [
        "钥匙"
    ]
    assert db.in_transaction() is False
