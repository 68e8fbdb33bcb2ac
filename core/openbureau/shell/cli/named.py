"""Accounts and units as an operator names them."""

from openbureau.base.errors import OperatorError
from openbureau.kernel.accounts.models import Account
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
