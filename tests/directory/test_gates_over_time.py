"""Leaving rows out is no way round the gates: what the source disabled in the last 24 hours
counts together with the plan."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.directory.running import Synced
from tests.directory.test_groups import mapped, role
from tests.directory.test_runs import applied, removal

from openbureau.base.database import db, reading
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.sync.queries import recent_of
from openbureau.testing.directory import bureau_entries
from openbureau.testing.slapd import SUFFIX, Slapd

pytestmark = pytest.mark.slapd
LEAVERS = [index * 8 for index in range(12)]
GROUP = f"cn=many,{SUFFIX}"
MEMBERS = [f"u{index}" for index in range(32)]


@pytest.fixture
def synced(tmp_path: Path) -> Iterator[Synced]:
    yield Synced(tmp_path / "data")
    db.close()


def stable_ids(*indexes: int) -> tuple[str, ...]:
    logins = [f"u{index}" for index in indexes]
    with reading():
        return tuple(
            str(row.external_id) for row in Account.select().where(Account.login << logins)
        )


def test_rows_left_out_are_counted_when_they_come_again(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    slapd.modify(removal(*LEAVERS))
    whole = synced.read(source)
    assert (whole.state, whole.blocked) == ("blocked", '["more-than-5-percent"]')
    some = synced.read(source, excluded=stable_ids(*LEAVERS[6:]))
    assert some.state == "planned"
    applied(synced, some)
    for left_out in range(1, 5):
        run = synced.read(source, excluded=stable_ids(*LEAVERS[12 - left_out :]))
        with reading():
            assert recent_of(run) == 6
        assert run.state == ("planned" if left_out > 1 else "blocked")
    synced.now += dt.timedelta(hours=25)
    rest = synced.read(source)
    with reading():
        assert (rest.state, recent_of(rest)) == ("planned", 0)


def test_what_was_taken_back_does_not_count(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    slapd.modify(removal(*LEAVERS[:6]))
    run = applied(synced, synced.read(source))
    synced.undo(run)
    again = synced.read(source)
    with reading():
        assert (again.state, recent_of(again)) == ("planned", 0)


def test_a_plan_confirmed_a_day_later_is_still_the_same(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    slapd.modify(removal(*LEAVERS[:6]))
    applied(synced, synced.read(source))
    slapd.modify(removal(*LEAVERS[6:]))
    run = synced.read(source)
    assert run.state == "blocked"
    synced.now += dt.timedelta(hours=30)
    assert synced.confirmed(run).state == "applied"


def test_people_who_came_disabled_were_never_lost(synced: Synced, slapd: Slapd) -> None:
    change = "dn: {}\nchangetype: modify\nadd: employeeType\nemployeeType: disabled\n\n"
    slapd.modify("".join(change.format(removal(n).split("\n")[0][4:]) for n in LEAVERS))
    source = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    slapd.modify(removal(1))
    run = synced.read(source)
    with reading():
        assert (run.state, recent_of(run)) == ("planned", 0)


@pytest.fixture
def grouped(make_slapd: Callable[..., Slapd]) -> Slapd:
    """A directory with a group of 32 people."""
    group = {"objectClass": "posixGroup", "cn": "many", "gidNumber": "100", "memberUid": MEMBERS}
    return make_slapd([*bureau_entries(), (GROUP, group)])


def without(*members: str) -> str:
    lines = "".join(f"memberUid: {member}\n" for member in members)
    return f"dn: {GROUP}\nchangetype: modify\ndelete: memberUid\n{lines}\n"


def test_roles_taken_back_little_by_little_are_counted_together(
    synced: Synced, grouped: Slapd
) -> None:
    source = synced.add_source(grouped.url)
    mapped(synced, source, GROUP, role("clerk"))
    applied(synced, synced.read(source))
    grouped.modify(without(*MEMBERS[:20]))
    first = synced.read(source)
    assert first.state == "planned"
    applied(synced, first)
    grouped.modify(without(*MEMBERS[20:31]))
    rest = synced.read(source)
    assert (rest.state, rest.blocked) == ("blocked", '["more-than-30-lose-roles"]')
    synced.undo(first)
    grouped.modify(without(MEMBERS[31]))
    back = f"dn: {GROUP}\nchangetype: modify\nadd: memberUid\n"
    grouped.modify(back + "".join(f"memberUid: {member}\n" for member in MEMBERS[:20]) + "\n")
    assert synced.read(source).state == "planned"


def test_roles_taken_back_on_another_day_are_not_counted(synced: Synced, grouped: Slapd) -> None:
    source = synced.add_source(grouped.url)
    mapped(synced, source, GROUP, role("clerk"))
    applied(synced, synced.read(source))
    grouped.modify(without(*MEMBERS[:20]))
    applied(synced, synced.read(source))
    synced.now += dt.timedelta(hours=25)
    grouped.modify(without(*MEMBERS[20:]))
    assert synced.read(source).state == "planned"


@pytest.mark.parametrize("change", [without("u1"), removal(1)], ids=["group", "directory"])
def test_last_holder_of_an_administrators_role_is_not_lost_to_a_group(
    synced: Synced, grouped: Slapd, change: str
) -> None:
    source = synced.add_source(grouped.url)
    grouped.modify(without(*MEMBERS[2:]))
    mapped(synced, source, GROUP, role("power", "core.manage_units"))
    assert synced.confirmed(synced.read(source)).state == "applied"
    grouped.modify(without("u0"))
    applied(synced, synced.read(source))
    grouped.modify(change)
    run = synced.read(source)
    assert (run.state, run.blocked) == ("blocked", '["last-holder:power"]')
    assert synced.confirmed(run).state == "applied"
