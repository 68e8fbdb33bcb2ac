"""Writes of sessions and local accounts."""

import datetime as dt
import hashlib
import secrets

from openbureau.base.database import new_uid
from openbureau.base.errors import NotFound
from openbureau.kernel.accounts.models import Account, Post, Session
from openbureau.kernel.accounts.queries import live_sessions
from openbureau.kernel.settings.queries import core_setting
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.names import person_pinyin

STAGE_AGE = dt.timedelta(minutes=15)


def token_digest(token: str) -> str:
    """What is stored of a session token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def open_session(
    account: Account,
    *,
    now: dt.datetime,
    max_age: dt.timedelta,
    address: str,
    browser: str,
    stage: str = "",
) -> str:
    """Starts a session and returns its 256-bit token, which is stored nowhere.

    One with a `stage` may do nothing but that, for a quarter of an hour. Of more parallel
    sessions than the setting allows, the one unseen for longest ends.
    """
    most = core_setting("core.parallel_sessions")
    for old in live_sessions(account.id, now)[most - 1 :]:
        end_session(old, now, "replaced")
    token = secrets.token_urlsafe(32)
    primary = (
        Post.select(Post.id)
        .where((Post.account == account) & Post.is_active)
        .order_by(Post.is_primary.desc(), Post.rank, Post.id)
        .scalar()
    )
    Session.create(
        token_hash=token_digest(token),
        account=account,
        post=primary,
        created_at=now,
        seen_at=now,
        ends_at=now + (STAGE_AGE if stage else max_age),
        stage=stage,
        address=address[:64],
        browser=browser[:200],
    )
    return token


def renew_session(
    session_id: int, *, now: dt.datetime, max_age: dt.timedelta, stage: str = ""
) -> str:
    """Gives a session that proved more a new token, and returns it; the old one is void."""
    token = secrets.token_urlsafe(32)
    Session.update(
        token_hash=token_digest(token),
        stage=stage,
        seen_at=now,
        ends_at=now + (STAGE_AGE if stage else max_age),
    ).where((Session.id == session_id) & Session.ended_at.is_null()).execute()
    return token


def end_session(session: Session, now: dt.datetime, reason: str) -> None:
    """Ends a session for good."""
    Session.update(ended_at=now, end_reason=reason).where(
        (Session.id == session.id) & Session.ended_at.is_null()
    ).execute()


def end_sessions_of(
    account_id: int, now: dt.datetime, reason: str, *, besides: int | None = None
) -> int:
    """Ends every session of an account, `besides` one of them; how many."""
    condition = (Session.account == account_id) & Session.ended_at.is_null()
    if besides is not None:
        condition &= Session.id != besides
    return int(Session.update(ended_at=now, end_reason=reason).where(condition).execute())


def end_own_session(account_id: int, session_id: int, now: dt.datetime) -> None:
    """Ends one of a person's own sessions. Raises NotFound: it is not theirs."""
    session = Session.get_or_none((Session.id == session_id) & (Session.account == account_id))
    if session is None:
        raise NotFound
    end_session(session, now, "revoked")


def create_account(
    login: str,
    name: str,
    *,
    now: dt.datetime,
    password_hash: str | None = None,
    administrator: str | None = None,
    unit: Unit | None = None,
    title: str = "",
) -> Account:
    """Creates a local account, with a post when a unit is named."""
    pinyin, initials = person_pinyin(name)
    account = Account.create(
        uid=new_uid(),
        login=login.strip().lower(),
        name=name,
        pinyin=pinyin,
        initials=initials,
        password_hash=password_hash,
        administrator=administrator,
        created_at=now,
    )
    if unit is not None:
        Post.create(account=account, unit=unit, title=title)
    return account
