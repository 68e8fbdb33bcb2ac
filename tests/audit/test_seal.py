"""The audit trail is sealed within a second and shows every tampering."""

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from openbureau.base.database import db, is_postgresql, writing
from openbureau.base.keys import installation_key
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.audit.anchors import stored_anchors
from openbureau.kernel.audit.chain import Keys
from openbureau.kernel.audit.models import AuditCheckpoint, AuditRecord, AuditSeal
from openbureau.kernel.audit.seal import Sealer
from openbureau.kernel.audit.verification import Verdict, verify

NOW = dt.datetime(2025, 3, 3, 9, 0, tzinfo=dt.UTC)

pytestmark = pytest.mark.usefixtures("database")


def write_records(count: int) -> None:
    with writing():
        for number in range(count):
            record_audit(
                action="core.change_unit",
                at=NOW,
                account_id=7,
                realm="core/unit",
                record_id=number,
                detail={"标题": f"第 {number} 号"},
            )


def verdict(data: Path) -> Verdict:
    anchors = [anchor.checkpoint for anchor in stored_anchors(data)]
    return verify(Keys.of_secret(installation_key(data, "audit")), anchors)


def tamper(sql: str) -> None:
    """What somebody with full rights on the database could do."""
    with writing():
        for table in ("audit_record", "audit_seal", "audit_checkpoint"):
            if is_postgresql():
                db.execute_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            else:
                db.execute_sql(f"DROP TRIGGER IF EXISTS {table}_no_update")
                db.execute_sql(f"DROP TRIGGER IF EXISTS {table}_no_delete")
        db.execute_sql(sql)


def test_every_record_is_sealed_and_the_trail_is_whole(tmp_path: Path) -> None:
    write_records(2500)
    assert Sealer(tmp_path).seal(NOW) == 2500
    found = verdict(tmp_path)
    assert (found.is_intact, found.records, found.unsealed) == (True, 2500, 0)
    assert found.checkpoints == 2


def test_new_records_are_counted_as_not_yet_sealed(tmp_path: Path) -> None:
    write_records(3)
    Sealer(tmp_path).seal(NOW)
    write_records(2)
    assert verdict(tmp_path) == Verdict(3, 1, 2)


def test_nothing_new_seals_nothing(tmp_path: Path) -> None:
    write_records(1)
    sealer = Sealer(tmp_path)
    assert [sealer.seal(NOW), sealer.seal(NOW)] == [1, 0]
    assert AuditCheckpoint.select().count() == 1


def test_a_minute_later_the_head_is_signed_again(tmp_path: Path) -> None:
    sealer = Sealer(tmp_path)
    for seconds in (0, 30, 61):
        write_records(1)
        sealer.seal(NOW + dt.timedelta(seconds=seconds))
    assert [row.seal_id for row in AuditCheckpoint.select()] == [1, 3]


@pytest.mark.parametrize(
    ("sql", "problem", "first_bad"),
    [
        ("UPDATE audit_record SET account_id = 8 WHERE id = 700", "changed", 700),
        ("UPDATE audit_record SET detail = '{}' WHERE id = 1500", "changed", 1500),
        ("DELETE FROM audit_record WHERE id = 1200", "missing", 1200),
        ("DELETE FROM audit_seal WHERE id = 1200", "missing", 1200),
        ("UPDATE audit_seal SET digest = 'f' WHERE id = 3", "changed", 3),
        ("UPDATE audit_checkpoint SET digest = 'f' WHERE seal_id = 1000", "checkpoint", 1000),
        ("UPDATE audit_checkpoint SET signature = 'f' WHERE seal_id = 1000", "signature", 1000),
        ("DELETE FROM audit_record WHERE id = 1500", "missing", 1500),
    ],
)
def test_tampering_is_found_and_named(
    tmp_path: Path, sql: str, problem: str, first_bad: int
) -> None:
    write_records(1500)
    Sealer(tmp_path).seal(NOW)
    tamper(sql)
    found = verdict(tmp_path)
    assert (found.problem, found.first_bad) == (problem, first_bad)
    assert str(first_bad) in found.sentence("zh")


def test_a_swap_of_two_records_is_found(tmp_path: Path) -> None:
    write_records(10)
    Sealer(tmp_path).seal(NOW)
    for before, after in ((4, 104), (5, 4), (104, 5)):
        tamper(f"UPDATE audit_seal SET record_id = {after} WHERE record_id = {before}")
    assert verdict(tmp_path).first_bad == 5


def test_a_tail_cut_from_the_whole_database_is_found_by_the_anchor(tmp_path: Path) -> None:
    write_records(1500)
    Sealer(tmp_path).seal(NOW)
    for table, column in (
        ("audit_record", "id"),
        ("audit_seal", "id"),
        ("audit_checkpoint", "seal_id"),
    ):
        tamper(f"DELETE FROM {table} WHERE {column} > 900")
    assert verdict(tmp_path).problem == "older"
    assert verify(Keys.of_secret(installation_key(tmp_path, "audit"))).problem == "unsigned"


def test_a_record_slipped_in_afterwards_is_found(tmp_path: Path) -> None:
    write_records(3000)
    tamper("DELETE FROM audit_record WHERE id = 5")
    Sealer(tmp_path).seal(NOW)
    with writing():
        AuditRecord.insert(id=5, at=NOW, action="x.y").execute()
    found = verdict(tmp_path)
    assert (found.problem, found.first_bad) == ("inserted", 5)


@pytest.mark.parametrize("table", ["audit_record", "audit_seal", "audit_checkpoint"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_database_itself_refuses_changes(tmp_path: Path, table: str, change: str) -> None:
    write_records(1)
    Sealer(tmp_path).seal(NOW)
    with pytest.raises(Exception, match="can only be added to"), writing():
        db.execute_sql(change.format(table))


def test_an_audit_row_goes_with_its_transaction() -> None:
    def fail_halfway() -> None:
        with writing():
            record_audit(action="x.y", at=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert AuditRecord.select().count() == 0


def test_only_one_process_seals(tmp_path: Path) -> None:
    write_records(50)
    first, second = Sealer(tmp_path), Sealer(tmp_path)
    assert first.seal(NOW) + second.seal(NOW) == 50
    assert AuditSeal.select().count() == 50


@pytest.mark.deep
def test_a_hundred_thousand_records_are_verified_in_pieces(tmp_path: Path) -> None:
    write_records(100_000)
    Sealer(tmp_path).seal(NOW)
    assert verdict(tmp_path).is_intact


def test_a_lost_key_is_not_replaced_and_the_chain_goes_on(tmp_path: Path) -> None:
    write_records(3)
    Sealer(tmp_path).seal(NOW)
    (tmp_path / "keys" / "audit.key").unlink()
    write_records(2)
    assert Sealer(tmp_path).seal(NOW + dt.timedelta(minutes=5)) == 2
    assert AuditCheckpoint.select().count() == 1
    assert not (tmp_path / "keys" / "audit.key").exists()


def insert_unseen_by_indexes(url: str) -> None:
    """A record in the table that no index knows of, as somebody with the file can make it."""
    insertion = (
        "INSERT INTO audit_record (id, at, action, realm, outcome, detail, request_id, address) "
        "VALUES (5, 0, 'x.y', '', 'done', '{}', '', '')"
    )
    if is_postgresql():
        switch = (
            "UPDATE pg_index SET indisready = {0}, indisvalid = {0} "
            "WHERE indrelid = 'audit_record'::regclass"
        )
        for sql in (switch.format("false"), insertion, switch.format("true")):
            with writing():
                db.execute_sql(sql)
        return
    db.close()
    path = url.removeprefix("sqlite:///")
    indexes = "FROM sqlite_master WHERE type = 'index' AND tbl_name = 'audit_record'"
    with closing(sqlite3.connect(path)) as connection:
        held = connection.execute(f"SELECT * {indexes}").fetchall()
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(f"DELETE {indexes}")
        connection.commit()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(insertion)
        connection.execute("PRAGMA writable_schema = ON")
        connection.executemany("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", held)
        connection.commit()


def test_a_record_hidden_from_the_indexes_is_found(tmp_path: Path, database: str) -> None:
    write_records(3000)
    tamper("DELETE FROM audit_record WHERE id = 5")
    Sealer(tmp_path).seal(NOW)
    insert_unseen_by_indexes(database)
    assert verdict(tmp_path).problem == ("inserted" if is_postgresql() else "damaged")
