"""Doing something on the command line: in one transaction, perhaps only tried, perhaps in the
name of a person."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import click

from openbureau.base.context import Context, Person
from openbureau.base.database import db, writing
from openbureau.base.errors import OperatorError
from openbureau.base.i18n import load_catalogues
from openbureau.kernel.access.contexts import context_of, moment_of
from openbureau.shell.cli.named import account_of
from openbureau.shell.cli.refusals import refusing
from openbureau.shell.installation import Installation
from openbureau.shell.loading import package_folders

dry_run_option = click.option(
    "--dry-run", is_flag=True, help="只核对，不改动。Check only, change nothing."
)


@contextmanager
def deed(code: str = "", *, dry_run: bool = False) -> Iterator[None]:
    """A transaction whose refusals come in both languages; of a trial run nothing is kept.

    Raises OperatorError: refused, with this code or the refusal's own.
    """
    with refusing(code), writing(), db.atomic() as attempt:
        yield
        if dry_run:
            attempt.rollback()


def person_acting(opened: Installation, login: str, now: dt.datetime) -> Context:
    """Who acts, with everything they may do at this moment. The caller holds a transaction.

    Raises OperatorError: there is no such account, or it is not in use.
    """
    account = account_of(login)
    if account.state != "active":
        raise OperatorError(
            "ACC-005",
            f"账号 {login} 没有在用，不能以其名义办理。没有任何改动。",
            f"Account {login} is not in use; nothing can be done in its name. Nothing changed.",
        )
    person = Person(account.id, account.uid, account.login, account.name, account.administrator)
    catalogue = load_catalogues(folder for _, folder in package_folders(opened.plugins))["zh"]
    return context_of(person, moment_of(now), opened.plugins, catalogue)


def refuse_powerless(login: str, permission: str) -> OperatorError:
    """What somebody is told in whose name this cannot be done."""
    return OperatorError(
        "ACC-006",
        f"{login} 没有办理这件事的权限（{permission}），或不在其管理范围内。没有任何改动。",
        f"{login} may not do this ({permission}), or it is outside their reach. Nothing changed.",
    )
