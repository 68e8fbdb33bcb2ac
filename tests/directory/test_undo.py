"""Taking a run back: shown before, held by the gates, and nobody touched since goes with it."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.directory.running import Synced, rows
from tests.directory.test_groups import role
from tests.directory.test_runs import applied, move, removal

from openbureau.base.database import db, reading, writing
from openbureau.base.errors import Conflict, Forbidden
from openbureau.kernel.access.models import RoleGrant
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.sync.actions import confirm_run, order_undo
from openbureau.kernel.sync.gate_text import gate_words
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.undo import may_undo, preview_undo
from openbureau.kernel.sync.undo_lines import run_lines, undo_lines
from openbureau.kernel.units.models import Unit
from openbureau.testing.directory import county_dn, dn_of
from openbureau.testing.slapd import Slapd

pytestmark = pytest.mark.slapd


@pytest.fixture
def synced(tmp_path: Path) -> Iterator[Synced]:
    yield Synced(tmp_path / "data")
    db.close()


def reasons(lines: object) -> dict[str, str]:
    return {left.name.split()[0]: left.reason for left in lines}  # type: ignore[attr-defined]


def test_a_large_undo_waits_for_another_administrator(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    run = applied(synced, synced.read(source))
    before = rows()
    with reading():
        plan = preview_undo(run, synced.now)
        groups = undo_lines(plan)
    assert len(plan.disabled) == 208
    assert "more-than-30-people" in plan.blocked
    with reading():
        *_, (zh, en) = gate_words(plan.blocked)
    assert zh == "整个单位的人员将被停用：省局、第0市局、第1市局、第2市局、第3市局等 26 个单位"
    assert en.endswith("and others, 26 units in all")
    lines = [line for group in groups for line in group.lines if line.of == "person"]
    assert {line.action for line in lines} == {"disable"}
    assert {loss.kind for line in lines for loss in line.losses} == {"posts"}
    assert all(group.name for group in groups)
    with writing():
        made = order_undo(run, account_id=synced.first, plan_hash=plan.hash, now=synced.now)
    assert made.state == "blocked"
    assert {name: held for name, held in rows().items() if name != "todo"} == {
        name: held for name, held in before.items() if name != "todo"
    }
    with pytest.raises(Forbidden), writing():
        confirm_run(made, account_id=synced.first, plan_hash=plan.hash, now=synced.now)
    with writing():
        confirm_run(made, account_id=synced.second, plan_hash=plan.hash, now=synced.now)
    assert synced.carry_out(made).state == "applied"
    assert SyncRun.get_by_id(run.id).state == "undone"
    assert not may_undo(SyncRun.get_by_id(made.id), synced.now)
    line = AuditRecord.select().where(AuditRecord.action == "core.undo_sync").get()
    told = json.loads(line.detail)
    assert (told["digest"], told["disabled_total"]) == (plan.hash, 208)
    assert "u9~" in "".join(told["disabled"])


def test_an_undo_that_is_not_the_one_shown_is_refused(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    run = applied(synced, synced.read(source))
    with reading():
        plan = preview_undo(run, synced.now)
    with pytest.raises(Conflict), writing():
        order_undo(run, account_id=synced.first, plan_hash="0" * 64, now=synced.now)
    with writing():
        made = order_undo(run, account_id=synced.first, plan_hash=plan.hash, now=synced.now)
        confirm_run(made, account_id=synced.second, plan_hash=plan.hash, now=synced.now)
        Account.update(room="302").where(Account.login == "u9").execute()
    assert synced.carry_out(made).state == "refused"
    assert Account.select().where(Account.state != "active").count() == 0


def test_whoever_was_touched_since_stays(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    first = applied(synced, synced.read(source))
    slapd.modify(move(10, county_dn(2, 1)))
    applied(synced, synced.read(source))
    synced.now += dt.timedelta(seconds=1)
    clerk = role("clerk")
    unit = Unit.get(Unit.code == "530000")
    with writing():
        Account.update(room="302").where(Account.login == "u1").execute()
        holder = Account.get(Account.login == "u2")
        RoleGrant.create(account=holder, role=clerk, unit=unit, granted_at=synced.now)
        busy = Account.get(Account.login == "u3")
        Post.create(account=busy, unit=unit, title="主持工作", is_primary=False)
    undone = synced.undo(first)
    people = {key: why for key, why in reasons(undone.left).items() if key.startswith("u")}
    assert people == {
        "u1": "changed-since",
        "u2": "entrusted-since",
        "u3": "changed-since",
        "u10": "changed-by-later-run",
    }
    in_use = {row.login for row in Account.select().where(Account.state == "active")}
    assert in_use == {"one", "two", *people}
    assert Unit.get_by_id(unit.id).is_active
    held = Post.select().where((Post.account == busy) & Post.is_active)
    assert held.count() == 2


def test_a_person_moved_on_by_hand_keeps_one_first_post(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    slapd.modify(move(10, county_dn(2, 1)))
    run = applied(synced, synced.read(source))
    person = Account.get(Account.login == "u10")
    with writing():
        Post.update(title="科长").where((Post.account == person) & Post.is_active).execute()
    undone = synced.undo(run)
    assert reasons(undone.left) == {"u10": "changed-since"}
    assert Post.select().where((Post.account == person) & Post.is_active).count() == 1


def test_a_later_disabling_is_counted_with_an_undo(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    change = "dn: {}\nchangetype: modify\n{}: employeeType\n{}\n"
    nine = [index * 8 for index in range(9)]
    slapd.modify(removal(*nine[:5]))
    applied(synced, synced.read(source))
    gone = "".join(change.format(dn_of(n), "add", "employeeType: disabled\n") for n in nine[5:])
    slapd.modify(gone)
    synced.now += dt.timedelta(hours=25)
    applied(synced, synced.read(source))
    slapd.modify("".join(change.format(dn_of(n), "delete", "") for n in nine[5:]))
    back = applied(synced, synced.read(source))
    with reading():
        assert preview_undo(back, synced.now).blocked == ()
    slapd.modify(removal(*range(100, 107)))
    applied(synced, synced.read(source))
    with reading():
        plan = preview_undo(back, synced.now)
    assert (plan.recent, plan.blocked) == (7, ("more-than-5-percent",))


def test_the_run_of_an_undo_shows_what_it_did(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    slapd.modify(removal(9) + move(10, county_dn(2, 1)))
    run = applied(synced, synced.read(source))
    with reading():
        plan = preview_undo(run, synced.now)
    with writing():
        made = order_undo(run, account_id=synced.first, plan_hash=plan.hash, now=synced.now)
    with reading():
        shown = [(line.action, line.key) for group in run_lines(made) for line in group.lines]
    assert sorted(shown) == [("enable", "u9"), ("move", "u10")]
    assert synced.carry_out(made).state == "applied"
    assert synced.read(source).state == "planned"


def test_thirty_days_are_over(synced: Synced, slapd: Slapd) -> None:
    run = applied(synced, synced.read(synced.add_source(slapd.url)))
    with pytest.raises(Conflict) as refused, reading():
        preview_undo(run, synced.now + dt.timedelta(days=30, seconds=1))
    assert "30 天" in refused.value.what
    with reading():
        plan = preview_undo(run, synced.now)
    with writing():
        made = order_undo(run, account_id=synced.first, plan_hash=plan.hash, now=synced.now)
        confirm_run(made, account_id=synced.second, plan_hash=plan.hash, now=synced.now)
    synced.now += dt.timedelta(days=31)
    assert synced.carry_out(made).state == "refused"
