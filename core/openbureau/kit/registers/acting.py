"""Whoever ordered work on a register, as they stand when it is done."""

import datetime as dt

from openbureau.base.context import Context, Person
from openbureau.base.errors import Forbidden
from openbureau.base.i18n import N_, load_catalogues
from openbureau.base.plugins import Plugins
from openbureau.kernel.access.contexts import context_of, moment_of
from openbureau.kernel.accounts.models import Account
from openbureau.kit.registers.declared import Register

NOT_ANY_MORE = N_("办理人已没有办理权限，没有继续。")


def register_of(plugins: Plugins, realm: str) -> Register:
    """The register of this realm. Raises LookupError: no loaded plugin declares it."""
    for record in plugins.loaded:
        for register in record.declared.registers:
            if register.realm == realm:
                found: Register = register
                return found
    raise LookupError(realm)


def person_now(plugins: Plugins, account_id: int, post_id: int | None, now: dt.datetime) -> Context:
    """Somebody as they stand now, acting in the post in which they ordered the work.

    Raises Forbidden: their account is closed.
    """
    row = Account.get_by_id(account_id)
    if row.state != "active":
        raise Forbidden(N_("办理人的账号已停用，没有继续。"))
    person = Person(row.id, row.uid, row.login, row.name, row.administrator)
    catalogue = load_catalogues(())["zh"]
    at = moment_of(now)
    return context_of(person, at, plugins, catalogue, post_id=post_id)


def lane_of(register: Register) -> str:
    """The lane of jobs that write into a register: one after the other."""
    return write_lane(register.realm)


def write_lane(realm: str) -> str:
    """`lane_of` by the register's realm."""
    return f"write {realm}"
