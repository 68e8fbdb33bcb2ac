"""What administrators do to accounts. Each act is one audit line in the same transaction;
nothing is deleted. Who may do it to whom is `oversight`'s to say."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from openbureau.base.errors import Conflict, Invalid
from openbureau.base.i18n import N_
from openbureau.kernel.accounts import second_factor
from openbureau.kernel.accounts.actions import create_account, end_sessions_of
from openbureau.kernel.accounts.acts import By, refresh
from openbureau.kernel.accounts.changes import set_password
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.accounts.names import checked_name
from openbureau.kernel.accounts.oversight import keep_one
from openbureau.kernel.accounts.passwords import initial_hash, initial_password
from openbureau.kernel.accounts.throttle import forget_attempts
from openbureau.kernel.units.models import Unit
from openbureau.kernel.units.names import person_pinyin

CONTACT = ("name", "phone", "mobile", "mail", "room")
BY_HAND = "administrator"
LOGIN_TAKEN = N_("账号 %(login)s 已经存在。请换一个。")


def create_person(
    login: str,
    name: str,
    unit: Unit,
    by: By,
    *,
    title: str = "",
    contact: Mapping[str, str] | None = None,
) -> Account:
    """A local account without a password yet, with a post. Raises Conflict: the login is taken.
    Raises Invalid: the name cannot be."""
    name = checked_name(name)
    if Account.get_or_none(Account.login == login.strip().lower()) is not None:
        raise Conflict(LOGIN_TAKEN, login=login)
    account = create_account(login, name, now=by.now, unit=unit, title=title)
    if contact:
        Account.update(**contact).where(Account.id == account.id).execute()
    by.record("core.create_account", account, unit=unit.code)
    refresh(account)
    return account


def change_contact(account: Account, values: Mapping[str, str], by: By) -> bool:
    """Changes name, telephones, mail and room; whether anything differed.

    Raises Conflict: the directory owns them. Raises Invalid: the name cannot be.
    """
    if account.source != "local":
        raise Conflict(
            N_("此人的姓名和联系方式来自目录，不能在这里更改。"),
            remedy=N_("请在目录中更改，下次同步后生效。"),
        )
    changed = {k: v for k, v in values.items() if k in CONTACT and getattr(account, k) != v}
    if not changed:
        return False
    before = {name: getattr(account, name) for name in changed}
    update: dict[str, str] = dict(changed)
    if "name" in changed:
        checked_name(changed["name"])
        update["pinyin"], update["initials"] = person_pinyin(changed["name"])
    Account.update(**update).where(Account.id == account.id).execute()
    by.record("core.change_account", account, before=before, after=changed)
    refresh(account)
    return True


def disable_account(account: Account, reason: str, by: By) -> None:
    """Disables an active account and ends its sessions.

    Raises Invalid: no reason given. Raises Conflict: the last administrator of a kind.
    """
    _state_must_be(account, "active")
    keep_one(account)
    Account.update(state="disabled", disabled_at=by.now, disabled_reason=BY_HAND).where(
        Account.id == account.id
    ).execute()
    ended = end_sessions_of(account.id, by.now, "disabled")
    by.record("core.disable_account", account, reason=_reason(reason), sessions=ended)
    refresh(account)


def enable_account(account: Account, reason: str, by: By) -> None:
    """Lets a disabled or archived account sign in again. Raises Invalid: no reason given."""
    _state_must_be(account, "disabled", "archived")
    Account.update(state="active", disabled_at=None, disabled_reason="", archived_at=None).where(
        Account.id == account.id
    ).execute()
    by.record("core.enable_account", account, reason=_reason(reason), before=account.state)
    refresh(account)


def archive_account(account: Account, reason: str, by: By) -> None:
    """Puts a disabled account away for good; everything of it stays.

    Raises Invalid: no reason given. Raises Conflict: the last administrator of a kind.
    """
    _state_must_be(account, "disabled")
    keep_one(account)
    Account.update(state="archived", archived_at=by.now).where(Account.id == account.id).execute()
    by.record("core.archive_account", account, reason=_reason(reason))
    refresh(account)


@dataclass(frozen=True, slots=True)
class Initial:
    """An initial password that was made and not yet given."""

    account: Account
    password: str
    hashed: str


def initial_passwords(accounts: Iterable[Account]) -> list[Initial]:
    """New initial passwords; made before any transaction, because hashing takes its time."""
    made = [(account, initial_password()) for account in accounts]
    return [Initial(account, password, initial_hash(password)) for account, password in made]


def issue_passwords(initials: Sequence[Initial], by: By) -> list[tuple[Account, str]]:
    """Gives initial passwords, to be changed at the first sign-in; returned once, kept nowhere.

    Raises Conflict: a password is not ours. Nothing is issued then.
    """
    accounts = [initial.account for initial in initials]
    if any(account.source != "local" for account in accounts):
        raise Conflict(N_("此人的密码由目录保管，不能在这里重设。"), remedy=N_("请在目录中重设。"))
    for initial in initials:
        set_password(initial.account, initial.hashed, by.now, must_change=True)
        by.record("core.issue_password", initial.account)
    return [(initial.account, initial.password) for initial in initials]


def reset_second_factor(account: Account, reason: str, by: By) -> None:
    """Takes the second factor away; where it is required, the next sign-in sets it up anew.

    Raises Conflict: there is none.
    """
    if not second_factor.remove(account.id):
        raise Conflict(N_("此人没有启用动态口令。"))
    end_sessions_of(account.id, by.now, "ended")
    by.record("core.reset_second_factor", account, reason=_reason(reason))


def allow_attempts(account: Account, reason: str, by: By) -> None:
    """Forgets the failed attempts that keep somebody out here. A directory's own count, and a
    lock it has set, stay. Raises Invalid: no reason. Raises Conflict: nothing counts."""
    reason = _reason(reason)
    forgotten = forget_attempts(account.id, account.login)
    if not forgotten:
        raise Conflict(N_("没有失败的尝试计在此人名下，不能登录另有原因。"))
    by.record("core.allow_attempts", account, reason=reason, forgotten=forgotten)


def make_local(account: Account, reason: str, by: By) -> None:
    """Takes over an account whose directory is gone: from now on it is ours, without a
    password until one is issued. Raises Conflict: it is ours already."""
    if account.source == "local":
        raise Conflict(N_("这个账号本来就由本系统管理。"))
    before = {"directory": account.directory_id, "dn": account.directory_dn}
    Account.update(
        source="local",
        directory=None,
        external_id=None,
        directory_dn="",
        password_hash=None,
        must_change_password=False,
    ).where(Account.id == account.id).execute()
    end_sessions_of(account.id, by.now, "ended")
    by.record("core.make_account_local", account, reason=_reason(reason), before=before)
    refresh(account)


def unused_since(now: dt.datetime, days: int) -> dt.datetime:
    """Accounts not used after this moment are unused for `days`."""
    return now - dt.timedelta(days=days)


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason:
        raise Invalid(N_("请填写理由。"))
    return reason[:300]


def _state_must_be(account: Account, *states: str) -> None:
    if account.state not in states:
        raise Conflict(
            N_("这个账号刚刚被别人改动过，已不是原来的状态。"), remedy=N_("请刷新后再看。")
        )
