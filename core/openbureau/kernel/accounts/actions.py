"""Writes of sessions and local accounts."""

import datetime as dt
import hashlib
import secrets

from openbureau.base.database import new_uid
from openbureau.base.errors import NotFound
from openbureau.kernel.accounts.models import Account, Post, Session
from openbureau.kernel.accounts.queries import live_sessions
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.names import person_pinyin

PARALLEL_SESSIONS = 3


def token_digest(token: str) -> str:
    """What is stored of a session token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def open_session(
    account: Account, *, now: dt.datetime, max_age: dt.timedelta, address: str, browser: str
) -> str:
    """Starts a session and returns its 256-bit token, which is stored nowhere.

    Of more than three parallel sessions the one unseen for longest ends.
    """
    for old in live_sessions(account.id, now)[PARALLEL_SESSIONS - 1 :]:
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
        ends_at=now + max_age,
        address=address[:64],
        browser=browser[:200],
    )
    return token


def end_session(session: Session, now: dt.datetime, reason: str) -> None:
    """Ends a session for good."""
    Session.update(ended_at=now, end_reason=reason).where(
        (Session.id == session.id) & Session.ended_at.is_null()
    ).execute()


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
