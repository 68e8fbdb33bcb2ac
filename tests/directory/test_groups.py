"""Groups, further posts, pictures and what else a mapping brings."""

import datetime as dt
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.directory.running import Synced

from openbureau.base.database import db, writing
from openbureau.base.errors import Conflict
from openbureau.kernel.access.models import Role, RoleGrant, RolePermission
from openbureau.kernel.accounts.acts import By
from openbureau.kernel.accounts.appointments import appoint
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.directory.group_roles import map_group, unmap_group
from openbureau.kernel.directory.groups import RawGroup, flattened
from openbureau.kernel.directory.reasons import reason_words
from openbureau.kernel.directory.sampling import Sample, sample
from openbureau.kernel.directory.snapshot import PersonEntry
from openbureau.kernel.directory.sources import source_config
from openbureau.kernel.files.actions import SWEEP_AFTER, sweep_orphans
from openbureau.kernel.files.storage import content_path
from openbureau.kernel.sync.actions import apply_run, confirm_run
from openbureau.kernel.sync.models import GroupRole, SyncRun
from openbureau.kernel.sync.queries import plan_counts, plan_lines
from openbureau.kernel.units.models import Unit
from openbureau.testing.directory import bureau_entries, dn_of, person_entry
from openbureau.testing.ldif import ldif
from openbureau.testing.slapd import SUFFIX, Slapd

pytestmark = pytest.mark.slapd
STAFF = f"cn=staff,{SUFFIX}"
INNER = f"cn=inner,{SUFFIX}"
POSIX = f"cn=posix,{SUFFIX}"


@pytest.fixture
def synced(tmp_path: Path) -> Iterator[Synced]:
    yield Synced(tmp_path / "data")
    db.close()


@pytest.fixture
def grouped(make_slapd: Callable[..., Slapd]) -> Slapd:
    """u1 to u3 in `staff`, u4 in `inner` which is within `staff` and contains it, u5 and u6 in
    a group by login name."""
    return make_slapd(
        [
            *bureau_entries(),
            (STAFF, {"objectClass": "groupOfNames", "cn": "staff",
                     "member": [dn_of(1), dn_of(2), dn_of(3), INNER]}),
            (INNER, {"objectClass": "groupOfUniqueNames", "cn": "inner",
                     "uniqueMember": [dn_of(4), STAFF]}),
            (POSIX, {"objectClass": "posixGroup", "cn": "posix", "gidNumber": "100",
                     "memberUid": ["u5", "U6", "nobody"]}),
        ]
    )  # fmt: skip


def role(code: str, *permissions: str) -> Role:
    with writing():
        made: Role = Role.create(code=code, name=code)
        for permission in permissions:
            RolePermission.create(role=made, permission=permission)
    return made


def holders(code: str) -> list[str]:
    return sorted(
        grant.account.login
        for grant in RoleGrant.select().where(RoleGrant.ended_at.is_null())
        if grant.account is not None and grant.role.code == code
    )


def applied(synced: Synced, run: SyncRun) -> SyncRun:
    return apply_run(
        run, synced.settings, account_id=synced.first, plan_hash=run.plan_hash, now=synced.now
    )


def mapped(synced: Synced, source: Any, dn: str, to: Role, **more: Any) -> Any:
    with writing():
        return map_group(source, dn, to, now=synced.now, **more)


def test_members_also_of_groups_within_receive_the_role(synced: Synced, grouped: Slapd) -> None:
    source = synced.add_source(grouped.url)
    mapped(synced, source, STAFF, role("clerk"))
    mapped(synced, source, POSIX, role("reader"))
    run = synced.read(source)
    assert plan_counts(run)["grant"] == 6
    applied(synced, run)
    assert holders("clerk") == ["u1", "u2", "u3", "u4"]
    assert holders("reader") == ["u5", "u6"]
    grant = RoleGrant.get(RoleGrant.group == POSIX)
    assert (grant.source, grant.unit.code) == ("ldap", "530000")
    assert synced.read(source).state == "empty"


def test_leaving_a_group_ends_the_grant_and_hand_made_ones_stay(
    synced: Synced, grouped: Slapd
) -> None:
    source = synced.add_source(grouped.url)
    clerk = role("clerk")
    mapped(synced, source, STAFF, clerk)
    applied(synced, synced.read(source))
    with writing():
        by_hand = RoleGrant.create(
            account=Account.get(Account.login == "u2"),
            role=clerk,
            unit=Unit.get(Unit.code == "530100"),
            granted_at=synced.now,
        )
    grouped.modify(f"dn: {STAFF}\nchangetype: modify\ndelete: member\nmember: {dn_of(2)}\n\n")
    run = synced.read(source, "delta")
    assert plan_counts(run) == {"revoke": 1}
    applied(synced, run)
    assert RoleGrant.get_by_id(by_hand.id).ended_at is None
    assert RoleGrant.select().count() == 5
    synced.undo(run)
    assert holders("clerk") == ["u1", "u2", "u2", "u3", "u4"]


def test_the_same_mapping_is_named_once(synced: Synced, grouped: Slapd) -> None:
    source = synced.add_source(grouped.url)
    clerk = role("clerk")
    mapped(synced, source, STAFF, clerk)
    with pytest.raises(Conflict):
        mapped(synced, source, STAFF.replace("cn=", "CN = "), clerk)
    mapped(synced, source, STAFF, clerk, reach="subtree")


def test_a_role_held_twice_from_one_group_is_held_once_and_ends_at_once(
    synced: Synced, grouped: Slapd
) -> None:
    source = synced.add_source(grouped.url)
    clerk = role("clerk")
    mapped(synced, source, STAFF, clerk)
    with writing():
        GroupRole.create(source=source, group_dn=STAFF, role=clerk, changed_at=synced.now)
    run = synced.read(source)
    assert plan_counts(run)["grant"] == 4
    applied(synced, run)
    with writing():
        for grant in list(RoleGrant.select()):
            RoleGrant.create(
                account=grant.account, role=clerk, unit=grant.unit, source="ldap",
                group=grant.group, granted_at=synced.now,
            )  # fmt: skip
    grouped.modify(f"dn: {STAFF}\nchangetype: modify\ndelete: member\nmember: {dn_of(2)}\n\n")
    run = synced.read(source)
    assert plan_counts(run) == {"revoke": 5}
    applied(synced, run)
    assert holders("clerk") == ["u1", "u3", "u4"]
    assert synced.read(source).state == "empty"
    undone = synced.undo(run)
    assert holders("clerk") == ["u1", "u2", "u3", "u4"]
    assert len(undone.left) == 4


def test_group_that_vanished_takes_nothing_back(synced: Synced, grouped: Slapd) -> None:
    source = synced.add_source(grouped.url)
    mapping = mapped(synced, source, POSIX, role("reader"))
    applied(synced, synced.read(source))
    grouped.modify(f"dn: {POSIX}\nchangetype: delete\n\n")
    run = synced.read(source)
    assert plan_counts(run) == {"conflict": 1}
    with writing():
        unmap_group(mapping, now=synced.now)
        mapped(synced, source, STAFF, role("clerk"))
    run = synced.read(source)
    assert plan_counts(run) == {"revoke": 2, "grant": 4}


def test_renamed_group_is_known_by_its_identity(synced: Synced, grouped: Slapd) -> None:
    source = synced.add_source(grouped.url)
    found = sample(source_config(source, synced.settings.data))
    assert isinstance(found, Sample)
    line = next(group for group in found.groups if group.dn == POSIX)
    mapped(synced, source, POSIX, role("reader"), external_id=line.external_id)
    applied(synced, synced.read(source))
    grouped.modify(f"dn: {POSIX}\nchangetype: modrdn\nnewrdn: cn=office\ndeleteoldrdn: 1\n\n")
    assert synced.read(source).state == "empty"


def test_group_that_would_make_administrators_is_blocked(synced: Synced, grouped: Slapd) -> None:
    source = synced.add_source(grouped.url)
    mapped(synced, source, POSIX, role("power", "core.manage_units"))
    run = synced.read(source)
    assert (run.state, run.blocked) == ("blocked", '["administrator-role:power"]')
    with writing():
        confirm_run(run, account_id=synced.second, plan_hash=run.plan_hash, now=synced.now)
    assert synced.carry_out(run).state == "applied"


def test_administrator_in_a_group_holds_no_business_role(synced: Synced, grouped: Slapd) -> None:
    source = synced.add_source(grouped.url)
    applied(synced, synced.read(source))
    with writing():
        Account.update(administrator="audit").where(Account.login == "u5").execute()
    mapped(synced, source, POSIX, role("reader"))
    run = synced.read(source)
    assert plan_counts(run) == {"grant": 1, "conflict": 1}
    applied(synced, run)
    assert holders("reader") == ["u6"]


def test_appointed_administrator_gets_no_role_back(synced: Synced, grouped: Slapd) -> None:
    source = synced.add_source(grouped.url)
    mapped(synced, source, POSIX, role("reader"))
    first = synced.read(source)
    applied(synced, first)
    with writing():
        appoint(Account.get(Account.login == "u5"), "audit", None, By(synced.now, synced.first))
    assert holders("reader") == ["u6"]
    run = synced.read(source)
    assert (run.state, plan_counts(run)) == ("empty", {"conflict": 1})
    [line] = [line for unit in plan_lines(run) for line in unit.lines]
    assert line.reason is not None
    assert line.reason[0] == "是管理员，不授予业务角色"
    assert holders("reader") == ["u6"]


def test_role_an_administrator_still_holds_from_a_group_is_taken_back(
    synced: Synced, grouped: Slapd
) -> None:
    source = synced.add_source(grouped.url)
    mapped(synced, source, POSIX, role("reader"))
    applied(synced, synced.read(source))
    with writing():
        Account.update(administrator="audit").where(Account.login == "u5").execute()
    run = synced.read(source)
    assert plan_counts(run) == {"revoke": 1, "conflict": 1}
    applied(synced, run)
    assert holders("reader") == ["u6"]
    with writing():
        Account.update(administrator="audit").where(Account.login == "u6").execute()
    undone = synced.undo(run)
    assert [(left.table, left.reason) for left in undone.left] == [("role_grant", "administrator")]
    assert holders("reader") == ["u6"]


def test_circle_of_groups_is_followed_once() -> None:
    ring = [RawGroup(f"g{n}", f"cn=g{n}", f"g{n}", (f"cn=g{(n + 1) % 3}", f"uid=p{n}"), ())
            for n in range(3)]  # fmt: skip
    people = [
        PersonEntry(external_id=f"p{n}", dn=f"UID=p{n}", unit=None, login=f"p{n}") for n in range(3)
    ]
    assert all(group.members == {"p0", "p1", "p2"} for group in flattened(ring, people))


def test_further_posts_begin_change_and_end(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url, attributes={"posts": ["departmentNumber"]})
    applied(synced, synced.read(source))
    person = Account.get(Account.login == "u9")
    with writing():
        acting = Post.create(
            account=person, unit=Unit.get(Unit.code == "530520"), title="主持工作",
            nature="acting", is_primary=False, starts_on=dt.date(2025, 1, 1),
        )  # fmt: skip

    def posts() -> list[tuple[str, str, bool]]:
        held = Post.select().where((Post.account == person) & (Post.source == "ldap"))
        return [(p.unit.code, p.title, p.is_active) for p in held.order_by(Post.id)]

    change = f"dn: {dn_of(9)}\nchangetype: modify\nreplace: departmentNumber\n{{}}\n"
    slapd.modify(change.format("departmentNumber: 530321:deputy\n"))
    run = synced.read(source, "delta")
    assert plan_counts(run) == {"update": 1}
    applied(synced, run)
    assert posts() == [("530100", "科员", True), ("530321", "deputy", True)]
    slapd.modify(change.format("departmentNumber: 530321:head\n"))
    applied(synced, synced.read(source))
    assert posts()[1] == ("530321", "head", True)
    assert synced.read(source, "delta").state == "empty"
    slapd.modify(change.format(""))
    run = applied(synced, synced.read(source))
    assert posts()[1] == ("530321", "head", False)
    synced.undo(run)
    assert posts()[1] == ("530321", "head", True)
    assert Post.get_by_id(acting.id).is_active


def test_second_title_is_a_second_post_in_the_same_unit(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    slapd.modify(f"dn: {dn_of(9)}\nchangetype: modify\nadd: title\ntitle: secretary\n\n")
    applied(synced, synced.read(source))
    held = Post.select().where(Post.account == Account.get(Account.login == "u9"))
    assert sorted((post.title, post.is_primary) for post in held) == [
        ("secretary", True),
        ("科员", False),
    ]
    assert synced.read(source).state == "empty"


def main_title(login: str) -> str:
    held = Post.select().join(Account).where((Account.login == login) & Post.is_active)
    return str(held.where(Post.is_primary).get().title)


def test_of_several_titles_the_one_held_before_stays_the_main_one(
    synced: Synced, slapd: Slapd
) -> None:
    source = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    slapd.modify(f"dn: {dn_of(9)}\nchangetype: modify\nadd: title\ntitle: 工会主席\n\n")
    run = synced.read(source)
    [line] = [line for unit in plan_lines(run) for line in unit.lines]
    assert line.reason == reason_words("main-title-kept")
    applied(synced, run)
    assert main_title("u9") == "科员"
    assert synced.read(source).state == "empty"


def test_of_several_titles_of_a_newcomer_the_one_ranked_highest_is_main(
    synced: Synced, slapd: Slapd
) -> None:
    source = synced.add_source(slapd.url)
    two = "dn: {}\nchangetype: modify\nreplace: title\ntitle: 一般职员\ntitle: 科员\n\n"
    applied(synced, synced.read(source))
    with writing():
        Post.update(rank=10).where(Post.title == "科员").execute()
    entry = person_entry("new", "新人", dn_of(9).partition(",")[2])
    slapd.modify(ldif([entry]).replace("\n", "\nchangetype: add\n", 1))
    slapd.modify(two.format(entry[0]))
    run = synced.read(source)
    [line] = [line for unit in plan_lines(run) for line in unit.lines]
    assert line.reason == reason_words("main-title-ranked")
    applied(synced, run)
    assert main_title("new") == "科员"


def test_numbered_titles_keep_the_order_of_the_directory(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(slapd.url)
    applied(synced, synced.read(source))
    titles = "title: {1}科员\ntitle: {0}科长\n"
    slapd.modify(f"dn: {dn_of(9)}\nchangetype: modify\nreplace: title\n{titles}\n")
    run = synced.read(source)
    [line] = [line for unit in plan_lines(run) for line in unit.lines]
    assert line.reason is None
    applied(synced, run)
    assert main_title("u9") == "科长"


def test_rank_is_read_where_it_is_mapped(synced: Synced, slapd: Slapd) -> None:
    slapd.modify(f"dn: {dn_of(9)}\nchangetype: modify\nadd: employeeNumber\nemployeeNumber: 3\n\n")
    source = synced.add_source(slapd.url, attributes={"rank": ["employeeNumber"]})
    applied(synced, synced.read(source))
    ranks = {post.account.login: post.rank for post in Post.select()}
    assert (ranks["u9"], ranks["u10"]) == (3, 100)


def picture(shade: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, shade, shade)).save(stream, "JPEG")
    return stream.getvalue()


def test_picture_is_kept_once_and_survives_the_sweep(
    synced: Synced, make_slapd: Callable[..., Slapd]
) -> None:
    entries = [
        (dn, {**attributes, "jpegPhoto": picture(90)}) if dn in {dn_of(9), dn_of(10)}
        else (dn, {**attributes, "jpegPhoto": b"no picture"}) if dn == dn_of(11)
        else (dn, attributes)
        for dn, attributes in bureau_entries()
    ]  # fmt: skip
    source = synced.add_source(make_slapd(entries).url, reads_photos=True)
    applied(synced, synced.read(source))
    shown = {a.login: a.photo for a in Account.select().where(Account.photo != "")}
    assert set(shown) == {"u9", "u10"}
    assert shown["u9"] == shown["u10"]
    path = content_path(shown["u9"])
    assert path.read_bytes() == picture(90)
    sweep_orphans(synced.now + 2 * SWEEP_AFTER)
    assert path.exists()
    assert synced.read(source).state == "empty"


def test_own_filter_and_a_second_attribute(synced: Synced, slapd: Slapd) -> None:
    source = synced.add_source(
        slapd.url,
        person_filter="(&(objectClass=inetOrgPerson)(!(uid=u9)))",
        attributes={"phone": ["mobile", "telephoneNumber"]},
    )
    applied(synced, synced.read(source))
    assert Account.get_or_none(Account.login == "u9") is None
    assert Account.get(Account.login == "u10").phone == "0871-1234567"
