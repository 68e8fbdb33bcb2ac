"""Changes of local passwords and of what a sign-in leaves behind."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from openbureau.kernel.accounts.actions import end_sessions_of
from openbureau.kernel.accounts.models import Account, FormerPassword
from openbureau.kernel.accounts.password_rules import FORMER_PASSWORDS
from openbureau.kernel.accounts.passwords import is_password


def former_hashes(account: Account) -> Sequence[str]:
    """Hashes of the present password and of the ones before it, newest first: those that must
    not be chosen again."""
    rows: Any = (
        FormerPassword.select(FormerPassword.password_hash)
        .where(FormerPassword.account == account)
        .order_by(FormerPassword.id.desc())
        .limit(FORMER_PASSWORDS - 1)
        .tuples()
    )
    present = [account.password_hash] if account.password_hash else []
    return [*present, *(row[0] for row in rows)]


def is_used_before(account: Account, password: str) -> bool:
    """Whether this was one of the last passwords. Slow: outside any transaction."""
    return any(is_password(stored, password) for stored in former_hashes(account))


def set_password(
    account: Account,
    hashed: str,
    now: dt.datetime,
    *,
    must_change: bool = False,
    session_id: int | None = None,
) -> None:
    """Replaces a local password and ends every session of the account, besides `session_id`."""
    if account.password_hash:
        FormerPassword.create(account=account, password_hash=account.password_hash, replaced_at=now)
        _forget_oldest(account)
    Account.update(
        password_hash=hashed, password_changed_at=now, must_change_password=must_change
    ).where(Account.id == account.id).execute()
    end_sessions_of(account.id, now, "password", besides=session_id)


def _forget_oldest(account: Account) -> None:
    kept = (
        FormerPassword.select(FormerPassword.id)
        .where(FormerPassword.account == account)
        .order_by(FormerPassword.id.desc())
        .limit(FORMER_PASSWORDS)
    )
    ids = [row.id for row in kept]
    FormerPassword.delete().where(
        (FormerPassword.account == account) & FormerPassword.id.not_in(ids)
    ).execute()
