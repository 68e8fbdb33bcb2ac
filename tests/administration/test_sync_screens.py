"""Sources and synchronisations on their pages, against a real directory."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from openbureau.base.database import writing
from openbureau.kernel.accounts.actions import create_account
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.audit.origin import os_user
from openbureau.kernel.units.models import Unit
from openbureau.shell.cli.root import root
from openbureau.testing.bureau import PASSWORD, Bureau, Client
from openbureau.testing.directory import bureau_entries, dn_of
from openbureau.testing.ldif import ldif
from openbureau.testing.slapd import (
    READER_DN,
    READER_PASSWORD,
    SUFFIX,
    Slapd,
    missing,
    running_slapd,
)

pytestmark = pytest.mark.slapd


@pytest.fixture
def slapd(tmp_path: Path) -> Iterator[Slapd]:
    if reason := missing():
        pytest.skip(f"slapd: {reason}")
    with running_slapd(tmp_path / "slapd", ldif(bureau_entries())) as server:
        yield server


@pytest.fixture
def system(bureau: Bureau, slapd: Slapd) -> Client:
    """The system administrator, after describing the directory."""
    client = bureau.sign_in("system")
    client.get("/-/console/sources/new")
    answer = client.post("/-/console/sources/new", described(slapd))
    assert answer.status == 303, answer.words
    return client


def described(slapd: Slapd, **more: str) -> dict[str, str]:
    return {
        "code": "prov",
        "name": "省局目录",
        "profile": "openldap",
        "url": slapd.url,
        "base": SUFFIX,
        "bind_dn": READER_DN,
        "password": READER_PASSWORD,
        "delta_every_min": "0",
        "top_unit": "",
        **more,
    }


def preview(bureau: Bureau, client: Client) -> str:
    """Asks for a preview, lets the job run; the address of its page."""
    client.get("/-/console/sync")
    answer = client.post("/-/console/sync/start", {"source": "prov", "scope": "full"})
    assert answer.status == 303, answer.words
    bureau.run_jobs()
    return str(answer.location)


def plan_of(client: Client, page: str) -> str:
    found = re.search(r'name="plan" value="([0-9a-f]{64})"', client.get(page).text)
    assert found
    return found[1]


def applied(bureau: Bureau, client: Client) -> str:
    page = preview(bureau, client)
    answer = client.post(f"{page}/apply", {"plan": plan_of(client, page)})
    assert answer.status == 303, (answer.words, client.get(page).words)
    bureau.run_jobs()
    assert "已写入" in client.get(page).words
    return page


def people() -> dict[str, str]:
    return {row.login: row.state for row in Account.select().where(Account.source == "ldap")}


def second_administrator(bureau: Bureau) -> Client:
    with writing():
        create_account(
            "system2",
            "系统管理员二",
            now=bureau.now,
            password_hash=Account.get(Account.login == "system").password_hash,
            administrator="system",
            unit=Unit.get(Unit.code == "530000"),
        )
    client = bureau.client()
    assert client.sign_in("system2", PASSWORD).status == 200
    return client


def test_the_password_is_never_shown(system: Client) -> None:
    assert READER_PASSWORD not in system.get("/-/console/sources/prov").text


def test_a_sample_shows_people_as_they_would_be_read(system: Client, slapd: Slapd) -> None:
    system.get("/-/console/sources/prov")
    answer = system.post("/-/console/sources/prov/sample", described(slapd, password=""))
    assert answer.status == 200
    assert "张三0" in answer.words
    assert "u0@bureau.example" in answer.words
    assert people() == {}


def test_a_sample_is_shown_before_the_source_is_stored(bureau: Bureau, slapd: Slapd) -> None:
    client = bureau.sign_in("system")
    assert "/-/console/sources/new/sample" in client.get("/-/console/sources/new").text
    answer = client.post("/-/console/sources/new/sample", described(slapd))
    assert answer.status == 200
    assert "u0@bureau.example" in answer.words
    assert 'value="省局目录"' in answer.text
    assert READER_PASSWORD not in answer.text
    refused = client.post("/-/console/sources/new/sample", described(slapd, person_filter="(uid="))
    assert (refused.status, "查询条件" in refused.words) == (422, True)
    assert bureau.rows("SELECT COUNT(*) FROM directory_source") == [(0,)]


def test_a_sample_of_a_wrong_mapping_says_what_is_empty(system: Client, slapd: Slapd) -> None:
    form = described(slapd, password="", map_title="employeeNumber")
    answer = system.post("/-/console/sources/prov/sample", form)
    assert "样本中没有人填写：职务" in answer.words


def test_a_silent_directory_is_said_and_the_form_comes_back(system: Client, slapd: Slapd) -> None:
    slapd.stop()
    answer = system.post(
        "/-/console/sources/prov/sample", described(slapd, name="新名称", password="")
    )
    assert answer.status == 200
    assert "无法连接目录服务器" in answer.words
    assert 'value="新名称"' in answer.text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("url", "http://x", "ldap"),
        ("person_filter", "(uid=", "查询条件"),
        ("full_at", "25:00", "02:30"),
        ("code", "省局", "小写字母"),
        ("code", "new", "不能是 new"),
        ("password", "", "请填写查询账号的密码"),
        ("map_title", "bad name!", "属性名"),
    ],
)
def test_a_refused_source_comes_back_filled(
    bureau: Bureau, slapd: Slapd, field: str, value: str, words: str
) -> None:
    client = bureau.sign_in("system")
    client.get("/-/console/sources/new")
    answer = client.post("/-/console/sources/new", described(slapd, **{field: value}))
    assert answer.status == 422
    assert words in answer.words
    assert 'value="省局目录"' in answer.text


def test_preview_writes_nothing_and_apply_writes_exactly_it(bureau: Bureau, system: Client) -> None:
    page = preview(bureau, system)
    assert people() == {}
    assert (
        "新增 233" in re.sub(r"\s+", " ", system.get(page).words)
        or "新增" in system.get(page).words
    )
    applied(bureau, system)
    assert len(people()) == 208


def test_excluded_lines_stay_out(bureau: Bureau, system: Client) -> None:
    page = preview(bureau, system)
    text = system.get(f"{page}?action=create").text
    first_person = re.search(r'name="line" value="([^"]+)"[^§]*?>张三0<', text)
    assert first_person
    line = re.findall(r'name="line" value="([^"]+)"', text[: first_person.end()])[-1]
    again = system.post(f"{page}/exclude", {"line": line, "act": "exclude"})
    bureau.run_jobs()
    assert "已排除" in system.get(str(again.location)).words
    plan = plan_of(system, str(again.location))
    system.post(f"{again.location}/apply", {"plan": plan})
    bureau.run_jobs()
    assert len(people()) == 207
    assert "u0" not in people()


def test_an_old_plan_is_not_written_after_the_directory_changed(
    bureau: Bureau, system: Client, slapd: Slapd
) -> None:
    applied(bureau, system)
    slapd.modify(f"dn: {dn_of(3)}\nchangetype: modify\nreplace: title\ntitle: new\n")
    page = preview(bureau, system)
    plan = plan_of(system, page)
    slapd.modify(f"dn: {dn_of(3)}\nchangetype: modify\nreplace: title\ntitle: newer\n")
    system.post(f"{page}/apply", {"plan": plan})
    bureau.run_jobs()
    assert "计划没有写入" in system.get(page).words


def test_a_large_plan_waits_for_a_second_administrator(
    bureau: Bureau, system: Client, slapd: Slapd
) -> None:
    applied(bureau, system)
    before = people()
    for number in range(40):
        slapd.modify(f"dn: {dn_of(number)}\nchangetype: delete\n")
    page = preview(bureau, system)
    assert "等待第二人确认" in system.get(page).words
    plan = plan_of(system, page)
    for act in ("apply", "confirm"):
        assert system.post(f"{page}/{act}", {"plan": plan}).status in {403, 409}
    bureau.run_jobs()
    assert people() == before
    other = second_administrator(bureau)
    assert other.post(f"{page}/confirm", {"plan": "0" * 64}).status == 409
    assert other.post(f"{page}/confirm", {"plan": plan}).status == 303
    bureau.run_jobs()
    assert sum(state == "disabled" for state in people().values()) == 40


def test_undo_is_shown_and_restores_the_accounts(
    bureau: Bureau, system: Client, slapd: Slapd
) -> None:
    applied(bureau, system)
    before = people()
    slapd.modify(f"dn: {dn_of(5)}\nchangetype: delete\n")
    page = applied(bureau, system)
    assert people()["u5"] == "disabled"
    shown = system.get(f"{page}/undo")
    assert "张三5" in shown.words
    assert "没有人因此停用" in shown.words
    assert system.post(f"{page}/undo", {"plan": "0" * 64}).status == 409
    plan = plan_of(system, f"{page}/undo")
    answer = system.post(f"{page}/undo", {"plan": plan})
    assert answer.status == 303
    bureau.run_jobs()
    assert people() == before
    assert "已撤销" in system.get(page).words
    assert "已写入" in system.get(str(answer.location)).words
    again = system.post(f"{page}/undo", {"plan": plan})
    assert (again.status, "不能撤销" in again.words) == (409, True)


def test_an_undo_that_would_disable_many_waits_for_a_second_administrator(
    bureau: Bureau, system: Client
) -> None:
    page = applied(bureau, system)
    shown = system.get(f"{page}/undo").words
    assert "208 人将停用" in shown
    assert "张三0" in shown
    assert "停用超过 30 人" in shown
    plan = plan_of(system, f"{page}/undo")
    waiting = str(system.post(f"{page}/undo", {"plan": plan}).location)
    bureau.run_jobs()
    assert set(people().values()) == {"active"}
    assert "等待第二人确认" in system.get(waiting).words
    assert system.post(f"{waiting}/confirm", {"plan": plan}).status == 403
    assert system.post(f"{waiting}/exclude", {"line": "x"}).status == 409
    other = second_administrator(bureau)
    assert other.post(f"{waiting}/confirm", {"plan": plan}).status == 303
    bureau.run_jobs()
    assert set(people().values()) == {"disabled"}
    assert "已撤销" in system.get(page).words


def test_a_step_on_the_command_line_is_told(bureau: Bureau, system: Client) -> None:
    page = preview(bureau, system)
    uid, plan = page.rpartition("/")[2], plan_of(system, page)
    data = str(bureau.installation.settings.data)
    order = ["sync-runs", "apply", uid, "--as", "system", "--plan", plan]
    done = CliRunner().invoke(root, ["--data", data, *order])
    assert done.exit_code == 0, done.output
    told = f"系统管理员（通过命令行，系统用户 {os_user()}）"
    assert f"{told} 于" in system.get(page).words
    trail = bureau.sign_in("audit").get("/-/console/audit?action=core.order_sync").words
    assert told in trail


def test_others_may_not_touch_a_synchronisation(bureau: Bureau, system: Client) -> None:
    page = preview(bureau, system)
    for login in ("li", "security", "audit"):
        client = bureau.sign_in(login)
        assert client.get(page).status == 403
        for act in ("apply", "confirm", "discard", "undo", "exclude"):
            assert client.post(f"{page}/{act}").status == 403


def check_named_once(security: Client, form: dict[str, str]) -> None:
    """Groups the directory does not have are refused; one it has is taken, and only once."""
    missing_group = {**form, "group_dn": f"cn=nobody,{SUFFIX}"}
    assert "目录中没有这个组" in security.post("/-/console/group-roles", missing_group).words
    assert (
        "目录中没有这个组"
        in security.post("/-/console/group-roles", {**form, "group_dn": "a=b,,"}).words
    )
    assert security.post("/-/console/group-roles", form).status == 303
    again = {**form, "group_dn": form["group_dn"].upper()}
    answer = security.post("/-/console/group-roles", again)
    assert (answer.status, "已登记带来角色" in answer.words) == (422, True)


def test_a_group_brings_its_members_a_role(bureau: Bureau, system: Client, slapd: Slapd) -> None:
    group = f"cn=publishers,{SUFFIX}"
    slapd.modify(
        f"dn: {group}\nchangetype: add\nobjectClass: groupOfNames\ncn: publishers\n"
        f"member: {dn_of(1)}\nmember: {dn_of(2)}\n"
    )
    security = bureau.sign_in("security")
    assert group in security.get("/-/console/group-roles/groups/prov").text
    page = security.get(f"/-/console/group-roles?source=prov&group_dn={group}")
    assert f'value="{group}"' in page.text
    form = {"source": "prov", "group_dn": group, "unit": "", "reach": "unit"}
    refused = security.post("/-/console/group-roles", form)
    assert refused.status == 422
    assert f'value="{group}"' in refused.text
    form["role"] = "bulletins.publisher"
    check_named_once(security, form)
    applied(bureau, system)
    held = {
        login
        for (login,) in bureau.rows(
            "SELECT a.login FROM role_grant g JOIN account a ON a.id = g.account_id"
            " WHERE g.source = 'ldap' AND g.ended_at IS NULL"
        )
    }
    assert held == {"u1", "u2"}
    (named,) = bureau.rows("SELECT id FROM group_role")[0]
    security.get("/-/console/group-roles")
    asked = security.post(f"/-/console/group-roles/{named}/end")
    assert (asked.status, "2 人失去权限" in asked.words) == (200, True)
    assert "张三1" in asked.words
    effect = re.search(r'name="effect" value="([^"]+)"', asked.text)
    assert effect
    done = security.post(f"/-/console/group-roles/{named}/end", {"effect": effect[1]})
    assert done.status == 303
    applied(bureau, system)
    assert bureau.rows("SELECT 1 FROM role_grant WHERE ended_at IS NULL AND source = 'ldap'") == []
    security.get("/-/console/group-roles")
    assert security.post(f"/-/console/group-roles/{named}/end").status == 404


def test_a_group_is_named_with_a_warning_while_the_directory_is_silent(
    bureau: Bureau, system: Client, slapd: Slapd
) -> None:
    slapd.stop()
    security = bureau.sign_in("security")
    security.get("/-/console/group-roles")
    form = {"source": "prov", "group_dn": f"cn=any,{SUFFIX}", "unit": "", "reach": "unit"}
    answer = security.post("/-/console/group-roles", {**form, "role": "bulletins.publisher"})
    assert answer.status == 303
    assert "没有核对这个组是否存在" in security.get("/-/console/group-roles").words


def test_a_unit_is_given_to_another_source(bureau: Bureau, system: Client, slapd: Slapd) -> None:
    applied(bureau, system)
    system.get("/-/console/sources/new")
    form = described(slapd, code="other", name="另一目录")
    assert system.post("/-/console/sources/new", form).status == 303
    page = "/-/console/units/530100/directory"
    assert page in system.get("/-/console/units/530100").text
    asked = system.get(page)
    assert "现由省局目录管理" in asked.words
    shown = system.post(page, {"source": "other"})
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', shown.text)
    assert digest
    assert system.post(page, {"source": "other", "digest": "0" * 64}).status == 200
    done = system.post(page, {"source": "other", "digest": digest[1]})
    assert done.status == 303, done.words
    assert "现由另一目录管理" in system.get(page).words
    again = system.post(page, {"source": "other"})
    assert (again.status, "本来就由这个目录管理" in again.words) == (422, True)
    assert bureau.sign_in("security").get(page).status in {403, 404}
