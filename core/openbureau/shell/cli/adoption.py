"""`openbureau account adopt`: hands an account over to a directory."""

import datetime as dt

import click

from openbureau.base.database import reading, writing
from openbureau.base.errors import OperatorError
from openbureau.kernel.accounts.acts import By
from openbureau.kernel.accounts.adoption import adopt, check_adoption, only_entry
from openbureau.kernel.directory.lookup import people_named
from openbureau.kernel.directory.reasons import reason_words
from openbureau.kernel.directory.snapshot import Incomplete
from openbureau.kernel.directory.sources import source_config
from openbureau.shell.cli.deeds import dry_run_option
from openbureau.shell.cli.named import account_of
from openbureau.shell.cli.options import installation, json_option, report
from openbureau.shell.cli.refusals import refusing
from openbureau.shell.cli.sources import chosen_source


@click.command("adopt", help="改由另一个目录管理。Hand an account over to a directory source.")
@click.argument("login")
@click.option("--source", "code", required=True, help="目录来源的代码。Code of the source.")
@click.option(
    "--directory-login",
    help="在目录中的登录名；不给则与账号相同。Login name there; the account's own otherwise.",
)
@dry_run_option
@json_option
def adopt_account(
    login: str, code: str, directory_login: str | None, dry_run: bool, as_json: bool
) -> None:
    opened = installation()
    with reading():
        account = account_of(login)
        source = chosen_source(code)
        config = source_config(source, opened.settings.data)
    wanted = directory_login or account.login
    found = people_named(config, wanted)
    if isinstance(found, Incomplete):
        zh, en = reason_words(found.reason)
        raise OperatorError(
            "LDAP-004",
            f"没有从目录得到完整的答复：{zh}。没有改动任何账号。请核对来源后重试。",
            f"The directory gave no whole answer: {en}. No account was changed. Check the source "
            "and try again.",
            3,
        )
    with writing(), refusing():
        entry, unit = only_entry(found, wanted)
        check_adoption(account_of(login), source, entry)
        if not dry_run:
            adopt(account_of(login), source, entry, By(dt.datetime.now(dt.UTC)))
    report(
        {
            "account": entry.login,
            "before": account.login,
            "source": source.code,
            "name": entry.name,
            "stable_id": entry.external_id,
            "dn": entry.dn,
            "unit": unit,
            "dry_run": dry_run,
        },
        as_json,
        lambda row: [f"{row['before']} → {row['source']}: {row['name']} {row['dn']}"],
    )
