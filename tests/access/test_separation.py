"""Separation rules of a plugin: nobody does both, not even for somebody absent."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from openbureau import Forbidden, Permission, Permissions, RoleTemplate, Separation, exercise
from openbureau.base.context import CHINA
from openbureau.base.database import writing
from openbureau.base.hookspecs import hookimpl
from openbureau.base.plugins import Manifest, Source
from openbureau.kernel.access.contexts import context_of, moment_of
from openbureau.kernel.access.models import Delegation
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.enablement.actions import bump_epoch
from openbureau.testing.bureau import Bureau, close_bureau, open_bureau

DRAFT, SIGN, READ = "papers.draft_paper", "papers.sign_paper", "papers.list_paper"
REALM = "papers/paper"


def papers() -> Source:
    """A plugin whose papers are signed by somebody else than their drafter."""
    module: Any = ModuleType("openbureau_papers", "A plugin that exists in memory only.")

    def permissions() -> Permissions:
        codes = (DRAFT, SIGN, READ)
        return Permissions(
            [Permission(code, code) for code in codes],
            [RoleTemplate("papers.all", "文稿全权", codes)],
            [Separation(DRAFT, SIGN)],
        )

    module.permissions = hookimpl(permissions)
    names = {"zh": "文稿", "en": "Papers"}
    manifest = Manifest("papers", names, "1", ">=1,<2", "openbureau.testing", 1)
    return Source("papers", "openbureau_papers", module, manifest)


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Bureau]:
    bureau = open_bureau(tmp_path / "data", database_url, [papers()])
    bureau.enable("papers")
    yield bureau
    close_bureau()


def does(bureau: Bureau, login: str, permission: str, post_id: int | None = None) -> None:
    ctx = bureau.context(login)
    if post_id is not None:
        at = moment_of(bureau.now)
        plugins = bureau.installation.plugins
        ctx = context_of(ctx.account, at, plugins, ctx.catalogue, post_id=post_id)
    with writing():
        exercise(ctx, permission, REALM, 7)


def test_the_drafter_does_not_sign(office: Bureau) -> None:
    does(office, "zhang", DRAFT)
    with pytest.raises(Forbidden, match="张晓梅已于") as refused:
        does(office, "zhang", SIGN)
    assert refused.value.code == "SEP-403"
    does(office, "wang", SIGN)
    with pytest.raises(Forbidden, match="王文松已于"):
        does(office, "wang", DRAFT)


def test_other_permissions_leave_no_trace(office: Bureau) -> None:
    does(office, "zhang", READ)
    assert office.rows("SELECT id FROM record_act") == []


def lent(bureau: Bureau, lender: str, to: str) -> int:
    day = bureau.now.astimezone(CHINA).date()
    people = {row.login: row for row in Account.select()}
    with writing():
        Delegation.create(delegator=people[lender], delegate=people[to], starts_on=day,
                          ends_on=day + dt.timedelta(days=1), created_at=bureau.now)  # fmt: skip
        bump_epoch("access")
    return int(Post.get(Post.account == people[lender]).id)


def test_standing_in_binds_both(office: Bureau) -> None:
    post_id = lent(office, "wang", "zhang")
    does(office, "zhang", DRAFT, post_id)
    with pytest.raises(Forbidden, match="张晓梅 代 王文松"):
        does(office, "wang", SIGN)
    with pytest.raises(Forbidden):
        does(office, "zhang", SIGN)
    does(office, "sun", SIGN)


def test_whom_one_stands_in_for_is_bound(office: Bureau) -> None:
    does(office, "wang", DRAFT)
    post_id = lent(office, "wang", "zhang")
    with pytest.raises(Forbidden, match="王文松已于"):
        does(office, "zhang", SIGN, post_id)
