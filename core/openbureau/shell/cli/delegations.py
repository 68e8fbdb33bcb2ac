"""`openbureau delegations`: who stands in for whom."""

import datetime as dt

import click

from openbureau.base.context import CHINA
from openbureau.base.database import reading
from openbureau.kernel.access.delegations import delegations_within
from openbureau.shell.cli.options import installation, json_option, report


@click.command(help="列出授权代办。List who stands in for whom.")
@json_option
def delegations(as_json: bool) -> None:
    installation()
    today = dt.datetime.now(CHINA).date()
    with reading():
        rows = [
            {
                "delegation": row.id,
                "delegator": row.delegator,
                "delegate": row.delegate,
                "post": row.title,
                "from": row.starts_on,
                "to": row.ends_on,
                "reason": row.reason,
                "is_open": row.ended_at is None and row.ends_on >= today,
            }
            for row in delegations_within(None, limit=10_000)
        ]
    report(
        rows,
        as_json,
        lambda rows: (
            f"{r['delegation']:6} {r['delegate']} 代 for {r['delegator']} {r['from']} – {r['to']}"
            f"{'' if r['is_open'] else '（已结束 ended）'}"
            for r in rows
        ),
    )
