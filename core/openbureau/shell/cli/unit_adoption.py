"""`openbureau unit adopt`: gives a unit and its people to a directory source."""

import datetime as dt

import click

from openbureau.base.database import reading, writing
from openbureau.base.errors import OperatorError
from openbureau.kernel.accounts.acts import By
from openbureau.kernel.directory.reading import read_directory
from openbureau.kernel.directory.reasons import reason_words
from openbureau.kernel.directory.snapshot import Incomplete
from openbureau.kernel.directory.sources import source_config
from openbureau.kernel.units.adoption import adopt_units, plan_adoption
from openbureau.kernel.units.changes import unit_by_code
from openbureau.shell.cli.deeds import dry_run_option
from openbureau.shell.cli.options import installation, json_option, report
from openbureau.shell.cli.refusals import refusing
from openbureau.shell.cli.sources import chosen_source


@click.command("adopt", help="单位改由另一个目录管理。Give a unit and its people to a source.")
@click.argument("code")
@click.option("--source", "source_code", required=True, help="目录来源的代码。Code of the source.")
@dry_run_option
@json_option
def adopt_unit(code: str, source_code: str, dry_run: bool, as_json: bool) -> None:
    opened = installation()
    with reading(), refusing():
        unit_by_code(code)
        source = chosen_source(source_code)
        config = source_config(source, opened.settings.data)
    found = read_directory(config)
    if isinstance(found, Incomplete):
        zh, en = reason_words(found.reason)
        raise OperatorError(
            "LDAP-004",
            f"没有从目录得到完整的答复：{zh} 没有改动任何单位和账号。请核对来源后重试。",
            f"The directory gave no whole answer: {en} Nothing was changed. Check the source "
            "and try again.",
            3,
        )
    with writing(), refusing():
        adoption = plan_adoption(unit_by_code(code), source, found)
        if not dry_run:
            adopt_units(adoption, By(dt.datetime.now(dt.UTC)))
    report(
        {
            "source": source.code,
            "units": [{"code": unit.code, "name": unit.name} for unit, _ in adoption.units],
            "people": [
                {"account": account.login, "name": account.name} for account, _ in adoption.people
            ],
            "dry_run": dry_run,
        },
        as_json,
        lambda row: [
            f"→ {row['source']}",
            *(f"  单位 unit: {unit['code']} {unit['name']}" for unit in row["units"]),
            *(f"  人员 person: {one['account']} {one['name']}" for one in row["people"]),
        ],
    )
