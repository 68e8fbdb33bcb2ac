"""Whatever is done to a copied or exported trail, verifying the file alone finds it."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from openbureau.kernel.audit.chain import START, record_digest, sign
from openbureau.kernel.audit.exports import ExportedTrail
from openbureau.kernel.audit.trails import CopiedTrail
from openbureau.kernel.audit.verification import Verdict, verify

from .conftest import Evidence

CONTENT = (
    "SELECT * FROM audit_record ORDER BY id",
    "SELECT * FROM audit_seal ORDER BY id",
    "SELECT seal_id, digest, at, signature FROM audit_checkpoint ORDER BY seal_id, id",
)
COLUMNS = {
    "audit_record": ("at", "account_id", "post_id", "unit_id", "action", "realm", "record_id",
                     "outcome", "detail", "request_id", "address"),
    "audit_seal": ("record_id", "digest"),
    "audit_checkpoint": ("seal_id", "digest", "at", "signature"),
}  # fmt: skip
DOUBLE = (
    "INSERT INTO audit_checkpoint (seal_id, digest, at, signature) "
    "SELECT seal_id, digest, at, signature FROM audit_checkpoint WHERE seal_id = 60"
)
Run = Callable[..., Any]


def of_copy(path: Path, evidence: Evidence, *, is_anchored: bool = True) -> Verdict:
    return verify(evidence.keys, evidence.anchors if is_anchored else (), CopiedTrail(path))


def of_export(path: Path, evidence: Evidence) -> Verdict:
    trail = ExportedTrail(path, evidence.keys.public)
    return verify(evidence.keys, evidence.anchors, trail)


def changed(evidence: Evidence, path: Path, *statements: str) -> Path:
    path.write_bytes(evidence.copy.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        for sql in statements:
            connection.execute(sql)
        connection.commit()
    return path


def test_the_untouched_files_are_whole(evidence: Evidence) -> None:
    assert of_copy(evidence.copy, evidence) == Verdict(600, 20, 0)
    assert of_export(evidence.export, evidence) == Verdict(600, 20, 0)
    assert of_copy(evidence.older, evidence, is_anchored=False).is_intact


@pytest.mark.parametrize(
    ("statements", "problem", "first_bad"),
    [
        (["UPDATE audit_record SET address = '10.1.2.2' WHERE id = 77"], "changed", 77),
        (["DELETE FROM audit_record WHERE id = 300"], "missing", 300),
        (
            ["DELETE FROM audit_record WHERE id = 300", "DELETE FROM audit_seal WHERE id = 300"],
            "missing",
            300,
        ),
        (["DELETE FROM audit_record WHERE id > 590"], "missing", 591),
        (
            ["DELETE FROM audit_record WHERE id > 590", "DELETE FROM audit_seal WHERE id > 590"],
            "cut",
            600,
        ),
        (
            [
                "DELETE FROM audit_record WHERE id > 590",
                "DELETE FROM audit_seal WHERE id > 590",
                "DELETE FROM audit_checkpoint WHERE seal_id > 590",
            ],
            "older",
            600,
        ),
        (["DELETE FROM audit_checkpoint WHERE seal_id = 300"], "count", 330),
        (["DELETE FROM audit_checkpoint"], "unsigned", 600),
        ([DOUBLE], "count", 60),
    ],
)  # fmt: skip
def test_each_kind_of_tampering_is_named(
    evidence: Evidence, tmp_path: Path, statements: list[str], problem: str, first_bad: int
) -> None:
    found = of_copy(changed(evidence, tmp_path / "t.sqlite3", *statements), evidence)
    assert (found.problem, found.first_bad) == (problem, first_bad)


def test_an_older_copy_in_place_of_the_file_is_named_by_the_anchor(evidence: Evidence) -> None:
    found = of_copy(evidence.older, evidence)
    assert (found.problem, found.first_bad) == ("older", 600)
    assert "600" in found.sentence("zh")


def rewritten(run: Run, record_id: int) -> None:
    """Changes a record and recomputes every digest after it, as whoever knows how would."""
    run("UPDATE audit_record SET detail = '{}' WHERE id = ?", [record_id])
    digest = START
    columns = ", ".join(("id", *COLUMNS["audit_record"]))
    for row in run(f"SELECT {columns} FROM audit_record ORDER BY id").fetchall():
        digest = record_digest(digest, row)
        run("UPDATE audit_seal SET digest = ? WHERE record_id = ?", [digest, row[0]])


def test_a_whole_rewritten_chain_is_found_by_its_checkpoints(
    evidence: Evidence, tmp_path: Path
) -> None:
    path = changed(evidence, tmp_path / "t.sqlite3")
    with closing(sqlite3.connect(path)) as connection:
        rewritten(connection.execute, 40)
        connection.commit()
    assert of_copy(path, evidence).problem == "checkpoint"


def test_checkpoints_signed_with_another_key_are_found(evidence: Evidence, tmp_path: Path) -> None:
    path = changed(evidence, tmp_path / "t.sqlite3")
    with closing(sqlite3.connect(path)) as connection:
        rewritten(connection.execute, 40)
        digests = dict(connection.execute("SELECT id, digest FROM audit_seal").fetchall())
        rows = connection.execute("SELECT id, seal_id, at FROM audit_checkpoint").fetchall()
        for number, (row_id, seal_id, at) in enumerate(rows, 1):
            forged = sign(seal_id, digests[seal_id], at, b"f" * 32, number)
            connection.execute(
                "UPDATE audit_checkpoint SET digest = ?, signature = ? WHERE id = ?",
                [forged.digest, forged.signature, row_id],
            )
        connection.commit()
    assert of_copy(path, evidence, is_anchored=False).problem == "signature"


def flipped(value: Any, rng: Random) -> Any:
    """The value with one bit changed, or something where there was nothing."""
    if value is None:
        return rng.randrange(1, 100)
    if isinstance(value, int):
        return value ^ (1 << rng.randrange(12))
    if not value:
        return "x"
    place = rng.randrange(len(value))
    bit = 1 << rng.randrange(4)
    return f"{value[:place]}{chr(ord(value[place]) ^ bit)}{value[place + 1 :]}"


def flip_a_bit(run: Run, rng: Random) -> None:
    table = rng.choice(list(COLUMNS))
    column = rng.choice(COLUMNS[table])
    ids = [row[0] for row in run(f"SELECT id FROM {table}").fetchall()]
    row_id = rng.choice(ids)
    (value,) = run(f"SELECT {column} FROM {table} WHERE id = ?", [row_id]).fetchone()
    is_link = (table, column) == ("audit_seal", "record_id")
    new = value + 10_000 if is_link else flipped(value, rng)
    run(f"UPDATE {table} SET {column} = ? WHERE id = ?", [new, row_id])


def remove_rows(run: Run, rng: Random) -> None:
    first, count = rng.randrange(1, 590), rng.randrange(1, 11)
    tables = rng.sample(["audit_record", "audit_seal"], rng.randrange(1, 3))
    for table in tables:
        run(f"DELETE FROM {table} WHERE id >= ? AND id < ?", [first, first + count])


def cut_the_end(run: Run, rng: Random) -> None:
    last = rng.randrange(1, 600)
    run("DELETE FROM audit_record WHERE id > ?", [last])
    run("DELETE FROM audit_seal WHERE id > ?", [last])
    if rng.random() < 0.5:
        run("DELETE FROM audit_checkpoint WHERE seal_id > ?", [last])


def insert_a_record(run: Run, rng: Random) -> None:
    """Somewhere in the middle: what comes after moves up by one, seals included or not."""
    place = rng.randrange(2, 600)
    run("UPDATE audit_record SET id = -id - 1 WHERE id >= ?", [place])
    run("UPDATE audit_record SET id = -id WHERE id < 0")
    run(
        "INSERT INTO audit_record (id, at, action, realm, outcome, detail, request_id, address) "
        "VALUES (?, 1772528400000, 'core.sign_in', '', 'done', '{}', '', '')",
        [place],
    )
    if rng.random() < 0.5:
        run("UPDATE audit_seal SET record_id = -record_id - 1 WHERE record_id >= ?", [place])
        run("UPDATE audit_seal SET record_id = -record_id WHERE record_id < 0")


def swap_two(run: Run, rng: Random) -> None:
    first, second = rng.sample(range(1, 601), 2)
    table, column = rng.choice([("audit_seal", "record_id"), ("audit_record", "id")])
    for old, new in ((first, -1), (second, first), (-1, second)):
        run(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", [new, old])


def rewrite_the_chain(run: Run, rng: Random) -> None:
    rewritten(run, rng.randrange(1, 601))


def drop_a_checkpoint(run: Run, rng: Random) -> None:
    run("DELETE FROM audit_checkpoint WHERE seal_id = ?", [30 * rng.randrange(1, 20)])


def give_an_older_copy(run: Run, rng: Random) -> None:
    last = 30 * rng.randrange(1, 20)
    for table, column in (
        ("audit_record", "id"),
        ("audit_seal", "id"),
        ("audit_checkpoint", "seal_id"),
    ):
        run(f"DELETE FROM {table} WHERE {column} > ?", [last])


TAMPERINGS = (
    flip_a_bit,
    flip_a_bit,
    flip_a_bit,
    remove_rows,
    cut_the_end,
    insert_a_record,
    swap_two,
    rewrite_the_chain,
    drop_a_checkpoint,
    give_an_older_copy,
)


def content(run: Run) -> list[Any]:
    return [run(sql).fetchall() for sql in CONTENT]


def unfound(evidence: Evidence, folder: Path, total: int) -> Sequence[str]:
    """Which of so many random tamperings were not found."""
    rng, missed, done = Random(20261123), [], 0
    path = folder / "tampered.sqlite3"
    while done < total:
        tamper = TAMPERINGS[done % len(TAMPERINGS)]
        path.write_bytes(evidence.copy.read_bytes())
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            before = content(connection.execute)
            tamper(connection.execute, rng)
            connection.commit()
            if content(connection.execute) == before:
                continue
        done += 1
        if of_copy(path, evidence).is_intact:
            missed.append(f"{done}: {tamper.__name__}")
    return missed


def test_a_hundred_random_tamperings_are_all_found(evidence: Evidence, tmp_path: Path) -> None:
    assert unfound(evidence, tmp_path, 100) == []


@pytest.mark.deep
def test_a_thousand_random_tamperings_are_all_found(evidence: Evidence, tmp_path: Path) -> None:
    assert unfound(evidence, tmp_path, 1000) == []


def test_any_bit_of_an_export_counts(evidence: Evidence, tmp_path: Path) -> None:
    rng = Random(7)
    whole = evidence.export.read_bytes()
    path = tmp_path / "t.jsonl"
    for _ in range(150):
        broken = bytearray(whole)
        broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
        path.write_bytes(broken)
        assert not of_export(path, evidence).is_intact


def lines_without(lines: list[bytes], first: int, count: int) -> bytes:
    return b"".join(lines[:first] + lines[first + count :])


@pytest.mark.parametrize(
    ("first", "count", "problem"),
    [(100, 1, "missing"), (-11, 10, "damaged"), (-1, 1, "damaged"), (0, 1, "damaged")],
)
def test_lines_taken_from_an_export_are_missed(
    evidence: Evidence, tmp_path: Path, first: int, count: int, problem: str
) -> None:
    lines = evidence.export.read_bytes().splitlines(keepends=True)
    path = tmp_path / "t.jsonl"
    path.write_bytes(lines_without(lines, first % len(lines), count))
    assert of_export(path, evidence).problem in {problem, "older"}


def test_an_export_signed_anew_with_another_key_is_found(
    evidence: Evidence, tmp_path: Path
) -> None:
    lines = evidence.export.read_bytes().splitlines(keepends=True)
    head = json.loads(lines[0]) | {"public_key": "00" * 32}
    path = tmp_path / "t.jsonl"
    path.write_bytes(json.dumps(head).encode() + b"\n" + b"".join(lines[1:]))
    assert of_export(path, evidence).problem == "damaged"


def test_a_file_that_is_no_database_is_damaged(evidence: Evidence, tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite3"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    assert of_copy(path, evidence).problem == "damaged"


def test_bytes_of_a_copy_changed_at_random_are_found(evidence: Evidence, tmp_path: Path) -> None:
    """One bit anywhere in the file: found wherever it changed what the trail says."""
    rng, whole = Random(3), evidence.copy.read_bytes()
    path = tmp_path / "t.sqlite3"
    with closing(sqlite3.connect(evidence.copy)) as connection:
        before = content(connection.execute)
    found = 0
    for _ in range(120):
        broken = bytearray(whole)
        broken[rng.randrange(100, len(broken))] ^= 1 << rng.randrange(8)
        path.write_bytes(broken)
        try:
            with closing(sqlite3.connect(path)) as connection:
                is_changed = content(connection.execute) != before
        except (sqlite3.DatabaseError, OverflowError, UnicodeDecodeError):
            is_changed = True
        if is_changed:
            found += 1
            assert not of_copy(path, evidence).is_intact
    assert found > 20
