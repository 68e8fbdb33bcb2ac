"""What commands about registers share: which one, and in whose name."""

import datetime as dt
from dataclasses import replace
from typing import Any

from openbureau.base.context import Context, Person, Reach
from openbureau.base.errors import OperatorError
from openbureau.base.i18n import load_catalogues
from openbureau.base.plugins import Plugins
from openbureau.kernel.access.contexts import context_of, moment_of
from openbureau.kernel.access.grants import granted_accounts
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.units.models import Unit
from openbureau.kit.registers.acting import register_of
from openbureau.kit.registers.declared import Register
from openbureau.shell.cli.named import account_of

EVERYWHERE = Reach(is_everywhere=True)
MOST_NAMED = 5


def named_register(plugins: Plugins, realm: str) -> Register:
    """The register of this realm. Raises OperatorError: there is none."""
    try:
        return register_of(plugins, realm)
    except LookupError as missing:
        known = [one.realm for r in plugins.loaded for one in r.declared.registers]
        raise OperatorError(
            "REG-001",
            f"没有名为 {realm!r} 的台账。没有任何改动。现有：{'、'.join(known) or '无'}。",
            f"There is no register {realm!r}. Nothing changed. There are: "
            f"{', '.join(known) or 'none'}.",
        ) from missing


def acting(
    plugins: Plugins, register: Register, login: str | None, now: dt.datetime, permission: str
) -> Context:
    """The named person as they are; the operator holds every record, and is on the trail with
    the name of the system's user. Raises OperatorError: nobody, or without `permission`."""
    if login is not None:
        row: Any = account_of(login)
    else:
        row = (
            Account.select()
            .where((Account.administrator == "system") & (Account.state == "active"))
            .order_by(Account.id)
            .first()
        )
    if row is None or row.state != "active":
        raise OperatorError(
            "REG-002",
            "没有可以记名的账号。没有任何改动。请用 --as 指定在用的账号。",
            "There is no account to act as. Nothing changed. Name one in use with --as.",
        )
    ctx = _context(plugins, row, now)
    if login is None:
        codes = (register.read, register.write, register.personal)
        held = {code: EVERYWHERE for code in codes if code}
        ctx = replace(ctx, reach={**ctx.reach, **held})
    if not ctx.may(permission):
        raise OperatorError(
            "REG-003",
            f"{row.login} 在「{register.label}」没有这项权限。没有任何改动。",
            f"{row.login} may not do this in {register.realm}. Nothing changed.",
        )
    return ctx


def entitled(
    plugins: Plugins, register: Register, login: str | None, now: dt.datetime, permission: str
) -> Context:
    """The named person as they are, or the only one who holds `permission`: what is written
    has an author who may. Raises OperatorError: the named one may not, or one has to be named."""
    if login is not None:
        return acting(plugins, register, login, now, permission)
    active = [row for row in granted_accounts(permission) if row.state == "active"]
    able = [ctx for row in active if (ctx := _context(plugins, row, now)).may(permission)]
    if len(able) == 1:
        return able[0]
    logins = ", ".join(ctx.account.login for ctx in able[:MOST_NAMED])
    raise OperatorError(
        "REG-004",
        f"要以一个在用账号的名义、按他的权限写入。没有任何改动。请用 --as 指定；"
        f"可办理「{register.label}」的有：{logins or '无'}。",
        "This is written in the name of one account in use and with its rights. Nothing "
        f"changed. Name it with --as; who may write {register.realm}: {logins or 'nobody'}.",
    )


def _context(plugins: Plugins, row: Any, now: dt.datetime) -> Context:
    person = Person(row.id, row.uid, row.login, row.name, row.administrator)
    return context_of(person, moment_of(now), plugins, load_catalogues(())["zh"])


def acting_unit(ctx: Context) -> int:
    """The unit in which somebody acts; the highest one for an account without a post."""
    if ctx.post is not None:
        return ctx.post.access_unit_id
    return int(Unit.select(Unit.id).where(Unit.parent.is_null()).order_by(Unit.id).scalar())
