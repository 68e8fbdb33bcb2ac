"""An account is handed over to a directory: looked up live, shown, and found again by its
synchronisation."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.sources import Described, create_source
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.sync.actions import order_run, start_run
from openbureau.kernel.sync.carrying import carry_out
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.queries import plan_lines
from openbureau.kernel.sync.runs import read_run
from openbureau.kernel.units.models import Unit
from openbureau.shell.cli.root import root
from openbureau.testing.bureau import PASSWORD, Answer, Bureau, Client, close_bureau, open_bureau
from openbureau.testing.directory import PASSWORD as DIRECTORY_PASSWORD
from openbureau.testing.directory import person_entry, suffix_entries, unit_entry
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
OFFICE = f"ou=人事处,{SUFFIX}"
TWIN_DN = f"ou=临时,{SUFFIX}"


def entries(code: str) -> list[Any]:
    """A unit with zhang, two namesakes, and people found in no other directory."""
    return [
        *suffix_entries(),
        unit_entry("人事处", code),
        unit_entry("临时", f"{code}9"),
        person_entry("zhang", "张晓梅", OFFICE),
        person_entry("zxm2", "张晓梅", OFFICE),
        person_entry("twin", "甲", OFFICE),
        person_entry("twin", "乙", TWIN_DN),
    ]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Slapd, Slapd]]:
    if reason := missing():
        pytest.skip(f"slapd: {reason}")
    folder = tmp_path_factory.mktemp("two")
    with (
        running_slapd(folder / "old", ldif(entries("8801"))) as old,
        running_slapd(folder / "new", ldif(entries("8802"))) as new,
    ):
        yield old, new


@pytest.fixture
def two(servers: tuple[Slapd, Slapd], tmp_path: Path) -> Iterator[Bureau]:
    """A bureau with two directories; nobody comes from either yet."""
    bureau = open_bureau(tmp_path / "data")
    with writing():
        for code, server in zip(("old", "next"), servers, strict=True):
            described = Described(code, f"目录{code}", server.url, READER_DN, SUFFIX,
                                  READER_PASSWORD)  # fmt: skip
            create_source(described, data=tmp_path / "data", now=bureau.now)
    yield bureau
    close_bureau()


def zhang() -> Any:
    return Account.get(Account.name == "张晓梅")


def url_of(login: str = "zhang") -> str:
    return f"/-/console/people/{Account.get(Account.login == login).uid}/directory"


def asked(client: Client, login: str, source: str = "next", person: str = "zhang") -> Answer:
    assert client.get(url_of(person)).status == 200
    return client.post(url_of(person), {"source": source, "login": login})


def confirmed(client: Client, shown: Answer) -> Answer:
    hidden = dict(re.findall(r'name="(source|login|entry)" value="([^"]+)"', shown.text))
    assert set(hidden) == {"source", "login", "entry"}, shown.words
    return client.post(url_of(), hidden)


def planned(bureau: Bureau, code: str) -> SyncRun:
    source = DirectorySource.get(DirectorySource.code == code)
    system = Account.get(Account.login == "system").id
    with writing():
        run = start_run(source, account_id=system, now=bureau.now, scope="full")
    return read_run(run, bureau.installation.settings, bureau.now)


def applied(bureau: Bureau, run: SyncRun) -> SyncRun:
    system = Account.get(Account.login == "system").id
    with writing():
        order_run(run, account_id=system, plan_hash=run.plan_hash, now=bureau.now)
    return carry_out(run, bureau.installation.settings, bureau.now)


def lines_of(run: SyncRun, login: str) -> list[str]:
    """What a plan says about a person."""
    return [
        line.action
        for group in plan_lines(run)
        for line in group.lines
        if line.of == "person" and login in line.key
    ]


def test_a_local_account_becomes_the_directory_s_and_no_conflict(two: Bureau) -> None:
    assert lines_of(planned(two, "next"), "zhang") == ["conflict"]
    own_posts = {post.id for post in Post.select().where(Post.account == zhang())}
    person = two.sign_in("zhang")
    client = two.sign_in("system")
    shown = asked(client, "zhang")
    assert shown.status == 200
    for text in ("张晓梅", "人事处", f"uid=zhang,{OFFICE}"):
        assert text in shown.words
    assert zhang().source == "local"
    assert confirmed(client, shown).status == 303
    account = zhang()
    assert (account.source, account.directory.code, account.password_hash) == (
        "ldap",
        "next",
        None,
    )
    assert person.get("/").status == 303
    assert two.client().sign_in("zhang", PASSWORD).status != 200
    assert two.client().sign_in("zhang", DIRECTORY_PASSWORD).status == 200
    assert AuditRecord.select().where(AuditRecord.action == "core.adopt_account").count() == 1
    run = planned(two, "next")
    assert "conflict" not in lines_of(run, "zhang")
    assert applied(two, run).state == "applied"
    kept = Post.select().where((Post.account == account) & Post.is_active)
    assert own_posts <= {post.id for post in kept}
    assert lines_of(planned(two, "next"), "zhang") == []


def test_a_directory_account_moves_to_another_directory_and_login(two: Bureau) -> None:
    client = two.sign_in("system")
    assert confirmed(client, asked(client, "zhang", "old")).status == 303
    before = zhang().external_id
    shown = asked(client, "zxm2")
    assert "此后用登录名 zxm2 登录" in shown.words
    assert confirmed(client, shown).status == 303
    account = zhang()
    assert (account.login, account.directory.code) == ("zxm2", "next")
    assert account.external_id != before
    assert "conflict" not in lines_of(planned(two, "next"), "zxm2")


@pytest.mark.parametrize(
    ("login", "sentence"),
    [
        ("nobody", "没有登录名为 nobody 的人员"),
        ("twin", "有多个登录名为 twin 的人员"),
        ("*", "没有登录名为"),
        ("zxm2)(uid=*", "没有登录名为"),
    ],
)
def test_not_exactly_one_is_refused(two: Bureau, login: str, sentence: str) -> None:
    answer = asked(two.sign_in("system"), login)
    assert (answer.status, sentence in answer.words) == (422, True)
    assert zhang().source == "local"


def test_an_entry_or_login_that_is_somebody_else_s_is_refused(two: Bureau) -> None:
    client = two.sign_in("system")
    confirmed(client, asked(client, "zhang"))
    answer = asked(client, "zhang", person="zhou")
    assert (answer.status, "已对应账号 zhang（张晓梅）" in answer.words) == (422, True)
    again = asked(client, "zhang")
    assert (again.status, "本来就由这个目录管理" in again.words) == (422, True)
    other = asked(client, "zhang", "old", person="zhou")
    assert (other.status, "登录名 zhang 已由张晓梅使用" in other.words) == (422, True)


def test_another_entry_than_the_one_shown_is_shown_first(two: Bureau) -> None:
    client = two.sign_in("system")
    client.get(url_of())
    answer = client.post(url_of(), {"source": "next", "login": "zhang", "entry": "0" * 36})
    assert answer.status == 200
    assert zhang().source == "local"


def test_a_silent_directory_changes_nothing(two: Bureau) -> None:
    with writing():
        DirectorySource.update(url="ldap://127.0.0.1:1").execute()
    answer = asked(two.sign_in("system"), "zhang")
    assert (answer.status, "没有从目录得到完整的答复" in answer.words) == (422, True)


def test_only_an_undelegated_administrator_and_nobody_s_administrator(two: Bureau) -> None:
    client = two.sign_in("system")
    assert client.get(url_of("audit")).status == 403
    with writing():
        unit = Unit.get(Unit.code == "530000")
        Account.update(administrator_unit=unit).where(Account.login == "system").execute()
        bump_epoch("access")
    assert client.get(url_of()).status == 404
    assert url_of() not in client.get(url_of().removesuffix("/directory")).text


def test_a_command_does_the_same(two: Bureau) -> None:
    data = str(two.installation.settings.data)

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(root, ["--data", data, "account", "adopt", *arguments, "--json"])

    assert "ACC-006" in run("audit", "--source", "next", "--directory-login", "zxm2").stderr
    assert "ACC-007" in run("zhang", "--source", "next", "--directory-login", "nobody").stderr
    assert "LDAP-005" in run("zhang", "--source", "none").stderr
    dry = json.loads(run("zhang", "--source", "next", "--dry-run").stdout)
    assert (dry["unit"], dry["dry_run"], zhang().source) == ("人事处", True, "local")
    done = json.loads(run("zhang", "--source", "next").stdout)
    assert (done["stable_id"], zhang().source) == (zhang().external_id, "ldap")


def test_who_was_disabled_by_a_synchronisation_leads_to_it(
    two: Bureau, servers: tuple[Slapd, Slapd]
) -> None:
    applied(two, planned(two, "old"))
    leaver = Account.get(Account.login == "zxm2")
    change = f"dn: uid=zxm2,{OFFICE}\nchangetype: modify\nreplace: employeeType\nemployeeType: "
    servers[0].modify(f"{change}停用\n")
    try:
        run = planned(two, "old")
        with writing():
            SyncRun.update(state="planned", blocked="[]").where(SyncRun.id == run.id).execute()
        done = applied(two, SyncRun.get_by_id(run.id))
    finally:
        servers[0].modify(f"{change}正式\n")
    assert done.state == "applied"
    page = two.sign_in("system").get(f"/-/console/people/{leaver.uid}")
    assert f'href="/-/console/sync/{done.uid}"' in page.text
