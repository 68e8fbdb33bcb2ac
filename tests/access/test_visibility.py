"""Who sees whose records: own, superior, subordinate, sibling, foreign and closed unit."""

import pytest

from openbureau import set_participants, visible
from openbureau.base.context import CHINA
from openbureau.base.database import reading, writing
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.units.changes import close_unit, merge_units, move_people, unit_by_code
from openbureau.kernel.units.lineage import Deed
from openbureau.kernel.units.models import Unit
from openbureau.testing.bureau import Bureau

Bulletin = pytest.importorskip("openbureau_bulletins.models").Bulletin
LIST, REALM = "bulletins.list_bulletin", "bulletins/bulletin"
OWNERS = {
    "own": "530102",
    "superior": "530100",
    "top": "530000",
    "sibling": "530103",
    "foreign": "530402",
    "closed": "530100-K1",
}


@pytest.fixture
def records(either_bureau: Bureau) -> Bureau:
    """One record of each of six units; the development zone is closed afterwards."""
    bureau = either_bureau
    bureau.enable("bulletins")
    with writing():
        for name, code in OWNERS.items():
            Bulletin.create(
                title=name, body="乙", unit=Unit.get(Unit.code == code), state="published",
                account=Account.get(Account.login == "li"), receivers="[]",
                created_at=bureau.now, updated_at=bureau.now, published_at=bureau.now,
            )  # fmt: skip
        close_unit(deed(bureau), unit_by_code("530100-K1"))
    return bureau


def deed(bureau: Bureau) -> Deed:
    return Deed(bureau.now.astimezone(CHINA).date(), bureau.now, "编办〔2026〕3号")


def seen(bureau: Bureau, login: str) -> set[str]:
    ctx = bureau.context(login)
    with reading():
        rows = Bulletin.select(Bulletin.title).where(visible(ctx, Bulletin, LIST, REALM))
        return {row.title for row in rows}


MATRIX = [
    ("zhang", None, {"own"}),
    ("zhang", "unit", {"own"}),
    ("zhang", "subtree", {"own"}),
    ("wang", None, {"superior"}),
    ("wang", "unit", {"superior"}),
    ("wang", "subtree", {"own", "superior", "sibling", "closed"}),
    ("li", None, {"top"}),
    ("li", "subtree", set(OWNERS)),
    ("sun", None, {"sibling"}),
    ("sun", "province", set(OWNERS)),
    ("zhao", None, {"foreign"}),
    ("system", None, set()),
]


@pytest.mark.parametrize(("login", "reach", "expected"), MATRIX)
def test_reach_decides(records: Bureau, login: str, reach: str | None, expected: set[str]) -> None:
    if reach is not None:
        post = records.context(login).post
        assert post is not None
        code = Unit.get_by_id(post.access_unit_id).code
        records.grant(login, "bulletins.publisher", code, reach)
    assert seen(records, login) == expected


@pytest.mark.parametrize(
    ("holder", "login", "is_seen"),
    [
        ("unit:530102", "zhang", True),
        ("unit:530100", "zhang", False),
        ("subtree:530100", "zhang", True),
        ("subtree:530000", "zhao", True),
        ("subtree:530400", "zhang", False),
        ("unit:530402", "wang", False),
    ],
)
def test_participation_opens_a_foreign_record(
    records: Bureau, holder: str, login: str, is_seen: bool
) -> None:
    kind, _, code = holder.partition(":")
    with writing():
        record = Bulletin.get(Bulletin.title == "top")
        named = f"{kind}:{Unit.get(Unit.code == code).id}"
        set_participants(REALM, record.id, "reader", [named], records.now)
    assert ("top" in seen(records, login)) is is_seen


def test_a_merged_units_records_stay_its_own(records: Bureau) -> None:
    with writing():
        merge_units(deed(records), unit_by_code("530103"), unit_by_code("530102"))
    assert seen(records, "sun") == {"own"}
    records.grant("sun", "bulletins.publisher", "530103", "unit")
    assert seen(records, "sun") == {"own", "sibling"}


def test_moved_people_see_by_their_new_post(records: Bureau) -> None:
    with writing():
        zhang = Account.get(Account.login == "zhang")
        posts = list(Post.select().where(Post.account == zhang))
        move_people(deed(records), posts, unit_by_code("530402"))
    assert seen(records, "zhang") == {"foreign"}
