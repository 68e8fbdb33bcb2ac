"""`openbureau audit verify`."""

from pathlib import Path

import click

from openbureau.base.database import db, open_database
from openbureau.kernel.audit.verification import Verdict, stored_anchor, verify
from openbureau.shell.cli.options import json_option, report, settings


@click.group(help="审计记录。The audit trail.")
def audit() -> None:
    pass


@audit.command(
    "verify",
    help="核验审计记录是否完整、未被改动；也可核验拷贝出来的 SQLite 文件。"
    "\n\nProve that the audit trail is whole and unchanged; a copied SQLite file will do.",
)
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="SQLite 文件的拷贝。A copied SQLite file.",
)
@json_option
def verify_trail(file: Path | None, as_json: bool) -> None:
    chosen = settings()
    db.initialize(open_database(f"sqlite:///{file}" if file else chosen.database_url))
    key_file = chosen.data / "keys" / "audit.key"
    key = bytes.fromhex(key_file.read_text("ascii").strip()) if key_file.exists() else None
    verdict = verify(key, stored_anchor(chosen.data))
    found = {
        "intact": verdict.is_intact,
        "records": verdict.records,
        "checkpoints": verdict.checkpoints,
        "unsealed": verdict.unsealed,
        "signatures_checked": key is not None,
        "problem": verdict.problem or None,
        "first_bad": verdict.first_bad,
    }
    report(found, as_json, lambda _: _lines(verdict, has_key=key is not None))
    if not verdict.is_intact:
        raise SystemExit(1)


def _lines(verdict: Verdict, *, has_key: bool) -> list[str]:
    lines = [
        f"已封存 sealed: {verdict.records}",
        f"检查点 checkpoints: {verdict.checkpoints}",
        f"待封存 not yet sealed: {verdict.unsealed}",
    ]
    if not has_key:
        lines.append("没有密钥，未核对签名。Without the key, signatures were not checked.")
    if verdict.is_intact:
        lines.append("完整，未被改动。Whole and unchanged.")
    else:
        lines += [verdict.sentence("zh"), verdict.sentence("en")]
    return lines
