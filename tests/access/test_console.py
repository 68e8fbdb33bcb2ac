"""Roles, grants, arranged delegations and "why" in the console: nothing is saved unseen."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from openbureau.base.database import writing
from openbureau.kernel.access.models import Role, RolePermission
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.units.models import Unit
from openbureau.testing.bureau import Answer, Bureau, Client

ROLES, GRANTS = "/-/console/roles", "/-/console/grants"
PUBLISHER = "bulletins.publisher"
PUBLISH = "bulletins.publish_bulletin"
Fields = Mapping[str, str | Sequence[str]]


def uid(login: str) -> str:
    return str(Account.get(Account.login == login).uid)


def giving(login: str = "zhang", unit: str = "530102", **more: str) -> dict[str, str]:
    return {
        "subjects": f"person:{uid(login)}",
        "role": PUBLISHER,
        "unit": f"unit:{unit}",
        "reach": "unit",
        "basis": "局长办公会纪要",
        **more,
    }


def confirmed(client: Client, url: str, fields: Fields) -> Answer:
    """Sends a form, and then the digest its preview shows."""
    preview = client.post(url, fields)
    assert preview.status == 200, preview.words
    digest = re.search(r'name="effect" value="(\w+)"', preview.text)
    assert digest is not None
    return client.post(url, {**fields, "effect": digest[1]})


def bound(login: str, code: str) -> None:
    with writing():
        unit = Unit.get(Unit.code == code)
        Account.update(administrator_unit=unit).where(Account.login == login).execute()
        bump_epoch("access")


def granted(bureau: Bureau) -> list[Any]:
    return bureau.rows("SELECT account_id, ended_at IS NULL FROM role_grant ORDER BY id")


def test_a_grant_is_seen_before_it_is_saved(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    client = bureau.sign_in("security")
    client.get(f"{GRANTS}/new")
    preview = client.post(f"{GRANTS}/new", giving())
    assert "1 人增加，0 人失去" in preview.words
    assert "张晓梅" in preview.words
    assert "发布通知公告" in preview.words
    assert granted(bureau) == []
    assert confirmed(client, f"{GRANTS}/new", giving()).status == 303
    assert len(granted(bureau)) == 1
    assert bureau.context("zhang").may(PUBLISH)
    assert "张晓梅" in client.get(GRANTS).words
    found = bureau.rows("SELECT account_id FROM audit_record WHERE action = 'core.grant_role'")
    assert found == [(Account.get(Account.login == "security").id,)]


def test_another_effect_than_the_confirmed_one_is_not_saved(bureau: Bureau) -> None:
    client = bureau.sign_in("security")
    client.get(f"{GRANTS}/new")
    preview = client.post(f"{GRANTS}/new", giving())
    digest = re.search(r'name="effect" value="(\w+)"', preview.text)
    assert digest is not None
    with writing():
        role = Role.get(Role.code == PUBLISHER)
        RolePermission.delete().where(
            (RolePermission.role == role) & (RolePermission.permission == PUBLISH)
        ).execute()
    refused = client.post(f"{GRANTS}/new", {**giving(), "effect": digest[1]})
    assert refused.status == 409
    assert "情况有了变化" in refused.words
    other = client.post(f"{GRANTS}/new", {**giving("sun", "530103"), "effect": digest[1]})
    assert other.status == 409
    assert granted(bureau) == []


def test_taking_back_needs_a_reason_and_a_look(bureau: Bureau) -> None:
    bureau.grant("zhang", PUBLISHER, "530102")
    client = bureau.sign_in("security")
    client.get(f"{GRANTS}/1/end")
    assert client.post(f"{GRANTS}/1/end", {"reason": ""}).status == 422
    preview = client.post(f"{GRANTS}/1/end", {"reason": "调离"})
    assert "0 人增加，1 人失去" in preview.words
    assert confirmed(client, f"{GRANTS}/1/end", {"reason": "调离"}).status == 303
    assert granted(bureau)[0][1] in {0}
    assert not bureau.context("zhang").may(PUBLISH)
    assert "没有授权" in client.get(GRANTS).words
    assert "张晓梅" in client.get(f"{GRANTS}?state=ended").words


@pytest.mark.parametrize(
    "fields",
    [
        {"subjects": "person:nobody"},
        {"role": "nothing"},
        {"unit": "unit:999"},
        {"reach": "universe"},
        {"basis": ""},
        {"ends_on": "2020-01-01"},
    ],
)
def test_senseless_grant_comes_back_filled(bureau: Bureau, fields: dict[str, str]) -> None:
    client = bureau.sign_in("security")
    client.get(f"{GRANTS}/new")
    refused = client.post(f"{GRANTS}/new", {**giving(), **fields})
    assert refused.status == 422
    assert "没有保存" in refused.words
    assert granted(bureau) == []


def test_administrators_get_no_role_and_nobody_gives_themselves_one(bureau: Bureau) -> None:
    client = bureau.sign_in("security")
    client.get(f"{GRANTS}/new")
    for login in ("security", "system"):
        assert client.post(f"{GRANTS}/new", giving(login)).status == 422
    assert granted(bureau) == []


def test_a_delegated_administrator_stays_in_the_subtree(bureau: Bureau) -> None:
    bound("security", "530100")
    bureau.grant("zhao", PUBLISHER, "530402")
    bureau.grant("zhang", PUBLISHER, "530103")
    client = bureau.sign_in("security")
    shown = client.get(GRANTS).words
    assert "张晓梅" in shown
    assert "赵建国" not in shown
    client.get(f"{GRANTS}/new")
    outside = (giving("zhao"), giving("zhang", "530402"), giving("zhang", reach="province"))
    for fields in outside:
        assert client.post(f"{GRANTS}/new", fields).status == 422
    assert client.get(f"{GRANTS}/1/end").status == 404
    assert client.post(f"{GRANTS}/1/end", {"reason": "x"}).status == 404
    assert confirmed(client, f"{GRANTS}/new", giving("sun", "530103")).status == 303
    assert client.get(ROLES).status == 403


def test_a_post_brings_the_role_and_takes_it_along(bureau: Bureau) -> None:
    client = bureau.sign_in("security")
    client.get(f"{GRANTS}/new")
    fields = giving(subjects="post:530102:副局长")
    assert confirmed(client, f"{GRANTS}/new", fields).status == 303
    assert bureau.context("zhou").may(PUBLISH)
    with writing():
        zhou = Account.get(Account.login == "zhou")
        Post.update(is_active=False).where(Post.account == zhou).execute()
        bump_epoch("access")
    bureau.give_post("zhou", "530103")
    assert not bureau.context("zhou").may(PUBLISH)


def test_a_role_changes_after_a_look(bureau: Bureau) -> None:
    bureau.grant("zhang", PUBLISHER, "530102")
    client = bureau.sign_in("security")
    client.get(f"{ROLES}/{PUBLISHER}/edit")
    fields = {"name": "发布人", "permissions": ("bulletins.list_bulletin",)}
    preview = client.post(f"{ROLES}/{PUBLISHER}/edit", fields)
    assert "0 人增加，1 人失去" in preview.words
    assert confirmed(client, f"{ROLES}/{PUBLISHER}/edit", fields).status == 303
    assert not bureau.context("zhang").may(PUBLISH)
    page = client.get(f"{ROLES}/{PUBLISHER}")
    assert "与模板的差别" in page.words
    assert confirmed(client, f"{ROLES}/{PUBLISHER}/template", {}).status == 303
    assert bureau.context("zhang").may(PUBLISH)
    assert "与模板的差别" not in client.get(f"{ROLES}/{PUBLISHER}").words


def test_a_role_is_retired_and_taken_up_again(bureau: Bureau) -> None:
    bureau.grant("zhang", PUBLISHER, "530102")
    client = bureau.sign_in("security")
    client.get(f"{ROLES}/{PUBLISHER}")
    assert confirmed(client, f"{ROLES}/{PUBLISHER}/state", {}).status == 303
    assert not bureau.context("zhang").may(PUBLISH)
    assert "已停用" in client.get(f"{ROLES}/{PUBLISHER}").words
    assert confirmed(client, f"{ROLES}/{PUBLISHER}/state", {}).status == 303
    assert bureau.context("zhang").may(PUBLISH)


def test_a_role_of_ones_own_holds_business_permissions_only(bureau: Bureau) -> None:
    client = bureau.sign_in("security")
    client.get(f"{ROLES}/new")
    refused = client.post(f"{ROLES}/new", {"name": "x", "permissions": ("core.manage_units",)})
    assert refused.status == 422
    made = client.post(f"{ROLES}/new", {"name": "值班", "permissions": (PUBLISH,)})
    assert made.status == 303
    assert "值班" in client.get(ROLES).words
    client.get(f"{ROLES}/new")
    again = client.post(f"{ROLES}/new", {"name": "值班", "permissions": (PUBLISH,)})
    assert again.status == 422


def test_an_administrator_arranges_a_delegation(bureau: Bureau) -> None:
    bound("security", "530100")
    day = bureau.context("wang").today
    client = bureau.sign_in("security")
    client.get("/-/console/delegations")
    fields = {
        "delegator": f"person:{uid('wang')}",
        "delegate": f"person:{uid('zhang')}",
        "starts_on": str(day),
        "ends_on": str(day),
        "reason": "住院",
    }
    outside = client.post(
        "/-/console/delegations", {**fields, "delegator": f"person:{uid('zhao')}"}
    )
    assert outside.status == 422
    assert client.post("/-/console/delegations", fields).status == 303
    assert "代 王文松" in bureau.sign_in("zhang").get("/").words
    assert "管理员已安排张晓梅" in bureau.sign_in("wang").get("/-/notices").words
    client.get("/-/console/delegations")
    assert client.post("/-/console/delegations/1/end").status == 303
    bound("security", "530400")
    client.get("/-/console/delegations")
    assert client.post("/-/console/delegations/1/end").status == 404


def test_why_is_answered_within_reach_and_recorded(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    client = bureau.sign_in("security")
    url = f"/-/console/access?account=zhang&permission={PUBLISH}"
    answer = client.get(url)
    assert "现在不允许" in answer.words
    assert "没有任何有效的角色或授权" in answer.words
    rows = bureau.rows("SELECT detail FROM audit_record WHERE action = 'core.explain_access'")
    assert len(rows) == 1
    bound("security", "530400")
    outside = client.get(url)
    assert outside.status == 422
    assert "没有找到账号" in outside.words


def test_a_refused_page_leads_to_its_reasons(bureau: Bureau) -> None:
    bureau.enable("bulletins")
    client = bureau.sign_in("zhang")
    refused = client.get("/bulletins/bulletin/new")
    assert refused.status == 403
    link = re.search(r'href="(/-/why\?page=[^"]+)"', refused.text)
    assert link is not None
    answer = client.get(link[1])
    assert "现在不允许" in answer.words
    assert "bulletins.write_bulletin" in answer.text


def test_own_question_that_makes_no_sense_is_answered(bureau: Bureau) -> None:
    client = bureau.sign_in("zhang")
    for query in ("page=/nowhere", "permission=x.y_z", "page=/-/todos&permission=core.read_audit"):
        assert client.get(f"/-/why?{query}").status == 422
    assert client.get("/-/why").status == 200
