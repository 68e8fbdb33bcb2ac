"""Who may handle synchronisations, whatever way they come."""

from openbureau.base.errors import Forbidden
from openbureau.base.i18n import N_
from openbureau.kernel.accounts.models import Account

NOT_ADMINISTRATOR = N_("只有全局的系统管理员可以处理目录同步。")


def require_administrator(account_id: int) -> None:
    """Raises Forbidden: not an active system administrator of the whole installation."""
    account = Account.get_or_none(Account.id == account_id)
    is_one = (
        account is not None
        and account.state == "active"
        and account.administrator == "system"
        and account.administrator_unit_id is None
    )
    if not is_one:
        raise Forbidden(NOT_ADMINISTRATOR)
