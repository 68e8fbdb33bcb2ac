"""Commands in the name of a delegated administrator stay in that person's part of the tree."""

import pytest
from tests.commands.test_administering import DAYS, account, read, refused

from openbureau.base.database import writing
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.directory.images import Recorder
from openbureau.kernel.directory.plan import Plan
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.plan_text import encoded
from openbureau.kernel.units.models import Unit
from openbureau.testing.bureau import Bureau

EMPTY = Plan(
    units=(), people=(), renamed_entries=(), unchanged_units=0, unchanged_people=0, blocked=()
)


@pytest.fixture
def delegated(bureau: Bureau) -> Bureau:
    """`system` and `security` administer 昆明 alone; sun serves there and in 玉溪."""
    bureau.give_post("sun", "530402")
    with writing():
        Account.update(administrator_unit=Unit.get(Unit.code == "530100")).where(
            Account.login << ["system", "security"]
        ).execute()
        bump_epoch("access")
    return bureau


def test_delegations(delegated: Bureau) -> None:
    add = ("delegation", "add")
    why = (*DAYS, "--reason", "出差")
    by = ("--as", "security")
    assert refused(delegated, *add, "zhao", "zhang", *why, *by) == "ACC-006"
    assert refused(delegated, *add, "wang", "zhao", *why, *by) == "DLG-001"
    assert refused(delegated, *add, "sun", "zhang", *why, *by) == "DLG-001"
    own = str(Post.get((Post.account == account("sun")) & Post.is_primary).id)
    assert read(delegated, *add, "sun", "zhang", *why, *by, "--post", own)["applied"]
    assert read(delegated, *add, "wang", "zhao", *why, "--as", "wang")["applied"]
    made = read(delegated, *add, "zhao", "li", *why)["delegation"]
    assert refused(delegated, "delegation", "end", str(made), *by) == "ACC-006"


def test_handovers(delegated: Bureau) -> None:
    for leaver in ("zhao", "sun", "li"):
        preview = ("handover", "preview", leaver, "--as", "system")
        assert refused(delegated, *preview) == "ACC-006", leaver
    over = ("handover", "carry-out", "zhang", "zhao", "--reason", "调离", "--as", "system")
    assert refused(delegated, *over) == "HAND-004"
    assert read(delegated, "handover", "preview", "zhang", "--as", "system")["posts"]


@pytest.mark.parametrize("name", ["start", "exclude", "apply", "confirm", "undo", "discard"])
def test_steps_of_a_synchronisation(delegated: Bureau, name: str) -> None:
    with writing():
        run = SyncRun.create(
            state="applied" if name == "undo" else "planned", trigger="manual", scope="full",
            plan=encoded(EMPTY), plan_hash=EMPTY.hash, before=Recorder().finished().encoded(),
            requested_at=delegated.now, planned_at=delegated.now, applied_at=delegated.now,
        )  # fmt: skip
    more = {"start": ["-"], "exclude": [run.uid, "x"]}.get(name, [run.uid])
    plan = [] if name in {"start", "exclude", "discard"} else ["--plan", EMPTY.hash]
    code = refused(delegated, "sync-runs", name, *more, *plan, "--as", "system")
    assert code == ("CORE-403" if name in {"start", "exclude"} else "LDAP-007")
    assert SyncRun.get_by_id(run.id).state == run.state
    assert SyncRun.select().count() == 1
