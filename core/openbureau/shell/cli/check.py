"""`openbureau check`: everything wrong with an installation, in one run."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import click

from openbureau.base.database import db, open_database, reading
from openbureau.base.errors import OperatorError, Unavailable
from openbureau.base.settings import Settings
from openbureau.kernel.files.models import StoredFile
from openbureau.shell.backup import embedded_path
from openbureau.shell.cli.options import database_refusal, json_option, report, settings
from openbureau.shell.findings import (
    Finding,
    content_findings,
    data_findings,
    directory_findings,
    exposure_findings,
    file_findings,
    plugin_findings,
    schema_findings,
)
from openbureau.shell.loading import load_for
from openbureau.shell.vitals import live_findings


@click.command(
    help="检查整套系统，每个问题附处理办法。Check the installation; each finding says what to do."
)
@json_option
def check(as_json: bool) -> None:
    findings = list(_findings())
    report(
        [{"name": f.name, "level": f.level, "zh": f.zh, "en": f.en} for f in findings],
        as_json,
        lambda rows: (f"{r['level']:8} {r['name']:12} {r['zh']} {r['en']}" for r in rows),
    )
    if any(finding.level == "error" for finding in findings):
        raise SystemExit(1)


def _findings() -> Iterator[Finding]:
    try:
        found = settings()
    except OperatorError as unusable:
        yield Finding("config", "error", unusable.zh, unusable.en)
        return
    yield from data_findings(found.data)
    yield from exposure_findings(found)
    yield from directory_findings(found)
    database = embedded_path(found)
    if database is not None and not database.exists():
        yield _no_database(database)
        return
    try:
        _open(found)
        plugins = load_for(found)
        yield from plugin_findings(plugins)
        schema = list(schema_findings(plugins))
        yield from schema
        with reading():
            yield from content_findings(found)
            if StoredFile._meta.table_name in db.get_tables():
                yield from file_findings(found.data)
            if all(finding.level == "ok" for finding in schema):
                yield from live_findings(found, dt.datetime.now(dt.UTC))
    except Unavailable as fault:
        refused = database_refusal(fault)
        yield Finding("database", "error", refused.zh, refused.en)
    except OperatorError as refused:
        yield Finding("database", "error", refused.zh, refused.en)
    finally:
        if db.obj is not None and not db.is_closed():
            db.close()


def _no_database(file: Path) -> Finding:
    return Finding(
        "database", "error",
        f"数据库文件 {file} 不存在。新系统请运行 openbureau init；在用的系统请从备份恢复。",
        f"The database file {file} is missing. Run `openbureau init` for a new installation; "
        "restore a backup of one in use.",
    )  # fmt: skip


def _open(found: Settings) -> None:
    if db.obj is not None and not db.is_closed():
        db.close()
    db.initialize(open_database(found.database_url))
