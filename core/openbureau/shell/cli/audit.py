"""`openbureau audit`: proving, exporting and showing what proves the trail."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import msgspec

from openbureau.base.database import db, open_database, writing
from openbureau.base.errors import OperatorError
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.audit.anchors import anchors_in
from openbureau.kernel.audit.chain import Checkpoint, Keys
from openbureau.kernel.audit.exports import ExportedTrail, export_head, export_trail, is_export
from openbureau.kernel.audit.seal import Sealer, public_key_path, signing_key
from openbureau.kernel.audit.trails import CopiedTrail
from openbureau.kernel.audit.verification import Verdict, verify
from openbureau.kernel.audit.verifying import (
    REALM,
    installation_keys,
    verdict_detail,
    verify_installation,
)
from openbureau.kernel.units.models import Node
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report, settings

_KEY_DIGITS = 64


@click.group(cls=BureauGroup, help="审计记录。The audit trail.")
def audit() -> None:
    """Group of audit commands."""


@audit.command(
    "verify",
    help="核验审计记录是否完整、未被改动。给出 FILE 时核验拷贝出来的 SQLite 文件或导出的记录，"
    "不需要数据目录和服务。"
    "\n\nProve that the audit trail is whole and unchanged. With FILE: a copied SQLite file or "
    "an exported trail; needs no data directory and no server.",
)
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--public-key",
    metavar="KEY",
    help="公钥：keys/audit.pub 文件，或其中的 64 位十六进制数。"
    "The public key: the file keys/audit.pub, or its 64 hexadecimal digits.",
)
@click.option(
    "--anchor",
    type=click.Path(exists=True, path_type=Path),
    help="系统之外保存的锚点：一个文件，或存放锚点的目录。"
    "An anchor kept outside: a file, or the folder that holds them.",
)
@json_option
def verify_trail(
    file: Path | None, public_key: str | None, anchor: Path | None, as_json: bool
) -> None:
    given = None if public_key is None else _public_key(public_key)
    anchors = _anchors(anchor)
    if file is None:
        verdict, keys = _verified_installation(given, anchors)
    else:
        verdict, keys = _verified_file(file, given, anchors)
        if verdict.is_intact and not verdict.records:
            verdict = replace(verdict, problem="nothing")
    is_checked = (keys.public or keys.secret) is not None and not verdict.unchecked
    is_end_checked = file is None or bool(anchors)
    found = {
        **verdict_detail(verdict),
        "signatures_checked": is_checked,
        "end_checked": is_end_checked,
    }
    lines = _lines(verdict, keys, file, is_own=given is None)
    if not is_end_checked:
        lines.append(
            "没有给出锚点（--anchor），不能排除末尾连同检查点被截去。"
            "Without anchors (--anchor) a missing end cannot be ruled out."
        )
    report(found, as_json, lambda _: lines)
    if not verdict.is_intact:
        raise SystemExit(1)


def _verified_installation(given: bytes | None, anchors: list[Checkpoint]) -> tuple[Verdict, Keys]:
    chosen = settings()
    db.initialize(open_database(chosen.database_url))
    if given is None and not anchors:
        return verify_installation(chosen.data), installation_keys(chosen.data)
    keys = Keys(given) if given else installation_keys(chosen.data)
    return verify(keys, anchors), keys


def _verified_file(
    file: Path, given: bytes | None, anchors: list[Checkpoint]
) -> tuple[Verdict, Keys]:
    if not is_export(file):
        keys = Keys(given)
        return verify(keys, anchors, CopiedTrail(file)), keys
    head = export_head(file)
    stated = bytes.fromhex(head.public_key) if head and _is_key(head.public_key) else None
    keys = Keys(given or stated)
    return verify(keys, anchors, ExportedTrail(file, keys.public)), keys


def _is_key(text: str) -> bool:
    return len(text) == _KEY_DIGITS and all(c in "0123456789abcdef" for c in text)


def _public_key(given: str) -> bytes:
    try:
        text = given if _is_key(given) else Path(given).read_text("ascii", "replace").strip()
    except (OSError, ValueError):
        text = given.strip()
    if not _is_key(text):
        raise OperatorError(
            "AUD-002",
            f"{given!r} 不是公钥。没有核验。请给出 keys/audit.pub 文件或其中的 64 位十六进制数。",
            f"{given!r} is no public key. Nothing was verified. Give the file keys/audit.pub or "
            "its 64 hexadecimal digits.",
        )
    return bytes.fromhex(text)


def _anchors(path: Path | None) -> list[Checkpoint]:
    try:
        found = [] if path is None else [anchor.checkpoint for anchor in anchors_in(path)]
    except (OSError, msgspec.MsgspecError) as fault:
        raise OperatorError(
            "AUD-003",
            f"锚点 {path} 读不出来：{fault}。没有核验。请改用另一份锚点。",
            f"The anchor {path} cannot be read: {fault}. Nothing was verified. Use another one.",
        ) from fault
    if path is not None and not found:
        raise OperatorError(
            "AUD-003",
            f"目录 {path} 里没有锚点（audit-年-月-日.json）。没有核验。",
            f"There is no anchor (audit-YYYY-MM-DD.json) in {path}. Nothing was verified.",
        )
    return found


def _lines(verdict: Verdict, keys: Keys, file: Path | None, *, is_own: bool) -> list[str]:
    lines = [
        f"已封存 sealed: {verdict.records}",
        f"检查点 checkpoints: {verdict.checkpoints}",
        f"待封存 not yet sealed: {verdict.unsealed}",
    ]
    if keys.public is None:
        lines.append("没有密钥，未核对签名。Without the key, signatures were not checked.")
    elif file is not None and is_own:
        lines.append(
            "公钥取自文件本身，请与打印的锚点核对。The public key comes from the file itself; "
            f"compare it with a printed anchor: {keys.public.hex()}"
        )
    if verdict.unchecked and keys.public is not None:
        lines.append(
            f"{verdict.unchecked} 个早期检查点只能用密钥核对。"
            f"{verdict.unchecked} early checkpoints need the secret key."
        )
    if verdict.is_intact:
        lines.append("完整，未被改动。Whole and unchanged.")
    else:
        lines += [verdict.sentence("zh"), verdict.sentence("en")]
    return lines


@audit.command(
    "export",
    help="把全部已封存的审计记录导出为一个自带证明的文件（JSON 行），任何机器上都可核验。"
    "\n\nWrite the whole sealed trail to one file that proves itself (JSON lines) and can be "
    "verified on any machine.",
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
def export(file: Path, as_json: bool) -> None:
    opened = installation()
    now = dt.datetime.now(dt.UTC)
    with writing():
        record_audit(action="core.export_audit", at=now, realm=REALM, detail={"file": file.name})
    Sealer(opened.settings.data).seal(now)
    uid = str(Node.select(Node.uid).where(Node.is_self).scalar() or "")
    try:
        with file.open("xb") as written:
            end = export_trail(written, signing_key(opened.settings.data), uid, now)
    except OSError as fault:
        raise OperatorError(
            "AUD-004",
            f"文件 {file} 写不成：{fault.strerror}。没有导出。请换一个不存在的文件名或另一个目录。",
            f"Cannot write {file}: {fault.strerror}. Nothing was exported. Choose a name that "
            "does not exist yet, or another folder.",
        ) from fault
    found = {"file": str(file), "records": end.records, "checkpoints": end.checkpoints}
    report(
        found | {"sha256": end.sha256, "signed": bool(end.signature)},
        as_json,
        lambda _: [f"已导出 exported: {end.records} → {file}", f"sha256: {end.sha256}"],
    )


@audit.command("key", help="显示核验用的公钥。Show the public key for verifying.")
@json_option
def show_key(as_json: bool) -> None:
    opened = installation()
    signing_key(opened.settings.data)
    path = public_key_path(opened.settings.data)
    found: dict[str, Any] = {"public_key": path.read_text("ascii").strip(), "file": str(path)}
    report(found, as_json, lambda row: [row["public_key"], row["file"]])
