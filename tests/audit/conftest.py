"""A trail of 600 records in files of its own: a SQLite copy, an export, keys and anchors."""

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from openbureau.base.database import writing
from openbureau.base.keys import installation_key
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.audit.anchors import anchors_in
from openbureau.kernel.audit.chain import Checkpoint, Keys
from openbureau.kernel.audit.exports import export_trail
from openbureau.kernel.audit.seal import Sealer
from openbureau.testing.bureau import close_bureau, open_bureau

NOW = dt.datetime(2026, 3, 3, 9, 0, tzinfo=dt.UTC)
STEPS, PER_STEP = 20, 30


@dataclass(frozen=True)
class Evidence:
    """Files of a whole trail. `older` is the copy as it was two steps before the end."""

    copy: Path
    older: Path
    export: Path
    keys: Keys
    anchors: list[Checkpoint]
    data: Path


def write_step(step: int, total: int = PER_STEP) -> None:
    with writing():
        for number in range(total):
            record_audit(
                action="core.change_unit",
                at=NOW + dt.timedelta(minutes=2 * step, seconds=number),
                account_id=7,
                unit_id=step,
                realm="core/unit",
                record_id=step * 1000 + number,
                detail={"标题": f"第 {number} 号", "单位": "昆明市局"},
                request_id=f"{step:08x}{number:08x}",
                address="10.1.2.3",
            )


def copied_tables(database: Path, target: Path) -> Path:
    """A file with the three tables of the trail and nothing else, without their triggers."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("ATTACH ? AS target", [str(target)])
        for table in ("audit_record", "audit_seal", "audit_checkpoint"):
            (made,) = connection.execute(
                "SELECT sql FROM sqlite_master WHERE name = ?", [table]
            ).fetchone()
            connection.execute(made.replace(f'"{table}"', f'target."{table}"', 1))
            connection.execute(f"INSERT INTO target.{table} SELECT * FROM main.{table}")
        connection.commit()
    return target


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    folder = tmp_path_factory.mktemp("trail")
    data = folder / "data"
    open_bureau(data)
    sealer = Sealer(data)
    for step in range(STEPS):
        write_step(step)
        sealer.seal(NOW + dt.timedelta(minutes=2 * step + 1))
        if step == STEPS - 3:
            older = copied_tables(data / "openbureau.sqlite3", folder / "older.sqlite3")
    secret = installation_key(data, "audit")
    with (folder / "trail.jsonl").open("wb") as file:
        export_trail(file, secret, "x", NOW)
    yield Evidence(
        copied_tables(data / "openbureau.sqlite3", folder / "copy.sqlite3"),
        older,
        folder / "trail.jsonl",
        Keys(Keys.of_secret(secret).public),
        [anchor.checkpoint for anchor in anchors_in(data / "anchors")],
        data,
    )
    close_bureau()
