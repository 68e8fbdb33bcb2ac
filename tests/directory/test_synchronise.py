"""A synchronisation against a real server: what the database holds afterwards."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openbureau.base.database import db, reading, writing
from openbureau.kernel.accounts.models import Account, Post, Session
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.directory.sync import Report, synchronise
from openbureau.kernel.units.models import Unit
from openbureau.shell.demo.ldif import demo_ldif
from openbureau.testing.directory import (
    NOW,
    PROVINCE_DN,
    bureau_entries,
    config_for,
    county_dn,
    dn_of,
    person_entry,
    prefecture_dn,
    suffix_entries,
    unit_entry,
    unit_of,
)
from openbureau.testing.slapd import SUFFIX, Slapd, running_slapd

pytestmark = [pytest.mark.slapd, pytest.mark.usefixtures("database")]

NOTHING = {"create": 0, "update": 0, "move": 0, "disable": 0, "conflict": 0}


def everything() -> list[Any]:
    """All rows a synchronisation may touch, to compare before and after."""
    tables = ("account", "post", "unit", "session", "epoch", "audit_record", "node")
    return [db.execute_sql(f"SELECT * FROM {table} ORDER BY id").fetchall() for table in tables]


def account(login: str) -> Account:
    found: Account = Account.get(Account.login == login)
    return found


def make_local_account(login: str, **more: Any) -> Account:
    with writing():
        made: Account = Account.create(login=login, name=login, created_at=NOW, **more)
        return made


def sync(server: Slapd, *, is_dry_run: bool = False, now: dt.datetime = NOW) -> Report:
    return synchronise(config_for(server), is_dry_run=is_dry_run, now=now)


def unit(code: str) -> Unit:
    found: Unit = Unit.get(Unit.code == code)
    return found


def post_of(login: str) -> Post:
    found: Post = Post.get((Post.account == account(login)) & Post.is_active)
    return found


def removal(*indexes: int) -> str:
    return "".join(f"dn: {dn_of(index)}\nchangetype: delete\n\n" for index in indexes)


def test_first_run_brings_every_unit_and_person(shared_slapd: Slapd) -> None:
    report = sync(shared_slapd)
    assert report.contract() | {"plan": ""} == {
        **NOTHING,
        "create": 208,
        "unchanged": 0,
        "incomplete": None,
        "blocked": None,
        "plan": "",
        "units": {**NOTHING, "create": 26, "unchanged": 0},
    }
    assert report.exit_status == 0
    person = account("u207")
    assert (person.name, person.source, person.initials) == ("张三207", "ldap", "zs207")
    assert post_of("u207").unit.code == "530523"


def test_units_stand_in_their_tree(shared_slapd: Slapd) -> None:
    sync(shared_slapd)
    province, prefecture, county = unit("530000"), unit("530100"), unit("530120")
    assert county.path == f"/{province.id}/{prefecture.id}/{county.id}/"
    assert (province.kind, prefecture.kind, county.kind) == ("province", "prefecture", "county")


def test_repeat_writes_nothing(shared_slapd: Slapd) -> None:
    sync(shared_slapd)
    before = everything()
    report = sync(shared_slapd, now=NOW + dt.timedelta(hours=1))
    assert everything() == before
    assert report.people == {**NOTHING, "unchanged": 208}
    assert report.units == {**NOTHING, "unchanged": 26}


def test_dry_run_writes_nothing_and_names_the_plan_that_apply_writes(slapd: Slapd) -> None:
    before = everything()
    preview = sync(slapd, is_dry_run=True)
    assert everything() == before
    applied = synchronise(config_for(slapd), is_dry_run=False, now=NOW, expected_plan=preview.plan)
    assert (applied.plan, applied.people) == (preview.plan, preview.people)
    assert AuditRecord.select().count() == 1


def test_another_plan_than_the_previewed_one_is_refused(slapd: Slapd) -> None:
    preview = sync(slapd, is_dry_run=True)
    slapd.modify(removal(7))
    before = everything()
    report = synchronise(config_for(slapd), is_dry_run=False, now=NOW, expected_plan=preview.plan)
    assert (report.blocked, report.exit_status) == ("plan-changed", 4)
    assert everything() == before


def test_rename_of_person_keeps_the_account(slapd: Slapd) -> None:
    sync(slapd)
    old = account("u9")
    slapd.modify(f"dn: {dn_of(9)}\nchangetype: modrdn\nnewrdn: uid=newname\ndeleteoldrdn: 1\n\n")
    report = sync(slapd)
    assert report.people == {**NOTHING, "update": 1, "unchanged": 207}
    assert account("newname").id == old.id


def test_two_people_may_exchange_their_logins(slapd: Slapd) -> None:
    sync(slapd)
    ids = [account(login).id for login in ("u9", "u10")]
    change = "dn: {}\nchangetype: modrdn\nnewrdn: uid={}\ndeleteoldrdn: 1\n\n"
    slapd.modify(
        change.format(dn_of(9), "between")
        + change.format(dn_of(10), "u9")
        + change.format(f"uid=between,{unit_of(9)}", "u10")
    )
    assert sync(slapd).people["update"] == 2
    assert [account(login).id for login in ("u10", "u9")] == ids


def test_move_ends_the_old_post_and_begins_a_new_one(slapd: Slapd) -> None:
    sync(slapd)
    slapd.modify(
        f"dn: {dn_of(9)}\nchangetype: modrdn\nnewrdn: uid=u9\ndeleteoldrdn: 0\n"
        f"newsuperior: {county_dn(2, 1)}\n\n"
    )
    report = sync(slapd)
    assert report.people == {**NOTHING, "move": 1, "unchanged": 207}
    posts = Post.select().where(Post.account == account("u9")).order_by(Post.id)
    assert [(post.unit.code, post.is_active) for post in posts] == [
        ("530100", False),
        ("530321", True),
    ]
    assert posts[1].title == "科员"


def test_renamed_unit_changes_one_unit_and_no_person(slapd: Slapd) -> None:
    sync(slapd)
    old = unit("530100")
    slapd.modify(
        f"dn: {prefecture_dn(0)}\nchangetype: modrdn\nnewrdn: ou=昆明市局\ndeleteoldrdn: 1\n\n"
    )
    report = sync(slapd)
    assert report.units == {**NOTHING, "update": 1, "unchanged": 25}
    assert report.people == {**NOTHING, "unchanged": 208}
    assert (unit("530100").id, unit("530100").name) == (old.id, "昆明市局")
    assert "昆明市局" in account("u9").directory_dn
    before = everything()
    assert sync(slapd).exit_status == 0
    assert everything() == before


def test_moved_unit_takes_its_subtree_along(slapd: Slapd) -> None:
    sync(slapd)
    slapd.modify(
        f"dn: {prefecture_dn(0)}\nchangetype: modrdn\nnewrdn: ou=第0市局\ndeleteoldrdn: 0\n"
        f"newsuperior: {prefecture_dn(1)}\n\n"
    )
    report = sync(slapd)
    assert report.units == {**NOTHING, "move": 1, "unchanged": 25}
    assert report.people["move"] == 0
    assert unit("530120").path.startswith(unit("530200").path)


def test_leaver_is_disabled_never_deleted_and_signed_out(slapd: Slapd) -> None:
    sync(slapd)
    leaver = account("u9")
    with writing():
        Session.create(
            token_hash="0" * 64, account=leaver, created_at=NOW, seen_at=NOW, ends_at=NOW
        )
    slapd.modify(removal(9))
    report = sync(slapd)
    assert report.people == {**NOTHING, "disable": 1, "unchanged": 207}
    assert (account("u9").id, account("u9").state) == (leaver.id, "disabled")
    session = Session.get(Session.account == leaver)
    assert (session.ended_at, session.end_reason) == (NOW, "disabled")
    assert post_of("u9").unit.code == "530100"


def test_person_disabled_in_the_directory_is_disabled_and_enabled_again(slapd: Slapd) -> None:
    sync(slapd)
    change = "dn: {}\nchangetype: modify\n{}: employeeType\n{}\n"
    slapd.modify(change.format(dn_of(9), "add", "employeeType: disabled\n"))
    assert sync(slapd).people["disable"] == 1
    assert account("u9").state == "disabled"
    slapd.modify(change.format(dn_of(9), "delete", ""))
    assert sync(slapd).people == {**NOTHING, "update": 1, "unchanged": 207}
    assert (account("u9").state, account("u9").disabled_at) == ("active", None)


def test_person_disabled_here_by_an_administrator_stays_disabled(slapd: Slapd) -> None:
    sync(slapd)
    with writing():
        Account.update(state="disabled").where(Account.login == "u9").execute()
    before = everything()
    assert sync(slapd).people["unchanged"] == 208
    assert everything() == before


def test_new_person_with_an_old_login_gets_an_account_of_their_own(slapd: Slapd) -> None:
    sync(slapd)
    old = account("u9")
    _, attributes = person_entry("u9", "李四", unit_of(9))
    lines = "".join(f"{name}: {value}\n" for name, value in attributes.items() if value.isascii())
    slapd.modify(f"{removal(9)}dn: {dn_of(9)}\nchangetype: add\n{lines}cn: Li Si\nsn: Li\n\n")
    report = sync(slapd)
    assert report.people == {**NOTHING, "create": 1, "disable": 1, "unchanged": 207}
    frozen = Account.get_by_id(old.id)
    assert (frozen.external_id, frozen.name, frozen.state) == (old.external_id, "张三9", "disabled")
    assert frozen.login == f"u9~{old.id}"
    assert account("u9").name == "Li Si"
    before = everything()
    assert sync(slapd).people == {**NOTHING, "unchanged": 208}
    assert everything() == before


def test_local_account_is_never_touched(slapd: Slapd) -> None:
    local = make_local_account("u9", administrator="system")
    report = sync(slapd)
    assert report.people == {**NOTHING, "create": 207, "conflict": 1, "unchanged": 0}
    assert "u9" in next(line for line in report.lines if "冲突" in line)
    again = Account.get_by_id(local.id)
    assert (again.source, again.external_id, again.state) == ("local", None, "active")


def test_two_units_with_one_code_are_a_conflict_with_their_people(
    make_slapd: Callable[..., Slapd],
) -> None:
    first, second = unit_entry("甲局", "530100"), unit_entry("乙局", "530100")
    third = unit_entry("丙局", "530200")
    people = [
        person_entry(f"p{index}", "王五", dn)
        for index, (dn, _) in enumerate([first, second, third])
    ]
    report = sync(make_slapd([*suffix_entries(), first, second, third, *people]))
    assert report.units == {**NOTHING, "create": 1, "conflict": 2, "unchanged": 0}
    assert report.people == {**NOTHING, "create": 1, "conflict": 2, "unchanged": 0}
    assert [row.code for row in Unit.select()] == ["530200"]


def test_empty_unit_that_vanished_is_closed_and_opened_again(
    make_slapd: Callable[..., Slapd],
) -> None:
    entries = [*bureau_entries(), unit_entry("空局", "539900", PROVINCE_DN)]
    server = make_slapd(entries)
    sync(server)
    server.modify(f"dn: ou=空局,{PROVINCE_DN}\nchangetype: delete\n\n")
    assert sync(server).units == {**NOTHING, "disable": 1, "unchanged": 26}
    assert (unit("539900").is_active, unit("539900").closed_at) == (False, NOW)
    before = everything()
    assert sync(server).units == {**NOTHING, "unchanged": 26}
    assert everything() == before


def test_audit_says_what_a_run_did_in_one_line(slapd: Slapd) -> None:
    report = sync(slapd)
    record = AuditRecord.get()
    assert (record.action, record.at) == ("core.apply_sync", NOW)
    assert report.plan is not None
    assert report.plan in record.detail


def test_failed_write_leaves_nothing_half_written(slapd: Slapd) -> None:
    db.execute_sql(
        "CREATE TRIGGER refuse BEFORE INSERT ON audit_record"
        " BEGIN SELECT RAISE(ABORT, 'refused by the test'); END"
    )
    before = everything()
    with pytest.raises(Exception, match="审计记录没有写成"):
        sync(slapd)
    assert everything() == before


@pytest.mark.parametrize("count", [11, 31])
def test_too_many_leavers_are_blocked(slapd: Slapd, count: int) -> None:
    sync(slapd)
    before = everything()
    slapd.modify(removal(*(index * 5 for index in range(count))))
    report = sync(slapd)
    assert report.people["disable"] == count
    assert "more-than-5-percent" in (report.blocked or "")
    assert report.exit_status == 4
    assert everything() == before


def test_ten_leavers_of_two_hundred_pass(slapd: Slapd) -> None:
    sync(slapd)
    slapd.modify(removal(*(index * 20 for index in range(10))))
    report = sync(slapd)
    assert (report.people["disable"], report.blocked) == (10, None)


def test_whole_unit_gone_is_blocked(slapd: Slapd) -> None:
    sync(slapd)
    slapd.modify(removal(*range(8, 16)))
    assert (sync(slapd).blocked or "").startswith("whole-unit:530100")


def test_last_administrator_of_a_kind_is_not_disabled(slapd: Slapd) -> None:
    sync(slapd)
    with writing():
        Account.update(administrator="audit").where(Account.login == "u9").execute()
    slapd.modify(removal(9))
    report = sync(slapd)
    assert report.blocked == "last-administrator:audit"
    assert account("u9").state == "active"
    with writing():
        bound = {"administrator": "audit", "administrator_unit": unit("530100")}
        Account.update(**bound).where(Account.login == "u20").execute()
    assert sync(slapd).blocked == "last-administrator:audit"
    with writing():
        Account.update(administrator_unit=None).where(Account.login == "u20").execute()
    assert not sync(slapd).blocked
    assert account("u9").state == "disabled"


def test_three_thousand_people_in_one_run_and_silence_after(tmp_path: Path) -> None:
    reader = (
        f"dn: cn=reader,{SUFFIX}\nobjectClass: organizationalRole\n"
        "objectClass: simpleSecurityObject\ncn: reader\nuserPassword: directory-reader\n\n"
    )
    content = "".join(demo_ldif("full", SUFFIX, password=None)) + reader
    with running_slapd(tmp_path / "full", content) as server:
        report = sync(server)
        assert (report.exit_status, report.people["conflict"]) == (0, 0)
        assert report.people["create"] >= 3200
        assert report.units["create"] >= 163
        before = everything()
        assert sync(server).people["unchanged"] == report.people["create"]
        assert everything() == before
    with reading():
        assert Unit.select().where(Unit.is_access_unit).count() == 163
