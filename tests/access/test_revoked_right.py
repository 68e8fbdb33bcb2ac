"""A right that is taken back while its holder acts: nothing is recorded after its end."""

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openbureau import Page, Permission, Permissions
from openbureau.base.database import reading, writing
from openbureau.base.pages import page, redirect
from openbureau.kernel.access.actors import Actor
from openbureau.kernel.access.grants import end_grant
from openbureau.kernel.access.models import RoleGrant
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.audit.models import AuditRecord
from openbureau.kernel.enablement.actions import hold_rights
from openbureau.testing.bureau import Bureau, Client, close_bureau, open_bureau
from openbureau.testing.synthetic import plugin_of

URL = "/races/act"
PAGES = (URL, "/races/slow")
RIGHT = "races.publish_act"
RACES, MANY_RACES = 200, 1000
LONGEST_HEAD_START = 24


def confirm(request: Any) -> Any:
    return page(
        "core/confirm.html", heading="发布", lines=[], action=URL, hidden=[],
        submit_label="发布", cancel_url="/", form=None,
    )  # fmt: skip


def publish(request: Any) -> Any:
    ctx = request.person
    record_audit(action=RIGHT, at=ctx.now, account_id=ctx.account.id, realm="races/act")
    return redirect("/")


def publish_slowly(request: Any) -> Any:
    """What takes its time first is done outside the transaction."""
    with request.writing():
        return publish(request)


@pytest.fixture
def races(tmp_path: Path, database_url: str) -> Iterator[Bureau]:
    """A bureau with a page that publishes."""
    source = plugin_of(
        "races",
        permissions=lambda: Permissions([Permission(RIGHT, "发布")]),
        pages=lambda: [
            Page("act", confirm, RIGHT),
            Page("act", publish, RIGHT, methods=("POST",)),
            Page("slow", publish_slowly, RIGHT, methods=("POST",), is_self_managed=True),
        ],
    )
    bureau = open_bureau(tmp_path / "data", database_url, sources=[source])
    bureau.enable("races")
    bureau.grant_permission("li", RIGHT)
    yield bureau
    close_bureau()


def end(grant_id: int, security_id: int, head_start: int) -> dt.datetime:
    """Ends the grant as its page would, some reads after the start signal; when it ended."""
    for _ in range(head_start):
        with reading():
            Account.get_by_id(security_id)
    with writing():
        hold_rights(is_alone=True)
        now = dt.datetime.now(dt.UTC)
        end_grant(Actor(now, security_id), RoleGrant.get_by_id(grant_id), "调离")
    return now


def race(bureau: Bureau, client: Client, page_url: str, head_start: int) -> tuple[int, int]:
    """One race; how many acts were recorded, and how many of them after the end."""
    grant = RoleGrant.get(RoleGrant.ended_at.is_null(), RoleGrant.account == client_account())
    security_id = Account.get(Account.login == "security").id
    assert client.get(URL).status == 200
    start = threading.Barrier(2)

    def act() -> None:
        start.wait()
        client.post(page_url, {})

    poster = threading.Thread(target=act)
    last = AuditRecord.select(AuditRecord.id).order_by(AuditRecord.id.desc()).limit(1).scalar()
    poster.start()
    start.wait()
    ended_at = end(grant.id, security_id, head_start)
    poster.join()
    acts = list(AuditRecord.select().where(AuditRecord.action == RIGHT, AuditRecord.id > last))
    assert client.get(URL).status in {403, 404}
    bureau.grant("li", grant.role.code, "530000")
    return len(acts), sum(each.at > ended_at for each in acts)


def client_account() -> int:
    return int(Account.get(Account.login == "li").id)


def raced(bureau: Bureau, page_url: str, total: int) -> tuple[int, int]:
    """So many races: all acts, and those after the end."""
    client = bureau.sign_in("li")
    results = [
        race(bureau, client, page_url, number % LONGEST_HEAD_START) for number in range(total)
    ]
    return sum(acts for acts, _ in results), sum(late for _, late in results)


@pytest.mark.parametrize("page_url", PAGES)
def test_no_act_is_recorded_after_the_right_ended(races: Bureau, page_url: str) -> None:
    acts, late = raced(races, page_url, RACES)
    assert late == 0
    assert 0 < acts <= RACES


@pytest.mark.deep
@pytest.mark.parametrize("page_url", PAGES)
def test_no_act_in_a_thousand_races(races: Bureau, page_url: str) -> None:
    assert raced(races, page_url, MANY_RACES)[1] == 0


def test_end_waits_for_an_act_that_began_with_the_right(races: Bureau) -> None:
    """What is being done is finished first, and dated before the end."""
    grant = RoleGrant.get(RoleGrant.ended_at.is_null(), RoleGrant.account == client_account())
    security_id = Account.get(Account.login == "security").id
    ended: list[dt.datetime] = []

    def end_it() -> None:
        ended.append(end(grant.id, security_id, 0))

    with writing():
        hold_rights()
        ender = threading.Thread(target=end_it)
        ender.start()
        ender.join(0.3)
        assert not ended
        acted_at = dt.datetime.now(dt.UTC)
    ender.join()
    assert ended[0] >= acted_at
