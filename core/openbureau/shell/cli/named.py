"""Accounts and units as an operator names them."""

from openbureau.base.errors import NotFound, OperatorError
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.accounts.posts import post_of
from openbureau.kernel.accounts.queries import account_by_login
from openbureau.kernel.units.models import Unit


def account_of(login: str) -> Account:
    """The account of this login. Raises OperatorError: there is none."""
    found = account_by_login(login)
    if found is None:
        raise OperatorError(
            "ACC-001",
            f"没有这些账号：{login}。没有任何改动。",
            f"No such accounts: {login}. Nothing changed.",
        )
    return found


def unit_of(code: str) -> Unit:
    """The unit of this code. Raises OperatorError: there is none."""
    found: Unit | None = Unit.get_or_none(Unit.code == code)
    if found is None:
        raise OperatorError(
            "UNIT-001",
            f"没有代码为 {code} 的单位。没有任何改动。openbureau units 列出全部代码。",
            f"There is no unit with code {code}. Nothing changed. "
            "`openbureau units` lists all codes.",
        )
    return found


def own_post_of(account: Account, post_id: int) -> Post:
    """A post this person holds. Raises OperatorError: it is none of theirs."""
    try:
        return post_of(account.id, post_id)
    except NotFound as missing:
        raise OperatorError(
            "POST-001",
            f"{account.login} 没有编号为 {post_id} 的在任职务。没有任何改动。"
            "openbureau post list 列出编号。",
            f"{account.login} holds no post {post_id}. Nothing changed. `openbureau post list` "
            "lists them.",
        ) from missing
