"""`openbureau handover`: what was handed over, and whether its list is what was signed."""

from typing import Any

import click

from openbureau.base.database import reading
from openbureau.base.errors import NotFound, OperatorError
from openbureau.kernel.audit.verifying import installation_keys
from openbureau.kernel.handover.actions import is_authentic
from openbureau.kernel.handover.models import Handover
from openbureau.kernel.handover.queries import handover as handover_of
from openbureau.kernel.handover.queries import handover_lines, handovers
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report


@click.group(cls=BureauGroup, help="离任交接。Handovers of duties.")
def handover() -> None:
    """Group of handover commands."""


@handover.command(
    "list",
    help="列出最近办过的交接，可按姓名、首字母或账号查。"
    "List the latest handovers, or those of people named like this.",
)
@click.argument("name", default="")
@json_option
def list_handovers(name: str, as_json: bool) -> None:
    installation()
    with reading():
        rows = [
            {
                "handover": row.uid,
                "leaver": row.leaver,
                "successor": row.successor,
                "unit": row.unit_name,
                "administrator": row.administrator,
                "at": row.handed_over_at.isoformat(),
            }
            for row in handovers(words=name)
        ]
    report(
        rows,
        as_json,
        lambda found: (
            f"{r['handover']} {r['at'][:16]} {r['leaver']} → {r['successor']}" for r in found
        ),
    )


@handover.command("show", help="显示一次交接的清单。Show the list of one handover.")
@click.argument("uid")
@json_option
def show_handover(uid: str, as_json: bool) -> None:
    installation()
    with reading():
        made = _found(uid)
        value: dict[str, Any] = {
            "handover": made.uid,
            "leaver": made.leaver.login,
            "successor": made.successor.login,
            "reason": made.reason,
            "at": made.handed_over_at.isoformat(),
            "digest": made.digest,
            "signature": made.signature,
            "lines": handover_lines(made),
        }
    report(
        value,
        as_json,
        lambda found: (
            f"{line['outcome']:10} {line['kind']:10} {line['title']}" for line in found["lines"]
        ),
    )


@handover.command(
    "verify",
    help="核对清单与签名；不给 UID 时核对全部。Check lists against their signatures; all of them "
    "without UID.",
)
@click.argument("uid", required=False)
@json_option
def verify_handovers(uid: str | None, as_json: bool) -> None:
    opened = installation()
    public = installation_keys(opened.settings.data).public
    if public is None:
        raise OperatorError(
            "HAND-002",
            "没有审计公钥 keys/audit.pub，无法核对。没有改动任何内容。请从备份恢复 keys 目录。",
            "There is no audit key (keys/audit.pub); nothing can be checked. Nothing changed. "
            "Restore the keys folder from a backup.",
        )
    with reading():
        wanted = [_found(uid)] if uid else list(Handover.select().order_by(Handover.id))
        rows = [{"handover": made.uid, "authentic": is_authentic(made, public)} for made in wanted]
    report(
        rows,
        as_json,
        lambda found: (
            f"{r['handover']} {'一致 authentic' if r['authentic'] else '不符 NOT AUTHENTIC'}"
            for r in found
        ),
    )
    if not all(row["authentic"] for row in rows):
        raise SystemExit(1)


def _found(uid: str) -> Handover:
    try:
        return handover_of(uid)
    except NotFound as missing:
        raise OperatorError(
            "HAND-001",
            f"没有编号为 {uid} 的交接。没有改动任何内容。openbureau handover list 列出全部。",
            f"There is no handover {uid}. Nothing changed. `openbureau handover list` lists all.",
        ) from missing
