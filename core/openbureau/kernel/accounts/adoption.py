"""Handing an account over to a directory: from then on its password and contact are kept there
and its synchronisations look after it. Posts, roles and history stay."""

from collections.abc import Sequence

from openbureau.base.errors import Conflict, Invalid
from openbureau.base.i18n import N_
from openbureau.kernel.accounts.actions import end_sessions_of
from openbureau.kernel.accounts.acts import By, refresh
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.accounts.origins import DIRECTORY
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.snapshot import PersonEntry

_KEPT = N_("这个账号没有任何改动。")


class NotAdoptable(Conflict):
    """The account cannot go to that entry."""

    code = "ACC-006"
    unaffected = _KEPT


class NoSuchEntry(Invalid):
    """Not exactly one usable person of that login name."""

    code = "ACC-007"
    unaffected = _KEPT


def only_entry(found: Sequence[tuple[PersonEntry, str]], login: str) -> tuple[PersonEntry, str]:
    """The one person found and their unit's name. Raises NoSuchEntry: none, several, or one
    that says too little of itself."""
    if not found:
        raise NoSuchEntry(
            N_("目录中没有登录名为 %(login)s 的人员。请核对登录名和目录来源的人员筛选。"),
            login=login,
        )
    if len(found) > 1:
        raise NoSuchEntry(
            N_("目录中有多个登录名为 %(login)s 的人员，无法确定是哪一位。请先在目录中改正。"),
            login=login,
        )
    if found[0][0].fault:
        raise NoSuchEntry(
            N_("目录中 %(login)s 的条目不完整，无法使用。请先在目录中改正。"), login=login
        )
    return found[0]


def check_adoption(account: Account, source: DirectorySource, entry: PersonEntry) -> None:
    """Raises NotAdoptable: an administrator's or archived account, a retired source, an entry
    or a login name that is somebody else's, or nothing would change."""
    if account.administrator is not None:
        raise NotAdoptable(N_("管理员的账号不能改由目录管理。"))
    if account.state == "archived":
        raise NotAdoptable(N_("已归档的账号不能改由目录管理。请先恢复使用。"))
    if not source.is_active:
        raise NotAdoptable(N_("目录来源 %(name)s 已停用。请选择在用的来源。"), name=source.name)
    holder = Account.get_or_none(Account.external_id == entry.external_id)
    if holder is not None and holder.id != account.id:
        raise NotAdoptable(
            N_("目录中的这个人员已对应账号 %(login)s（%(name)s）。请核对是否是同一个人。"),
            login=holder.login,
            name=holder.name,
        )
    if holder is not None and holder.directory_id == source.id:
        raise NotAdoptable(N_("这个账号本来就由这个目录管理。"))
    namesake = Account.get_or_none((Account.login == entry.login) & (Account.id != account.id))
    if namesake is not None:
        raise NotAdoptable(
            N_("登录名 %(login)s 已由%(name)s使用。请先改正其中一个。"),
            login=entry.login,
            name=namesake.name,
        )


def adopt(account: Account, source: DirectorySource, entry: PersonEntry, by: By) -> None:
    """Makes the account that of the directory's entry, under the entry's login name, and ends
    its sessions. Raises NotAdoptable."""
    check_adoption(account, source, entry)
    before = {
        "source": account.source,
        "directory": account.directory_id,
        "stable_id": account.external_id,
        "dn": account.directory_dn,
        "login": account.login,
    }
    Account.update(
        source=DIRECTORY,
        directory=source,
        external_id=entry.external_id,
        directory_dn=entry.dn,
        login=entry.login,
        password_hash=None,
        must_change_password=False,
        password_changed_at=None,
    ).where(Account.id == account.id).execute()
    ended = end_sessions_of(account.id, by.now, "ended")
    after = {"directory": source.code, "stable_id": entry.external_id, "dn": entry.dn}
    by.record("core.adopt_account", account, before=before, after=after, sessions=ended)
    refresh(account)
