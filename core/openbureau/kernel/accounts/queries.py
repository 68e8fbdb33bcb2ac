"""Reads of accounts, posts and sessions."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from peewee import JOIN, Query

from openbureau.base.database import param, statement
from openbureau.base.errors import NotFound
from openbureau.kernel.accounts.models import Account, Post, Session
from openbureau.kernel.enablement.models import Epoch
from openbureau.kernel.preferences.models import Preference
from openbureau.kernel.units.models import Unit


@statement
def session_row() -> Query:
    """The session of a token hash with its account, what the frame shows of the person's
    preferences, and the change counters: one statement."""
    return (
        Session.select(
            Session.id,
            Session.token_hash,
            Session.post.alias("post_id"),
            Session.seen_at,
            Session.ends_at,
            Session.stage,
            Account.id.alias("account_id"),
            Account.uid,
            Account.login,
            Account.name,
            Account.administrator,
            Account.state,
            Epoch.plugins.alias("plugins_epoch"),
            Epoch.units.alias("units_epoch"),
            Epoch.access.alias("access_epoch"),
            Preference.tabs,
            Preference.pins,
        )
        .join(Account)
        .join(Preference, JOIN.LEFT_OUTER, on=(Preference.account == Account.id))
        .join(Epoch, JOIN.CROSS)
        .where((Session.token_hash == param("token_hash")) & Session.ended_at.is_null())
    )


@statement
def posts_of_account() -> Query:
    """Posts held on a day, the primary one first."""
    return (
        Post.select(
            Post.id,
            Post.title,
            Post.unit.alias("unit_id"),
            Unit.access_unit.alias("access_unit_id"),
            Post.is_leader,
        )
        .join(Unit)
        .where(
            (Post.account == param("account_id"))
            & Post.is_active
            & (Post.starts_on.is_null() | (Post.starts_on <= param("today")))
            & (Post.ends_on.is_null() | (Post.ends_on >= param("today")))
        )
        .order_by(Post.is_primary.desc(), Post.rank, Post.id)
    )


def account_by_login(login: str) -> Account | None:
    """The account with this login name, whatever its state."""
    return Account.get_or_none(Account.login == login.strip().lower())


def account_by_uid(uid: str) -> Account:
    """The account with this uid. Raises NotFound: there is none."""
    account = Account.get_or_none(Account.uid == uid)
    if account is None:
        raise NotFound
    return account


def people_of_units(unit_ids: Sequence[int]) -> Query:
    """Active people with a post in these units, in official order: unit, rank, then name.

    Rows: uid, name, title, unit_id, unit_name, phone, mobile.
    """
    return (
        Post.select(
            Account.id,
            Account.uid,
            Account.name,
            Account.phone,
            Account.mobile,
            Post.title,
            Post.unit.alias("unit_id"),
            Unit.short_name.alias("unit_name"),
        )
        .join(Account)
        .switch(Post)
        .join(Unit)
        .where(Post.unit.in_(unit_ids) & Post.is_active & (Account.state == "active"))
        .order_by(Unit.depth, Unit.position, Unit.code, Post.rank, Account.pinyin, Post.id)
        .namedtuples()
    )


def posts_with_units(account_id: int) -> list[Any]:
    """All active posts of a person with their units, the primary one first."""
    return list(
        Post.select(
            Post.title,
            Post.is_primary,
            Post.nature,
            Unit.code,
            Unit.name.alias("unit_name"),
            Unit.path,
        )
        .join(Unit)
        .where((Post.account == account_id) & Post.is_active)
        .order_by(Post.is_primary.desc(), Post.rank)
        .namedtuples()
    )


def live_sessions(account_id: int, now: dt.datetime) -> list[Session]:
    """The account's sessions that are not over, the latest seen first."""
    return list(
        Session.select()
        .where(
            (Session.account == account_id) & Session.ended_at.is_null() & (Session.ends_at > now)
        )
        .order_by(Session.seen_at.desc())
    )


def account_rows() -> list[dict[str, Any]]:
    """Every account for `openbureau accounts --json`, by login."""
    primary = Post.alias()
    rows: Any = (
        Account.select(
            Account.login,
            Account.name,
            Account.state,
            Account.source,
            Account.external_id,
            Unit.code,
        )
        .join(
            primary,
            JOIN.LEFT_OUTER,
            on=((primary.account == Account.id) & primary.is_active & primary.is_primary),
        )
        .join(Unit, JOIN.LEFT_OUTER, on=(primary.unit == Unit.id))
        .order_by(Account.login)
        .tuples()
    )
    return [
        {
            "account": login,
            "name": name,
            "unit": unit,
            "state": state,
            "source": source,
            "stable_id": stable_id,
        }
        for login, name, state, source, stable_id, unit in rows
    ]
