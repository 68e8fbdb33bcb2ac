"""A run from the preview to the undo: what the page shows is what is written is what is taken
back."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.directory.running import Synced, rows

from openbureau.base.database import db, reading, writing
from openbureau.base.errors import Conflict, Forbidden
from openbureau.kernel.accounts.acts import By
from openbureau.kernel.accounts.appointments import appoint
from openbureau.kernel.accounts.models import Account, Post, Session
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.sync.actions import (
    apply_run,
    confirm_run,
    discard_run,
    exclude,
    order_run,
    order_undo,
)
from openbureau.kernel.sync.carrying import carry_out
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.queries import plan_counts, plan_lines
from openbureau.kernel.sync.runs import read_run
from openbureau.kernel.sync.undo import undone_of
from openbureau.kernel.todos.models import Notice
from openbureau.kernel.units.changes import close_unit
from openbureau.kernel.units.lineage import Deed
from openbureau.kernel.units.models import Node, Unit
from openbureau.testing.directory import (
    NOW,
    PROVINCE_DN,
    bureau_entries,
    county_dn,
    dn_of,
    person_entry,
    prefecture_dn,
    suffix_entries,
    unit_entry,
)
from openbureau.testing.slapd import Slapd

pytestmark = pytest.mark.slapd
LAST = "last-administrator"


@pytest.fixture
def synced(tmp_path: Path) -> Iterator[Synced]:
    yield Synced(tmp_path / "data")
    db.close()


def removal(*indexes: int) -> str:
    return "".join(f"dn: {dn_of(index)}\nchangetype: delete\n\n" for index in indexes)


def move(index: int, above: str) -> str:
    return (
        f"dn: {dn_of(index)}\nchangetype: modrdn\nnewrdn: uid=u{index}\ndeleteoldrdn: 0\n"
        f"newsuperior: {above}\n\n"
    )


def applied(synced: Synced, run: SyncRun) -> SyncRun:
    return apply_run(
        run,
        synced.settings,
        account_id=synced.first,
        plan_hash=run.plan_hash,
        now=synced.now,
    )


def test_preview_apply_and_undo(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    first = applied(synced, synced.read(source))
    assert first.state == "applied"
    assert Account.get(Account.login == "u9").directory_id == source.id
    before = rows("account", "post", "unit", "role_grant")
    slapd.modify(
        removal(9)
        + move(10, county_dn(2, 1))
        + f"dn: {prefecture_dn(0)}\nchangetype: modrdn\nnewrdn: ou=昆明市局\ndeleteoldrdn: 1\n\n"
    )
    run = synced.read(source)
    assert plan_counts(run) == {"disable": 1, "move": 1, "rename": 1}
    assert applied(synced, run).state == "applied"
    assert Account.get(Account.login == "u9").state == "disabled"
    done = synced.undo(run)
    assert done.left == ()
    ended = {post.id for post in Post.select().where(~Post.is_active)}
    after = rows("account", "post", "unit", "role_grant")
    after["post"] = [row for row in after["post"] if row[0] not in ended]
    assert after == before
    assert undone_of(SyncRun.get_by_id(run.id)) == done
    again = synced.read(source)
    assert plan_counts(again) == plan_counts(run)


def test_taking_the_first_run_back_ends_everything_and_deletes_nothing(
    synced: Synced, slapd: Slapd
) -> None:
    source = synced.add_source(slapd.url)
    run = applied(synced, synced.read(source))
    done = synced.undo(run)
    assert done.ended == {"unit": 26, "account": 208, "post": 208, "role_grant": 0}
    assert Account.select().where(Account.state == "active").count() == 2
    assert Account.get_or_none(Account.login == "u9") is None
    assert Unit.select().where(Unit.is_active).count() == 0
    again = applied(synced, synced.read(source))
    assert again.state == "applied"
    assert Account.get(Account.login == "u9").state == "active"
    assert Account.select().count() == 210
    assert Unit.get(Unit.code == "530100").is_active


def test_lines_say_what_people_lose(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    leaver = Account.get(Account.login == "u9")
    with writing():
        Session.create(
            token_hash="0" * 64, account=leaver, created_at=NOW, seen_at=NOW, ends_at=NOW
        )
    slapd.modify(removal(9))
    with reading():
        (group,) = plan_lines(synced.read(source))
    assert (group.name, [line.action for line in group.lines]) == ("第0市局", ["disable"])
    assert {loss.kind: loss.count for loss in group.lines[0].losses} == {"posts": 1, "sessions": 1}


def test_excluded_lines_stay_out_of_exactly_that_plan(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    slapd.modify(removal(9, 20))
    run = synced.read(source)
    leaver = Account.get(Account.login == "u9")
    with writing():
        narrowed = exclude(run, [str(leaver.external_id)], account_id=synced.first, now=synced.now)
    narrowed = read_run(SyncRun.get_by_id(narrowed.id), synced.settings, synced.now)
    assert plan_counts(narrowed) == {"disable": 1, "excluded": 1}
    assert SyncRun.get_by_id(run.id).state == "discarded"
    assert applied(synced, narrowed).state == "applied"
    states = {a.login: a.state for a in Account.select().where(Account.login.in_(["u9", "u20"]))}
    assert states == {"u9": "active", "u20": "disabled"}


def test_directory_that_changed_since_the_preview_is_refused(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    slapd.modify(removal(9))
    run = synced.read(source)
    slapd.modify(removal(20))
    before = rows()
    assert applied(synced, run).state == "refused"
    assert rows() == before
    denied = AuditRecord.select().order_by(AuditRecord.id.desc()).first()
    assert (denied.action, denied.outcome) == ("core.apply_sync", "denied")


def test_blocked_plan_waits_for_another_administrator(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    slapd.modify(removal(*(index * 5 for index in range(31))))
    before = rows()
    run = synced.read(source)
    assert (run.state, rows()) == ("blocked", before)
    assert Notice.select().count() == 2
    with pytest.raises(Conflict), writing():
        order_run(run, account_id=synced.first, plan_hash=run.plan_hash, now=synced.now)
    with pytest.raises(Forbidden), writing():
        confirm_run(run, account_id=synced.first, plan_hash=run.plan_hash, now=synced.now)
    with pytest.raises(Conflict), writing():
        confirm_run(run, account_id=synced.second, plan_hash="0" * 64, now=synced.now)
    assert rows() == before
    with writing():
        confirm_run(run, account_id=synced.second, plan_hash=run.plan_hash, now=synced.now)
    assert synced.carry_out(run).state == "applied"
    assert Account.select().where(Account.state == "disabled").count() == 31


@pytest.mark.parametrize(
    "change",
    [
        {"administrator": "security"},
        {"administrator": None},
        {"state": "disabled"},
        {"administrator_unit": 1},
    ],
)
def test_only_an_undelegated_system_administrator_confirms(
    synced: Synced, slapd: Slapd, change: dict[str, object]
) -> None:
    source = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    slapd.modify(removal(*range(8, 16)))
    run = synced.read(source)
    with writing():
        Account.update(**change).where(Account.id == synced.second).execute()
    with pytest.raises(Forbidden), writing():
        confirm_run(run, account_id=synced.second, plan_hash=run.plan_hash, now=synced.now)


def test_rows_changed_since_are_named_and_left(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    slapd.modify(removal(9, 20))
    run = applied(synced, synced.read(source))
    with writing():
        Account.update(state="active", disabled_reason="", disabled_at=None).where(
            Account.login == "u9"
        ).execute()
    done = synced.undo(run)
    assert [(left.table, left.name) for left in done.left] == [("account", "u9 张三9")]
    assert Account.get(Account.login == "u20").state == "active"


def test_undo_leaves_whom_somebody_appointed_since_and_their_unit(
    synced: Synced, slapd: Slapd
) -> None:
    source = synced.add_source(slapd.url)
    first = applied(synced, synced.read(source))
    with writing():
        appoint(Account.get(Account.login == "u1"), "audit", None, By(synced.now, synced.first))
        unit = Unit.get(Unit.code == "530100")
        appoint(Account.get(Account.login == "u9"), "audit", unit, By(synced.now, synced.first))
    undone = synced.undo(first)
    assert {(left.name.split()[0], left.reason) for left in undone.left} == {
        ("u1", "appointed-since"),
        ("u9", "appointed-since"),
        ("530000", "keeps-people"),
        ("530100", "keeps-people"),
    }
    assert undone.ended["account"] == 206
    states = {row.login: row.state for row in Account.select().where(Account.login << ("u1", "u9"))}
    assert states == {"u1": "active", "u9": "active"}


def test_undo_does_not_disable_the_last_administrator_again(synced: Synced, slapd: Slapd) -> None:
    change = "dn: {}\nchangetype: modify\n{}: employeeType\n{}\n"
    source = synced.add_source(slapd.url)
    slapd.modify(change.format(dn_of(9), "add", "employeeType: disabled\n"))
    applied(synced, synced.read(source))
    with writing():
        Account.update(administrator="audit").where(Account.login == "u9").execute()
    slapd.modify(change.format(dn_of(9), "delete", ""))
    back = applied(synced, synced.read(source))
    undone = synced.undo(back)
    assert [(left.name, left.reason) for left in undone.left] == [("u9 张三9", LAST)]
    assert Account.get(Account.login == "u9").state == "active"


def test_undo_ends_after_thirty_days_and_happens_once(synced: Synced, slapd: Slapd) -> None:
    run = applied(synced, synced.read(synced.add_source(slapd.url)))
    with pytest.raises(Conflict):
        synced.undo(run, synced.now + dt.timedelta(days=31))
    synced.undo(run, synced.now + dt.timedelta(days=29))
    with pytest.raises(Conflict):
        synced.undo(run)


def test_discarded_plan_cannot_be_applied(synced: Synced, slapd: Slapd) -> None:
    run = synced.read(synced.add_source(slapd.url))
    with writing():
        discard_run(run, account_id=synced.first, now=synced.now)
    with pytest.raises(Conflict):
        applied(synced, run)


def test_delta_sees_changes_moves_and_removals(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    assert synced.read(source, "delta").state == "empty"
    slapd.modify(
        removal(9)
        + move(10, county_dn(2, 1))
        + f"dn: {dn_of(11)}\nchangetype: modify\nreplace: roomNumber\nroomNumber: 999\n\n"
        + f"dn: {prefecture_dn(1)}\nchangetype: modrdn\nnewrdn: ou=玉溪市局\ndeleteoldrdn: 1\n\n"
    )
    run = synced.read(source, "delta")
    assert plan_counts(run) == {"disable": 1, "move": 1, "update": 1, "rename": 1}
    assert applied(synced, run).state == "applied"
    assert synced.read(source, "delta").state == "empty"
    assert synced.read(source).state == "empty"


def test_two_sources_leave_each_other_alone(
    synced: Synced, make_slapd: Callable[..., Slapd]
) -> None:
    main = synced.add_source(make_slapd(bureau_entries()).url)
    applied(synced, synced.read(main))
    office = unit_entry("曲靖分局", "539900")
    people = [person_entry(f"q{n}", f"王五{n}", office[0]) for n in range(6)]
    other = synced.add_source(
        make_slapd([*suffix_entries(), office, *people]).url,
        "qujing",
        top_unit_id=Unit.get(Unit.code == "530300").id,
    )
    run = synced.read(other)
    assert plan_counts(run) == {"create": 7}
    applied(synced, run)
    assert Unit.get(Unit.code == "539900").parent.code == "530300"
    assert synced.read(main).state == "empty"
    assert synced.read(other).state == "empty"


def test_unit_an_administrator_closed_is_not_opened_again(
    synced: Synced, make_slapd: Callable[..., Slapd]
) -> None:
    entries = [*bureau_entries(), unit_entry("空局", "539900", PROVINCE_DN)]
    source = synced.add_source(make_slapd(entries).url)
    with writing():
        node = Node.create(name="省局", is_self=True)
        names = {"name": "空局", "short_name": "空局"}
        unit = Unit.create(code="539900", kind="county", home_node=node, **names)
    applied(synced, synced.read(source))
    unit = Unit.get_by_id(unit.id)
    assert unit.external_id
    with writing():
        close_unit(Deed(synced.now.date(), synced.now, "撤并"), unit)
    run = synced.read(source)
    assert (run.state, plan_counts(run)) == ("empty", {"conflict": 1})
    assert not Unit.get_by_id(unit.id).is_active


def test_a_run_a_command_has_written_is_not_written_again_by_its_job(
    synced: Synced, slapd: Slapd
) -> None:
    """The job was queued with the order, and its worker looked at the run before."""
    source = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    slapd.modify(removal(9))
    run = synced.read(source)
    with writing():
        order_run(run, account_id=synced.first, plan_hash=run.plan_hash, now=synced.now)
    seen_by_worker = SyncRun.get_by_id(run.id)
    assert synced.carry_out(run).state == "applied"
    with pytest.raises(Conflict):
        carry_out(seen_by_worker, synced.settings, synced.now)
    assert synced.carry_out(run).state == "applied"
    synced.undo(run)
    assert Account.get(Account.login == "u9").state == "active"


def test_only_a_system_administrator_discards_and_takes_back(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    run = applied(synced, synced.read(source))
    slapd.modify(removal(9))
    waiting = synced.read(source)
    clerk = Account.get(Account.login == "u1").id
    with pytest.raises(Forbidden):
        order_undo(run, account_id=clerk, plan_hash="", now=synced.now)
    with pytest.raises(Forbidden), writing():
        discard_run(waiting, account_id=clerk, now=synced.now)
    assert SyncRun.get_by_id(run.id).state == "applied"
    assert SyncRun.get_by_id(waiting.id).state == "planned"


def test_new_units_stand_last_among_their_siblings(synced: Synced, slapd: Slapd) -> None:
    applied(synced, synced.read(synced.add_source(slapd.url)))
    for parent in {unit.parent_id for unit in Unit.select()}:
        below = Unit.parent.is_null() if parent is None else Unit.parent == parent
        positions = [unit.position for unit in Unit.select().where(below).order_by(Unit.id)]
        assert positions == sorted(set(positions))
        assert positions[0] > 0
