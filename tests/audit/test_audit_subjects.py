"""What a record was about: a name and a page where its reader has one, looked up together."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import pytest

from openbureau.base.database import Table, writing
from openbureau.kernel.access.models import Delegation, Role, RoleGrant
from openbureau.kernel.accounts.models import Account, Post, Session
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.handover.models import Handover
from openbureau.kernel.jobs.models import Job
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.units.models import Unit
from openbureau.testing.bureau import Bureau
from openbureau.testing.statements import statements

NOW = dt.datetime(2026, 3, 3, 2, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 3, 3)
URL = "/-/console/audit"


def note(realm: str, record_id: int | None, detail: Mapping[str, Any] | None = None) -> None:
    with writing():
        record_audit(
            action="core.init", at=NOW, realm=realm, record_id=record_id, detail=detail or {}
        )


def made(model: type[Table], **values: Any) -> Any:
    with writing():
        return model.create(**values)


def account(login: str) -> Account:
    return Account.get(Account.login == login)


def role(code: str = "archivist") -> Any:
    return made(Role, code=code, name=f"档案员 {code}")


def source() -> Any:
    return made(
        DirectorySource, code="sheng", name="省局目录", url="ldap://x", base="o=x", changed_at=NOW
    )


def grant(given: Any, **to: Any) -> int:
    unit = Unit.get(Unit.code == "530000")
    return int(made(RoleGrant, role=given, unit=unit, granted_at=NOW, **to).id)


def delegation() -> int:
    lent: Any = made(
        Delegation,
        delegator=account("li"),
        delegate=account("sun"),
        starts_on=TODAY,
        ends_on=TODAY,
        created_at=NOW,
    )
    return int(lent.id)


def handover() -> Any:
    return made(
        Handover,
        leaver=account("li"),
        successor=account("sun"),
        lines="[]",
        digest="",
        signature="",
        handed_over_at=NOW,
    )


def session() -> int:
    one: Any = made(
        Session,
        token_hash="0" * 64,
        account=account("li"),
        created_at=NOW,
        seen_at=NOW,
        ends_at=NOW,
    )
    return int(one.id)


def shown(bureau: Bureau, realm: str) -> list[str]:
    """The cells of subjects of one kind, as they stand in the page."""
    text = bureau.sign_in("audit").get(f"{URL}?record={realm}&action=core.init").text
    return re.findall(r'<td class="cell-clip" title="[^"]*">(.*?)</td>', text)


def test_people_and_units_lead_to_their_pages(either_bureau: Bureau) -> None:
    li, unit = account("li"), Unit.get(Unit.code == "530102")
    note("core/account", li.id)
    note("core/unit", unit.id)
    assert shown(either_bureau, "core/account") == [f'<a href="/-/people/{li.uid}">李志华</a>']
    assert shown(either_bureau, "core/unit") == ['<a href="/-/units/530102">五华区局</a>']


def test_roles_grants_and_delegations_are_named(either_bureau: Bureau) -> None:
    given = role()
    note("core/role", given.id)
    note("core/grant", grant(given, account=account("li")))
    note("core/grant", grant(given, post=Post.get(Post.account == account("sun"))))
    note("core/delegation", delegation())
    assert shown(either_bureau, "core/role") == ["档案员 archivist"]
    found = shown(either_bureau, "core/grant")
    assert found == ["档案员 archivist · 孙玉兰", "档案员 archivist · 李志华"]
    assert shown(either_bureau, "core/delegation") == ["孙玉兰 代 李志华"]


def test_runs_sources_jobs_and_sessions_are_named(either_bureau: Bureau) -> None:
    directory = source()
    note("core/sync", made(SyncRun, source=directory, requested_at=NOW).id)
    note("core/sync", made(SyncRun, requested_at=NOW).id)
    note("core/directory_source", directory.id)
    job = made(Job, kind="core.check_files", run_at=NOW, created_at=NOW).id
    note("core/job", job)
    note("core/session", session())
    runs = shown(either_bureau, "core/sync")
    assert [run.removesuffix("03-03 10:00") for run in runs] == [
        "启动设置中的目录 · ",
        "省局目录 · ",
    ]
    assert shown(either_bureau, "core/directory_source") == ["省局目录"]
    assert shown(either_bureau, "core/job") == [f"检查文件 {job}"]
    assert "李志华" in shown(either_bureau, "core/session")[0]


def test_handovers_lead_to_the_signed_list(either_bureau: Bureau) -> None:
    one = handover()
    note("core/handover", one.id)
    assert shown(either_bureau, "core/handover") == [
        f'<a href="/-/handovers/{one.uid}">李志华 交 孙玉兰</a>'
    ]


def test_settings_and_plugins_are_called_by_their_labels(either_bureau: Bureau) -> None:
    note("core/setting", None, {"key": "core.quota_mb"})
    note("core/setting", None, {"key": "gone.setting"})
    note("core/plugin_rule", 7, {"plugin": "gone"})
    found = shown(either_bureau, "core/setting")
    assert found == ["设置 gone.setting", "每人附件配额（MB）"]
    assert shown(either_bureau, "core/plugin_rule") == ["业务模块 gone"]


@pytest.mark.parametrize(
    ("realm", "detail", "words"),
    [
        ("core/account", {"login": "former"}, "账号 former"),
        ("core/account", {"accounts": [1, 2]}, "账号 2 个"),
        ("core/account", {"new": ["a"], "changed": ["b", "c"]}, "账号 3 个"),
        ("core/role", {"role": "clerk"}, "角色 clerk"),
        ("core/directory_source", {"code": "sheng"}, "目录来源 sheng"),
        ("core/sync", {}, "目录同步 4711"),
        ("core/audit", {"file": "trail.jsonl"}, "审计 trail.jsonl"),
        ("gone/record", {"title": "旧事"}, "gone/record 旧事"),
    ],
)
def test_what_is_gone_is_called_as_it_was_stored(
    either_bureau: Bureau, realm: str, detail: dict[str, Any], words: str
) -> None:
    note(realm, 4711, detail)
    assert shown(either_bureau, realm) == [words]


def test_a_page_asks_once_for_each_kind(either_bureau: Bureau) -> None:
    client = either_bureau.sign_in("audit")
    roles = [role(code).id for code in ("one", "two")]
    for login, role_id in zip(("li", "sun"), roles, strict=True):
        note("core/account", account(login).id)
        note("core/role", role_id)
    client.get(URL)
    with statements() as few:
        client.get(URL)
    for login, role_id in zip(("zhang", "zhou"), roles, strict=True):
        note("core/account", account(login).id)
        note("core/role", role_id)
    with statements() as more:
        client.get(URL)
    assert len(more) == len(few)


def test_a_record_leads_to_all_of_its_subject(either_bureau: Bureau) -> None:
    note("core/role", role().id)
    client = either_bureau.sign_in("audit")
    text = client.get(f"{URL}?record=core/role").text
    one = re.search(r'href="(/-/console/audit/\d+)"', text)
    assert one
    trail = re.search(r'href="([^"]*record=core%2Frole%3A\d+)"', client.get(one[1]).text)
    assert trail
    assert client.get(trail[1]).words.count("初始化") >= 1
